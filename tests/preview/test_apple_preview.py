from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from walletpass.apple.strings import write_strings
from walletpass.preview import Drawing, draw_apple

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def scan(drawing: Drawing) -> list[bytes]:
    """What another library reads in the finished picture."""
    with Image.open(BytesIO(drawing.png(scale=2))) as picture:
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
    return [found.bytes for found in zxingcpp.read_barcodes(flat)]


def generic(**more: Any) -> dict[str, Any]:
    return {"generic": {"primaryFields": [{"key": "a", "label": "la", "value": "va"}]}, **more}


def test_the_barcode_of_every_sample_is_read_back(apple_sample: Any) -> None:
    pass_json, files = apple_sample
    barcode = pass_json["barcodes"][0]
    read = scan(draw_apple(pass_json, files, style="classic"))
    assert read == [barcode["message"].encode(barcode["messageEncoding"])]


@pytest.mark.parametrize("name", ["poster-generic", "semantic-flight"])
def test_the_barcode_of_newer_forms_is_read_back(apple: Any, name: str) -> None:
    pass_json, files = apple(name)
    assert scan(draw_apple(pass_json, files)) == [pass_json["barcodes"][0]["message"].encode()]


@pytest.mark.parametrize(
    ("kind", "message", "read"),
    [
        ("QR", "a" * 300, None),
        ("Aztec", "a" * 300, None),
        ("PDF417", "a" * 300, None),
        ("Code128", "AZ-09 az", None),
        ("Code39", "AZ-09", None),
        ("Codabar", "A0123A", None),
        ("EAN13", "9783161484100", None),
        ("I2of5", "00112233", None),
    ],
)
def test_every_apple_format_is_read_back_from_a_whole_pass(kind: str, message: str, read: None) -> None:
    barcode = {"format": f"PKBarcodeFormat{kind}", "message": message, "messageEncoding": "iso-8859-1"}
    assert scan(draw_apple(generic(barcodes=[barcode]), {})) == [message.encode()]


def test_every_sample_has_a_back(apple_sample: Any) -> None:
    pass_json, files = apple_sample
    drawing = draw_apple(pass_json, files, side="back")
    assert pass_json["organizationName"][:12] in drawing.svg
    assert drawing.height <= 10_000


def test_texts_and_values_are_those_of_the_language(apple: Any) -> None:
    pass_json, files = apple("coupon")
    french = draw_apple(pass_json, files, language="fr").svg
    english = draw_apple(pass_json, files, language="en").svg
    assert "sur toutes les lampes" in french
    assert "20/04/2027" in french
    assert "40,00\xa0€" in french
    assert "on any lamp in the shop" in english
    assert "€40.00" in english
    assert "cartes cadeaux" in draw_apple(pass_json, files, language="fr-CA", side="back").svg


def test_a_right_to_left_pass_is_mirrored(apple: Any) -> None:
    pass_json, files = apple("arabic")
    svg = draw_apple(pass_json, files, language="ar").svg
    assert '<text x="359"' in svg
    assert "\u2067" in svg


def test_a_picture_in_the_root_counts_before_that_of_a_language(apple: Any) -> None:
    pass_json, files = apple("coupon")
    root = files.pop("strip@2x.png")
    plain = draw_apple(pass_json, files, language="fr").svg
    localized = draw_apple(pass_json, {**files, "fr.lproj/strip@2x.png": root}, language="fr").svg
    other = BytesIO()
    Image.new("RGB", (750, 288), "red").save(other, "PNG")
    both = draw_apple(pass_json, {**files, "fr.lproj/strip@2x.png": root, "strip.png": other.getvalue()}, language="fr")
    assert plain.count("<image") + 1 == localized.count("<image")
    assert both.svg != localized


def test_a_newer_form_is_drawn_only_when_all_its_parts_are_there(apple: Any) -> None:
    pass_json, files = apple("poster-event")
    classic = draw_apple(pass_json, files, style="classic").svg
    assert draw_apple(pass_json, files).svg != classic
    without_name = {**pass_json, "semantics": {**pass_json["semantics"], "eventName": ""}}
    assert "<path" in classic
    assert draw_apple(without_name, files).svg == draw_apple(without_name, files, style="classic").svg


def test_a_void_or_expired_pass_says_so(apple: Any) -> None:
    pass_json, files = apple("coupon")
    expiring = {**pass_json, "expirationDate": "2029-01-01T00:00:00Z"}
    assert ">Void<" in draw_apple({**pass_json, "voided": True}, files).svg
    assert ">Annulé<" in draw_apple({**pass_json, "voided": True}, files, language="fr").svg
    assert ">Expired<" in draw_apple(expiring, files, now=LATER).svg
    assert ">Expired<" not in draw_apple(expiring, files).svg


def test_a_barcode_that_cannot_be_made_leaves_a_reason_in_its_place() -> None:
    short = {"format": "PKBarcodeFormatEAN13", "message": "12", "messageEncoding": "utf-8"}
    wide = {"format": "PKBarcodeFormatCode128", "message": "x" * 200, "messageEncoding": "utf-8"}
    assert "No preview of this barcode" in draw_apple(generic(barcodes=[short]), {}).svg
    assert "too wide for a phone" in draw_apple(generic(barcodes=[wide]), {}).svg


def test_only_the_first_barcode_of_the_chain_is_drawn() -> None:
    chain = [{"format": "PKBarcodeFormatQR", "message": text, "messageEncoding": "utf-8"} for text in ("one", "two")]
    assert scan(draw_apple(generic(barcodes=chain), {})) == [b"one"]


def test_the_legacy_barcode_key_is_read_too() -> None:
    legacy = {"format": "PKBarcodeFormatQR", "message": "old", "messageEncoding": "iso-8859-1"}
    assert scan(draw_apple(generic(barcode=legacy), {})) == [b"old"]


def test_broken_pictures_and_texts_are_left_out() -> None:
    files = {"logo.png": b"not a picture", "strip.png": b"\x89PNG\r\n\x1a\n", "en.lproj/pass.strings": b'"open'}
    assert "<image" not in draw_apple(generic(), files).svg


def test_keys_of_the_strings_file_become_texts() -> None:
    files = {"en.lproj/pass.strings": write_strings({"la": "Label", "va": "Value & more"})}
    svg = draw_apple(generic(), files).svg
    assert ">LABEL<" in svg
    assert ">Value &amp; more<" in svg
