"""pass.json of a Model, as one document with holes."""

from __future__ import annotations

from functools import partial
from typing import Any

from walletpass.apple.compile.dates import instants
from walletpass.apple.compile.fields import areas, back_of_the_model
from walletpass.apple.compile.semantics import semantics
from walletpass.apple.compile.texts import AppleTexts
from walletpass.apple.verify.barcodes import check_barcode
from walletpass.errors import ValuesError
from walletpass.model.options import AppLink, Nfc, Personalization
from walletpass.model.pass_model import PassModel
from walletpass.model.relevance import Beacon, Place, RelevantDate
from walletpass.model.slots import end_of_day
from walletpass.model.text import Reference
from walletpass.render import OMIT, Fill, Hole, Needs, Values, compiled
from walletpass.values import Color

USUAL_STYLES = {
    "coupon": "coupon",
    "loyalty": "storeCard",
    "membership": "generic",
    "gift-card": "storeCard",
    "event-ticket": "eventTicket",
    "boarding-pass": "boardingPass",
    "generic": "generic",
}
"""Pass type to Apple style."""

BARCODES = {
    "qr": "PKBarcodeFormatQR",
    "pdf417": "PKBarcodeFormatPDF417",
    "aztec": "PKBarcodeFormatAztec",
    "code128": "PKBarcodeFormatCode128",
    "code39": "PKBarcodeFormatCode39",
    "codabar": "PKBarcodeFormatCodabar",
    "ean13": "PKBarcodeFormatEAN13",
    "itf": "PKBarcodeFormatI2of5",
}
"""Barcode format of a Model to Apple's; Apple draws no other."""

_TRANSIT = {"air": "Air", "train": "Train", "bus": "Bus", "boat": "Boat", "other": "Generic"}
_PERSONALIZATION = {"name": "Name", "postal-code": "PostalCode", "email": "EmailAddress", "phone": "PhoneNumber"}
_BLACK, _WHITE = Color(0, 0, 0), Color(255, 255, 255)


def style_of(model: PassModel) -> str:
    """The classic style of a Model: the one it asks for, else the usual one of its pass type."""
    return model.apple.style or USUAL_STYLES[model.pass_type]


def foreground_of(model: PassModel) -> Color:
    """The colour of values: the Model's, else black or white, whichever reads better on the background."""
    ground = model.colors.background
    return model.colors.foreground or max(_BLACK, _WHITE, key=ground.contrast)


def document(model: PassModel, texts: AppleTexts) -> dict[str, Any]:
    """Everything of pass.json but who signs it, the serial and the web service."""
    writer, apple = texts.writer, model.apple
    slot, when = writer.slot, instants(model.clock)
    style = style_of(model)
    foreground = foreground_of(model)
    tree: dict[str, Any] = {
        "formatVersion": 1,
        "organizationName": texts.text(model.organization),
        "description": texts.text(model.description),
        "logoText": texts.text(apple.logo_text) if apple.logo_text else None,
        "backgroundColor": model.colors.background.apple,
        "foregroundColor": foreground.apple,
        "labelColor": (model.colors.label or foreground).apple,
        style: _style(model, style, texts),
        "posterGeneric": areas(model, apple.poster_generic, texts) if apple.poster_generic else None,
        "preferredStyleSchemes": _schemes(model, style),
        "barcodes": _barcodes(model, texts),
        "locations": [_drop(_place(place, texts)) for place in model.places] or None,
        "maxDistance": apple.max_distance,
        "beacons": [_drop(_beacon(beacon, texts)) for beacon in model.beacons] or None,
        **_relevance(model, texts),
        "expirationDate": slot(model.validity.end, lambda end: when(end_of_day(end))) if model.validity.end else None,
        "voided": _voided(model, texts),
        "semantics": semantics(model, texts) or None,
        "sharingProhibited": True if model.sharing.prohibited else None,
        "groupingIdentifier": _grouping(model, style, texts),
        "nfc": _nfc(model.nfc, texts) if model.nfc and model.nfc.public_key else None,
        **(_app(model.app) if model.app else {}),
        "featuredActions": [
            {"identifier": action.identifier, "type": action.type, "url": writer.string(action.url, encode=True)}
            for action in apple.featured_actions
        ]
        or None,
        "upcomingPassInformation": _upcoming(model, texts),
        "userInfo": writer.raw(apple.user_info) if apple.user_info is not None else None,
    }
    return _merged(_drop(tree), writer.raw(apple.raw))


def _drop(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if value is not None}


