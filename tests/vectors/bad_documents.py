"""Faults of pass.json."""

from __future__ import annotations

from typing import Any

from draft import png
from recipe import Recipe, Spoil, bad, both, document, files, odd, settings

QR = {"format": "PKBarcodeFormatQR", "message": "1", "messageEncoding": "iso-8859-1"}
WEB = {"webServiceURL": "https://wallet.example.com/apple", "authenticationToken": "0f2c9d1be7a84c55b1d6"}
# The generator point of P-256 as a public key.
NFC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7L"
    "tkBoN79R9Q=="
)
NFC = {"message": "V-1", "encryptionPublicKey": NFC_KEY}


def field(**keys: Any) -> Spoil:
    """The one primary field, changed."""
    return group("primaryFields", {"key": "offer", "value": "One coffee", **keys})


def group(name: str, *fields: dict[str, Any]) -> Spoil:
    """A group of fields."""
    return document(coupon={name: list(fields)})


def fields(name: str, count: int) -> Spoil:
    """A group of many plain fields."""
    return group(name, *({"key": f"{name}{at}", "value": "x"} for at in range(count)))


def barcode(format_: str, message: str, encoding: str = "iso-8859-1") -> Spoil:
    """A barcode, with a QR code behind it."""
    new = {"format": f"PKBarcodeFormat{format_}", "message": message, "messageEncoding": encoding}
    return document(barcodes=[new, QR])


def text(source: str | bytes) -> Spoil:
    """Another pass.json altogether."""
    return settings(json_text=source)


START = (
    '{"formatVersion": 1, "passTypeIdentifier": "pass.example.vectors", "teamIdentifier": "VECTORTEAM", '
    '"serialNumber": "V-1", "organizationName": "Vector", "description": "Coupon", '
)
STYLE = '"coupon": {"primaryFields": [{"key": "a", "value": 1}]}'

