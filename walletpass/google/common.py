"""What all seven types share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from walletpass.google.draft import ONE_LANGUAGE, Draft
from walletpass.google.guards import matching
from walletpass.google.images import place_other_pictures
from walletpass.google.texts import localized, string, twin
from walletpass.google.times import instant
from walletpass.model.barcode import BarcodeFallback
from walletpass.model.slots import end_of_day
from walletpass.render import Needs
from walletpass.templates.google import LIMITS

BARCODES = {
    "qr": "QR_CODE",
    "pdf417": "PDF_417",
    "aztec": "AZTEC",
    "code128": "CODE_128",
    "code39": "CODE_39",
    "codabar": "CODABAR",
    "ean13": "EAN_13",
    "itf": "ITF_14",
    "ean8": "EAN_8",
    "upc-a": "UPC_A",
    "data-matrix": "DATA_MATRIX",
    "text-only": "TEXT_ONLY",
}
"""Barcode format of a Model to Google's."""

STATES = {"active": "ACTIVE", "used": "COMPLETED", "expired": "EXPIRED", "voided": "INACTIVE"}
"""State of a Model to Google's; all but ACTIVE move the pass to the expired ones."""

_HOLDERS = {
    "many": "MULTIPLE_HOLDERS",
    "one-user-all-devices": "ONE_USER_ALL_DEVICES",
    "one-user-one-device": "ONE_USER_ONE_DEVICE",
}


def write_common(draft: Draft) -> None:
    """Issuer, look, code, validity, places, sharing, app, contactless redemption."""
    _issuer(draft)
    _colors(draft)
    place_other_pictures(draft)
    _barcode(draft)
    _state_and_validity(draft)
    _places_and_dates(draft)
    _sharing(draft)
    _app(draft)
    _smart_tap(draft)
    _expiry_notice(draft)


def _issuer(draft: Draft) -> None:
    model = draft.model
    if "issuerName" not in draft.type.class_fields:
        return
    draft.text("class.issuerName", model.organization, "organization")
    draft.put("class.reviewStatus", "UNDER_REVIEW", "")
    if model.google.country:
        draft.put("class.countryCode", model.google.country, "google.country")
    homepage = model.google.homepage or (model.contact.url if model.contact else None)
    if homepage:
        uri = Needs({"uri": draft.writer.string(homepage, encode=True)}, "uri")
        draft.put("class.homepageUri", uri, "google.homepage" if model.google.homepage else "contact.url")


def _colors(draft: Draft) -> None:
    owner = "class" if "class" in draft.type.color else "object"
    draft.put(f"{owner}.hexBackgroundColor", draft.model.colors.background.hex, "colors.background")
    for name in ("foreground", "label"):
        if getattr(draft.model.colors, name):
            draft.dropped(f"colors.{name}", "Google chooses the colour of texts itself", quiet=True)


def _barcode(draft: Draft) -> None:
    model = draft.model
    if model.google.rotating_barcode:
        draft.put("object.rotatingBarcode", draft.writer.raw(model.google.rotating_barcode), "google.rotating_barcode")
    if model.barcode is None:
        return
    chain = model.barcode.chain()
    chosen = next((code for code in chain if _drawable(code)), None)
    if chosen is None:
        draft.rejected("barcode", "Google draws ITF codes of 14 digits only", "add a fallback")
        return
    code = {
        "type": BARCODES[chosen.format],
        "value": string(draft.writer, chosen.message or model.barcode.message),
        "renderEncoding": "UTF_8" if model.barcode.encoding == "utf-8" else None,
        "alternateText": string(draft.writer, chosen.alt_text) if chosen.alt_text else None,
    }
    draft.put("object.barcode", Needs(code, "value"), "barcode" if chosen is chain[0] else "")
    if chosen is not chain[0]:
        draft.adapted("barcode", f"Google draws ITF codes of 14 digits only; shown as {chosen.format}")
    if chosen.alt_text and chosen.alt_text.translations:
        draft.adapted("barcode.alt_text", ONE_LANGUAGE)


def _drawable(code: BarcodeFallback) -> bool:
    """Whether Google can draw it: of all formats only ITF is narrower there."""
    message = code.message.plain if code.message else ""
    fixed = message is not None and "{{" not in message
    return code.format != "itf" or not fixed or (len(message or "") == 14 and (message or "").isdecimal())