def _merged(tree: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    """Raw keys over compiled ones; an object in both is merged key by key."""
    merged = dict(tree)
    for key, value in raw.items():
        mine = merged.get(key)
        merged[key] = _merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return merged


def _style(model: PassModel, style: str, texts: AppleTexts) -> dict[str, Any]:
    groups = areas(model, model.fields, texts)
    back = [*groups.get("backFields", []), *back_of_the_model(model, texts)]
    tree: dict[str, Any] = {**groups, "backFields": back} if back else dict(groups)
    if style == "boardingPass":
        trip = model.boarding_pass
        tree["transitType"] = f"PKTransitType{_TRANSIT[trip.transit if trip else 'other']}"
    return tree


def _schemes(model: PassModel, style: str) -> list[str] | None:
    if model.apple.poster and style == "eventTicket":
        return ["posterEventTicket", "eventTicket"]
    if model.apple.semantic and style == "boardingPass":
        return ["semanticBoardingPass", "boardingPass"]
    return None


def _barcodes(model: PassModel, texts: AppleTexts) -> Any:
    """The part of the chain that Apple can draw. Void passes show no code."""
    if model.barcode is None or model.state == "voided":
        return None
    codes = []
    for link in model.barcode.chain():
        if link.format not in BARCODES or link.message is None:
            continue
        message = texts.writer.string(link.message)
        code: dict[str, Any] = {
            "format": BARCODES[link.format],
            "message": message,
            "messageEncoding": _encoding(message, model.barcode.encoding),
            "altText": texts.writer.string(link.alt_text) if link.alt_text else None,
        }
        codes.append(Needs(_drop(code), "message"))
    if not codes or model.voided is True:
        return None
    void = model.voided.name if isinstance(model.voided, Reference) else ""
    return Hole(partial(_fill_barcodes, void, compiled(codes)))


def _fill_barcodes(void: str, fill: Fill, values: Values) -> Any:
    """The codes, each proved to be one that phones can draw; ValuesError otherwise."""
    if void and values.get(void):
        return OMIT
    codes = fill(values)
    for code in codes:
        for finding in check_barcode(code, "barcode"):
            raise ValuesError({"barcode": finding.says})
    return codes or OMIT


def _encoding(message: Any, wanted: str) -> Any:
    if wanted != "auto":
        return wanted
    if isinstance(message, Hole):
        return Hole(partial(_fill_encoding, message.fill))
    return _encoding_of(message)


def _fill_encoding(fill: Any, values: Values) -> Any:
    message = fill(values)
    return OMIT if message is OMIT else _encoding_of(message)


def _encoding_of(message: str) -> str:
    try:
        message.encode("iso-8859-1")
    except UnicodeEncodeError:
        return "utf-8"
    return "iso-8859-1"


def _place(place: Place, texts: AppleTexts) -> dict[str, Any]:
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "altitude": place.altitude,
        "relevantText": texts.text(place.text) if place.text else None,
    }


def _beacon(beacon: Beacon, texts: AppleTexts) -> dict[str, Any]:
    return {
        "proximityUUID": beacon.uuid,
        "major": beacon.major,
        "minor": beacon.minor,
        "relevantText": texts.text(beacon.text) if beacon.text else None,
    }


def _relevance(model: PassModel, texts: AppleTexts) -> dict[str, Any]:
    """`relevantDates` (iOS 18) with the old `relevantDate` beside it: some readers know only one."""
    slot, when = texts.writer.slot, instants(model.clock)

    def entry(date: RelevantDate) -> Needs:
        if date.at is not None:
            # iOS 18 reads `relevantDate` inside the entry, iOS 26 `date`.
            return Needs({"date": slot(date.at, when), "relevantDate": slot(date.at, when)}, "date")
        return Needs({"startDate": slot(date.start, when), "endDate": slot(date.end, when)}, "startDate", "endDate")

    first = next((date.at or date.start for date in model.relevant), None)
    old = model.apple.relevant_date or first
    return {
        "relevantDates": [entry(date) for date in model.relevant] or None,
        "relevantDate": slot(old, when) if old is not None else None,
    }


def _voided(model: PassModel, texts: AppleTexts) -> Any:
    if model.state != "active":
        return True
    if isinstance(model.voided, Reference):
        return texts.writer.value(model.voided, lambda void: True if void else OMIT)
    return True if model.voided else None


def _grouping(model: PassModel, style: str, texts: AppleTexts) -> Any:
    if model.grouping is None or style not in ("boardingPass", "eventTicket"):
        return None
    return texts.writer.string(model.grouping.id)


def _nfc(nfc: Nfc, texts: AppleTexts) -> Needs:
    # requiresAuthentication is always written: Apple's own validator asks for it on poster tickets.
    tree = {
        "message": texts.writer.string(nfc.message),
        "encryptionPublicKey": nfc.public_key,
        "requiresAuthentication": nfc.requires_authentication,
    }
    return Needs(tree, "message")


def _app(app: AppLink) -> dict[str, Any]:
    return {"appLaunchURL": app.launch_url, "associatedStoreIdentifiers": list(app.store_ids) or None}


def _upcoming(model: PassModel, texts: AppleTexts) -> list[Any] | None:
    slot, when = texts.writer.slot, instants(model.clock)
    entries = []
    for event in model.apple.upcoming:
        date = {"date": slot(event.date, when)} if event.date is not None else None
        if date is not None:
            date |= _drop({"timeZone": event.zone, "isAllDay": True if event.all_day else None})
        entry = {
            "identifier": event.identifier,
            "name": texts.text(event.name),
            "type": "event",
            "dateInformation": Needs(date, "date") if date else None,
            "isActive": True if event.active else None,
            "semantics": texts.writer.raw(event.semantics) if event.semantics else None,
        }
        entries.append(_merged(_drop(entry), texts.writer.raw(event.apple or {})))
    return entries or None


def personalization(form: Personalization, texts: AppleTexts) -> dict[str, Any]:
    """personalization.json."""
    return _drop(
        {
            "description": texts.text(form.description),
            "requiredPersonalizationFields": [
                f"PKPassPersonalizationField{_PERSONALIZATION[name]}" for name in form.required
            ],
            "termsAndConditions": texts.text(form.terms) if form.terms else None,
        }
    )