RECIPES: list[Recipe] = [
    bad("json-invalid", "An unclosed brace.", text(START + STYLE)),
    bad("json-trailing-comma", "Found even in a sample of Apple's.", text(START + STYLE + ",}")),
    bad("json-nan", "NaN is not JSON.", text(START + STYLE + ', "maxDistance": NaN}'), "json-invalid"),
    bad("json-key-repeated", "Two styles of one name.", text(START + STYLE + ", " + STYLE + "}")),
    bad("json-not-object", "A list.", text("[]")),
    bad("json-not-utf8", "UTF-16.", text((START + STYLE + "}").encode("utf-16"))),
    bad("json-not-utf8-bytes", "Latin-1.",
        text((START + STYLE + ', "logoText": "Café"}').encode("latin-1")), "json-not-utf8"),
    odd("json-byte-order-mark", "Saved by an editor of Windows.", text((START + STYLE + "}").encode("utf-8-sig"))),
    bad("json-too-deep", "A tower of brackets.",
        text(START + STYLE + ', "userInfo": {"a": ' + "[" * 900 + "]" * 900 + "}}")),
    bad("json-number-too-large", "A number of a thousand digits.",
        text(START + STYLE + ', "maxDistance": ' + "9" * 1000 + "}")),
    bad("json-lone-surrogate", "Half an emoji.", text(START + STYLE + ', "logoText": "\\ud83d"}')),
    bad("key-missing", "No description.", document(description=None)),
    bad("key-missing-value", "A field without value.", group("backFields", {"key": "a"}), "key-missing"),
    odd("key-misspelt", "Capitals matter.", document(coupon={"backfields": []})),
    odd("value-empty", "No description.", document(description=" ")),
    bad("value-type-wrong", "A number where text belongs.", document(serialNumber=42)),
    bad("value-type-wrong-deep", "A seat that is no object.",
        document(semantics={"seats": ["A1"]}), "value-type-wrong"),
    bad("value-type-bare-barcode", "An error of Apple's own articles.", document(barcodes=QR), "value-type-wrong"),
    odd("value-discarded", "Wallet drops it silently.", document(maxDistance="100")),
    odd("boolean-as-number", "1 for true.", document(sharingProhibited=1)),
    bad("enum-value-unknown", "A misspelt date style.", field(value="2026-01-01T00:00Z", dateStyle="PKDateStyleTiny")),
    bad("format-version-wrong", "There is only version 1.", document(formatVersion=2)),
    bad("pass-type-identifier-wrong", "It begins with pass.", document(passTypeIdentifier="example.vectors"),
        "pass-type-identifier-wrong", "identity-pass-type"),
    bad("team-identifier-unusual", "A name in place of the identifier.", document(teamIdentifier="Vector Ltd"),
        "identity-team", warnings=("team-identifier-unusual",)),
    bad("date-without-zone", "Whose midnight?", document(expirationDate="2030-01-01T00:00"), "date-invalid"),
    bad("date-zone-without-colon", "+0100.", document(expirationDate="2030-01-01T00:00+0100"), "date-invalid"),
    bad("date-in-field-without-time", "A day is not a date.",
        field(value="2030-01-01", dateStyle="PKDateStyleShort"), "date-invalid"),
    bad("color-invalid", "256.", document(backgroundColor="rgb(256, 0, 0)")),
    bad("color-named", "No names.", document(labelColor="red"), "color-invalid"),
    bad("url-invalid", "No scheme.", document(sellURL="example.com/sell")),
    bad("timezone-unknown", "Not of the IANA database.", document(semantics={"departureLocationTimeZone": "Paris"})),
    bad("style-missing", "Neither coupon nor anything else.", document(coupon=None)),
    bad("style-repeated", "Two styles.", document(generic={})),
    bad("transit-type-missing", "By what?", document(coupon=None, boardingPass={})),
    bad("transit-type-misplaced", "A coupon does not travel.", document(coupon={"transitType": "PKTransitTypeAir"})),
    bad("field-key-repeated", "iOS refuses it.", group("backFields", {"key": "offer", "value": "again"})),
    odd("fields-not-shown", "Four in the header.", fields("headerFields", 4)),
    odd("fields-not-shown-together", "Secondary and auxiliary share a row.",
        both(fields("secondaryFields", 3), fields("auxiliaryFields", 2)), "fields-not-shown"),
    odd("fields-of-another-style", "Coupons have no footer.", fields("footerFields", 1), "fields-not-shown"),
    odd("change-message-without-value", "The notice says nothing.", field(changeMessage="Changed")),
    odd("field-alignment-ignored", "Not in primary fields.", field(textAlignment="PKTextAlignmentLeft")),
    odd("field-markup-ignored", "Bold.",
        group("backFields", {"key": "b", "value": "b", "attributedValue": "<b>b</b>"})),
    odd("field-row-ignored", "Event tickets only.", field(row=1)),
    odd("field-style-without-date", "No date.", field(dateStyle="PKDateStyleShort")),
    odd("field-style-without-number", "No number.", field(value="5", numberStyle="PKNumberStyleDecimal")),
    odd("field-currency-without-number", "Text is not money.", field(value="5", currencyCode="EUR")),
    odd("field-styles-conflict", "Money or number?",
        field(value=5, currencyCode="EUR", numberStyle="PKNumberStyleDecimal")),
    bad("currency-code-invalid", "A sign for a code.", field(value=5, currencyCode="€")),
    bad("barcode-not-encodable", "Latin-1 has no Ω.", barcode("QR", "Ω")),
    bad("barcode-encoding-unknown", "No such character set.", barcode("QR", "1", "latin-99")),
    bad("barcode-check-digit-wrong", "The last digit.", barcode("EAN13", "4006381333932")),
    bad("barcode-message-wrong", "Twelve and a letter.", barcode("EAN13", "400638133393X")),
    bad("barcode-itf-odd", "Pairs only.", barcode("I2of5", "123"), "barcode-message-wrong"),
    bad("barcode-codabar-letters", "E starts nothing.", barcode("Codabar", "E12E"), "barcode-message-wrong"),
    bad("barcode-code39-small", "No small letters.", barcode("Code39", "abc"), "barcode-message-wrong"),
    bad("barcode-code128-accent", "ASCII only.", barcode("Code128", "é"), "barcode-message-wrong"),
    bad("barcode-message-too-long", "Eight thousand letters.", barcode("QR", "x" * 8_000)),
    bad("barcode-format-too-new", "Not in the old key.",
        document(barcode={**QR, "format": "PKBarcodeFormatCode128"}, barcodes=[QR])),
    odd("barcode-no-fallback", "Before iOS 27 none is shown.",
        document(barcodes=[{**QR, "format": "PKBarcodeFormatCode39"}])),
    odd("barcodes-too-many", "Only one is shown.", document(barcodes=[QR] * 40)),
    bad("locations-too-many", "Eleven.", document(locations=[{"latitude": 1, "longitude": 1}] * 11)),
    bad("coordinate-out-of-range", "North of the pole.", document(locations=[{"latitude": 91, "longitude": 1}])),
    bad("beacon-uuid-invalid", "No UUID.", document(beacons=[{"proximityUUID": "beacon-1"}])),
    bad("beacon-number-out-of-range", "65,536.", document(
        beacons=[{"proximityUUID": "12345678-1234-1234-1234-123456789012", "major": 65_536}])),
    bad("relevant-date-incomplete", "A start without an end.",
        document(relevantDates=[{"startDate": "2030-01-01T09:00Z"}])),
    bad("end-before-start", "Backwards.", document(
        relevantDates=[{"startDate": "2030-01-02T09:00Z", "endDate": "2030-01-01T09:00Z"}])),
    odd("tag-end-before-start", "Backwards.", document(
        semantics={"eventStartDate": "2030-01-02T09:00Z", "eventEndDate": "2030-01-01T09:00Z"})),
    odd("relevant-date-too-long", "Three days in one.", document(
        relevantDates=[{"startDate": "2030-01-01T09:00Z", "endDate": "2030-01-04T09:00Z"}])),
    odd("tag-says-its-label", "Gate gate A.", document(semantics={"departureGate": "Gate A"})),
    bad("amount-invalid", "A comma.", document(semantics={"totalPrice": {"amount": "1,50", "currencyCode": "EUR"}})),
    bad("web-service-incomplete", "An address without a token.", document(webServiceURL=WEB["webServiceURL"])),
    bad("token-too-short", "Fifteen characters.", document(**{**WEB, "authenticationToken": "x" * 15})),
    bad("web-service-not-https", "In the clear.", document(**{**WEB, "webServiceURL": "http://example.com"})),
    bad("web-service-ends-in-v1", "Wallet adds it.", document(**{**WEB, "webServiceURL": "https://example.com/v1/"})),
    odd("app-launch-without-app", "Which app?", document(appLaunchURL="example://x")),
    bad("nfc-message-too-long", "65 bytes.", document(nfc={**NFC, "message": "é" * 33})),
    bad("nfc-key-invalid", "PEM in place of Base64.", document(nfc={**NFC, "encryptionPublicKey": "-----BEGIN"})),
    odd("nfc-sharing-allowed", "Old systems do not ask.", document(nfc={**NFC, "requiresAuthentication": True})),
    bad("identifier-repeated", "Two actions of one name.", document(
        featuredActions=[{"identifier": "a", "type": "shop", "url": "https://example.com"}] * 2)),
    odd("actions-not-shown", "Three actions.", document(
        featuredActions=[{"identifier": str(n), "type": "shop", "url": "https://example.com"} for n in range(3)])),
    bad("remote-image-digest-malformed", "Not a SHA-256.", document(upcomingPassInformation=[{
        "identifier": "a", "name": "A", "type": "event",
        "images": {"headerImage": {"URLs": [{"URL": "https://example.com/a.png", "SHA256": "abc"}]}}}])),
    odd("key-misspelt-urls", "URLs, not urls.", document(
        upcomingPassInformation=[{"identifier": "a", "name": "A", "type": "event", "urls": {}}]), "key-misspelt"),
    odd("scheme-unknown", "No such scheme.", document(preferredStyleSchemes=["posterCoupon"])),
    odd("style-falls-back-poster", "A poster without tags.", document(
        coupon=None, eventTicket={}, preferredStyleSchemes=["posterEventTicket", "eventTicket"]), "style-falls-back"),
    odd("style-falls-back-flight", "A flight without tags.", document(
        coupon=None, boardingPass={"transitType": "PKTransitTypeAir"},
        preferredStyleSchemes=["semanticBoardingPass", "boardingPass"]), "style-falls-back"),
    odd("style-needs-new-system", "Only posterGeneric.", both(
        document(coupon=None, posterGeneric={}), files(artwork__png=png(358, 448)))),
    odd("style-picture-missing", "A poster without artwork.", document(posterGeneric={})),
    odd("personalization-ignored", "A form without NFC and logo.", files(
        personalization__json=b'{"description": "Join", "requiredPersonalizationFields": []}')),
    bad("personalization-invalid", "An unknown field is asked for.", both(document(nfc=NFC), files(
        personalizationLogo__png=png(150, 40),
        personalization__json=b'{"description": "Join", "requiredPersonalizationFields": ["Age"]}')),
        "enum-value-unknown"),
]  # fmt: skip