def _state_and_validity(draft: Draft) -> None:
    model = draft.model
    when = partial(instant, zone=model.clock)
    draft.put("object.state", STATES[model.state], "state")
    ends: dict[str, Callable[[Any], str]] = {"start": when, "end": lambda end: when(end_of_day(end))}
    for name, convert in ends.items():
        value = getattr(model.validity, name)
        if value is not None:
            date = Needs({"date": draft.writer.slot(value, convert)}, "date")
            draft.put(f"object.validTimeInterval.{name}", date, f"validity.{name}")


def _places_and_dates(draft: Draft) -> None:
    model = draft.model
    at_most = LIMITS["merchantLocations"].at_most
    if model.places:
        places = [{"latitude": place.latitude, "longitude": place.longitude} for place in model.places[:at_most]]
        draft.put("class.merchantLocations", places, "places")
        if len(model.places) > at_most:
            draft.dropped("places", f"Google takes {at_most}; the others are left out", "Keep the nearest ones.")
        if any(place.text or place.altitude is not None for place in model.places):
            draft.dropped("places.text", "Google knows the place only, neither text nor altitude")
    if model.beacons:
        draft.dropped("beacons", "Google has no beacons", "Use places too.")
    told_otherwise = draft.has("class.dateTime.start") or draft.type.key in ("flight", "transit")
    told = any(entry.field == "relevant" for entry in draft.entries)
    if model.relevant and not told:
        says = "Google goes by the times of the event or trip" if told_otherwise else "has no date of relevance"
        draft.dropped("relevant", f"Google's {draft.type.key}: {says}", quiet=told_otherwise)


def _sharing(draft: Draft) -> None:
    sharing, google = draft.model.sharing, draft.model.google
    holders = sharing.holders or ("one-user-all-devices" if sharing.prohibited else "many")
    draft.put("class.multipleDevicesAndHoldersAllowedStatus", _HOLDERS[holders], "sharing")
    if google.unlock_required:
        draft.put("class.viewUnlockRequirement", "UNLOCK_REQUIRED_TO_VIEW", "google.unlock_required")
    if not google.screenshots:
        draft.put("object.passConstraints", {"screenshotEligibility": "INELIGIBLE"}, "google.screenshots")
    if grouping := draft.model.grouping:
        group = {"groupingId": string(draft.writer, grouping.id), "sortIndex": grouping.sort_index}
        draft.put("object.groupingInfo", Needs(group, "groupingId"), "grouping")


def _app(draft: Draft) -> None:
    app = draft.model.app
    if app is None or not (app.android_package or app.web_url):
        return
    parts: dict[str, Any] = {}
    if app.android_package:
        parts["androidAppLinkInfo"] = {"appTarget": {"packageName": app.android_package}}
    if app.web_url:
        described = twin(draft.writer, "description", app.text or draft.model.organization)
        target = Needs({"uri": draft.writer.string(app.web_url, encode=True), **described}, "uri")
        link = Needs({"targetUri": target}, "targetUri")
        parts["webAppLinkInfo"] = Needs({"appTarget": link}, "appTarget")
    if app.text:
        parts["displayText"] = localized(draft.writer, app.text)
        draft.measure_by("AppLinkData.displayText", app.text, "app.text")
    personal = any(text.references() for text in (app.web_url, app.text) if text)
    draft.put("object.appLinkData" if personal else "class.appLinkData", parts, "app")


def _smart_tap(draft: Draft) -> None:
    nfc = draft.model.nfc
    if nfc is None:
        return
    if not nfc.redemption_issuers:
        draft.dropped(
            "nfc", "Google's Smart Tap needs the issuers whose terminals may read it", "Give nfc.redemption_issuers."
        )
        return
    draft.put("class.enableSmartTap", True, "nfc")
    draft.put("class.redemptionIssuers", list(nfc.redemption_issuers), "nfc.redemption_issuers")
    message = matching(draft, string(draft.writer, nfc.message), r"[\x20-\x7e]*", "nfc.message", "write ASCII only")
    draft.put("object.smartTapRedemptionValue", message, "nfc.message")


def _expiry_notice(draft: Draft) -> None:
    notice = draft.model.google.notify_expiry
    if notice is None:
        return
    if "notifications" in draft.type.object_fields:
        draft.put("object.notifications.expiryNotification", {"enableNotification": notice}, "google.notify_expiry")
    else:
        draft.put("object.disableExpirationNotification", not notice, "google.notify_expiry")
