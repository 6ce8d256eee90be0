from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from walletpass.preview import Drawing, draw_google
from walletpass.preview.google_view import GoogleView, kind_of, no_pictures


def scan(drawing: Drawing) -> list[bytes]:
    """What another library reads in the finished picture."""
    with Image.open(BytesIO(drawing.png(scale=2))) as picture:
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
    return [found.bytes for found in zxingcpp.read_barcodes(flat)]


def generic(**more: Any) -> dict[str, Any]:
    return {"cardTitle": {"defaultValue": {"language": "en", "value": "Card"}}, **more}


def test_the_barcode_of_every_sample_is_read_back(google_sample: Any) -> None:
    class_, object_, images = google_sample
    read = scan(draw_google(class_, {**object_, "state": "ACTIVE"}, images=images))
    assert read == [object_["barcode"]["value"].encode()]


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("QR_CODE", "ticket é", None),
        ("AZTEC", "ticket é", None),
        ("PDF_417", "ticket é", None),
        ("DATA_MATRIX", "ticket é", None),
        ("CODE_128", "ticket 7", None),
        ("CODE_39", "TICKET 7", None),
        ("CODABAR", "A40156A", None),
        ("EAN_13", "4006381333931", None),
        ("EAN_8", "96385074", None),
        ("UPC_A", "036000291452", b"0036000291452"),
        ("ITF_14", "15400141288763", None),
    ],
)
def test_every_google_format_is_read_back_from_a_whole_card(kind: str, value: str, read: bytes | None) -> None:
    barcode = {"type": kind, "value": value, "renderEncoding": "UTF_8"}
    assert scan(draw_google({}, generic(barcode=barcode))) == [read or value.encode()]


def test_a_text_only_code_is_shown_as_text() -> None:
    assert ">A-7<" in draw_google({}, generic(barcode={"type": "TEXT_ONLY", "value": "A-7"})).svg


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("offer", "offer"),
        ("loyalty", "loyalty"),
        ("gift-card", "giftCard"),
        ("event", "eventTicket"),
        ("flight", "flight"),
        ("transit", "transit"),
        ("generic", "generic"),
    ],
)
def test_each_type_is_told_by_its_own_properties(google: Any, name: str, kind: str) -> None:
    class_, object_, _ = google(name)
    assert kind_of(class_, object_) == kind


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("offer", ["20 % off any lamp", "Minimum spend", "€40.00", "Apr 20, 2027"]),
        ("loyalty", ["Tilia Club", "1,240", "€21.75", "Member number"]),
        ("gift-card", ["€50.00", "6031 0000 4471", "8842"]),
        ("event", ["Night of Strings", "Jun 12, 2027", "West"]),
        ("flight", ["LYS", "KEF", "ZN 417", "14C", "B22"]),
        ("transit", ["Grenoble", "Torino", "Platform", "64"]),
        ("generic", ["Amélie Saint-Just", "Reader", "Adult, all branches"]),
    ],
)
def test_each_type_shows_its_title_and_rows(google: Any, name: str, texts: list[str]) -> None:
    class_, object_, images = google(name)
    svg = draw_google(class_, object_, images=images).svg
    assert [text for text in texts if text not in svg] == []


def test_translations_and_formats_are_those_of_the_language(google: Any) -> None:
    class_, object_, images = google("offer")
    svg = draw_google(class_, object_, images=images, language="fr-FR").svg
    assert "20 % sur toutes les lampes" in svg
    assert "Achat minimum" in svg
    assert "20 avr. 2027" in svg


def test_details_hold_modules_links_and_fine_print(google: Any) -> None:
    class_, object_, images = google("offer")
    svg = draw_google(class_, object_, images=images, side="back").svg
    assert "Not valid on gift cards" in svg
    assert "Call the shop" in svg
    class_, object_, images = google("generic")
    assert "<image" in draw_google(class_, object_, images=images, side="back").svg


def test_a_used_pass_says_so(google: Any) -> None:
    class_, object_, images = google("used")
    assert ">Used<" in draw_google(class_, object_, images=images).svg


def test_a_gift_card_without_barcode_redemption_shows_no_barcode(google: Any) -> None:
    class_, object_, images = google("gift-card")
    assert scan(draw_google({**class_, "allowBarcodeRedemption": False}, object_, images=images)) == []


def test_pictures_that_cannot_be_had_are_left_out(google: Any) -> None:
    class_, object_, _ = google("loyalty")
    assert "<image" not in draw_google(class_, object_).svg


def test_a_right_to_left_card_is_mirrored(google: Any) -> None:
    class_, object_, images = google("arabic")
    assert '<text x="353"' in draw_google(class_, object_, images=images).svg


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("object.textModulesData['points']", "12"),
        ('object.textModulesData["points"]', "12"),
        ("object.textModulesData[0]", "12"),
        ("object.textModulesData[9]", ""),
        ("object.textModulesData['none']", ""),
        ("object.balance", "5,00\xa0€"),
        ("class.venue.name", "Hall"),
        ("class.title", "Titre"),
        ("class.__class__", ""),
        ("class", ""),
        ("other.title", ""),
        ("class..title", ""),
        ("", ""),
    ],
)
def test_field_paths_resolve_to_texts(path: str, shown: str) -> None:
    class_ = {
        "venue": {"name": {"defaultValue": {"language": "en", "value": "Hall"}}},
        "title": "Title",
        "localizedTitle": {
            "defaultValue": {"language": "en", "value": "Title"},
            "translatedValues": [{"language": "fr", "value": "Titre"}],
        },
    }
    object_ = {
        "textModulesData": [{"id": "points", "header": "Points", "body": "12"}],
        "balance": {"micros": "5000000", "currencyCode": "EUR"},
    }
    view = GoogleView(class_, object_, no_pictures, language="fr")
    assert view.at_text(path) == shown
