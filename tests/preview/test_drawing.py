from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from walletpass.preview import draw_apple, draw_google, sheet
from walletpass.preview.pictures import read_picture
from walletpass.preview.svg import ALLOWED, NAMESPACE, element

TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "</text><script>alert(1)</script>",
        '" onload="x',
        "'><image href='https://x.example'/>",
        "&lt;&#0;",
        "]]>",
        "\ud800",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELD = st.dictionaries(
    st.sampled_from(
        ["key", "label", "value", "attributedValue", "textAlignment", "dateStyle", "timeStyle", "currencyCode", "row"]
    ),
    TEXT | JSON,
)
GROUPS = ["headerFields", "primaryFields", "secondaryFields", "auxiliaryFields", "backFields", "transitType"]
STYLE = st.dictionaries(st.sampled_from(GROUPS), st.lists(FIELD, max_size=4) | JSON)
STYLES = ["boardingPass", "coupon", "eventTicket", "generic", "storeCard", "posterGeneric"]
BARCODE = st.fixed_dictionaries(
    {"format": st.sampled_from(["PKBarcodeFormatQR", "PKBarcodeFormatCode39"]) | TEXT, "message": TEXT},
    optional={"messageEncoding": st.just("utf-8") | TEXT, "altText": TEXT},
)
TOP = ["logoText", "organizationName", "description", "backgroundColor", "labelColor", "semantics", "voided"]
PASS = st.tuples(
    st.dictionaries(st.sampled_from(TOP), TEXT | JSON),
    st.sampled_from(STYLES),
    STYLE | JSON,
    st.lists(BARCODE, max_size=1),
).map(lambda parts: {**parts[0], parts[1]: parts[2], "barcodes": parts[3]})
GOOGLE = st.dictionaries(
    st.sampled_from(
        [
            "issuerName",
            "title",
            "programName",
            "eventName",
            "venue",
            "flightHeader",
            "origin",
            "ticketLeg",
            "cardTitle",
            "header",
            "balance",
            "loyaltyPoints",
            "textModulesData",
            "linksModuleData",
            "barcode",
            "classTemplateInfo",
            "state",
            "hexBackgroundColor",
        ]
    ),
    TEXT | JSON | st.lists(st.dictionaries(st.sampled_from(["id", "header", "body", "uri"]), TEXT), max_size=2),
)


def assert_harmless(svg: str) -> None:
    """Well-formed, known elements only, nothing from outside, no text of the pass in an attribute."""
    for node in ElementTree.fromstring(svg).iter():  # noqa: S314 - our own output
        assert node.tag.removeprefix(f"{{{NAMESPACE}}}") in ALLOWED
        for name, value in node.attrib.items():
            assert not name.startswith("on")
            assert name != "href" or value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
            assert "script" not in value
            assert "url(" not in value or value.startswith("url(#d")


@settings(max_examples=100, deadline=None)
@given(PASS, st.sampled_from(["front", "back"]), st.none() | st.sampled_from(["ar", "fr"]) | TEXT)
def test_text_of_an_apple_pass_never_becomes_markup(pass_json: dict[str, Any], side: Any, language: str | None) -> None:
    assert_harmless(draw_apple(pass_json, {}, side=side, language=language).svg)


@settings(max_examples=100, deadline=None)
@given(GOOGLE, GOOGLE, st.sampled_from(["front", "back"]), st.none() | st.sampled_from(["ar", "fr"]) | TEXT)
def test_text_of_a_google_pass_never_becomes_markup(
    class_: dict[str, Any], object_: dict[str, Any], side: Any, language: str | None
) -> None:
    assert_harmless(draw_google(class_, object_, side=side, language=language).svg)


def test_samples_are_harmless_and_drawn_the_same_each_time(apple_sample: Any) -> None:
    pass_json, files = apple_sample
    svg = draw_apple(pass_json, files).svg
    assert_harmless(svg)
    assert svg == draw_apple(pass_json, dict(reversed(files.items()))).svg


def test_google_samples_are_harmless_and_drawn_the_same_each_time(google_sample: Any) -> None:
    class_, object_, images = google_sample
    svg = draw_google(class_, object_, images=images).svg
    assert_harmless(svg)
    assert svg == draw_google(class_, object_, images=images).svg


def test_only_known_elements_can_be_made() -> None:
    with pytest.raises(ValueError, match="script is not an element"):
        element("script")


def test_a_png_has_the_size_of_its_scale(apple: Any) -> None:
    drawing = draw_apple(*apple("generic"))
    with Image.open(BytesIO(drawing.png(scale=1.5))) as picture:
        assert picture.size == (round(drawing.width * 1.5 + 0.01), round(drawing.height * 1.5))
        assert len(set(picture.convert("L").tobytes())) > 50


def test_a_sheet_holds_its_drawings_and_captions(apple: Any, google: Any) -> None:
    class_, object_, images = google("offer")
    drawings = [draw_apple(*apple("coupon")), draw_google(class_, object_, images=images)]
    both = sheet(drawings, ["Apple & co", "Google"])
    assert both.width > sum(drawing.width for drawing in drawings)
    assert both.height > max(drawing.height for drawing in drawings)
    assert "Apple &amp; co" in both.svg
    assert_harmless(both.svg)
    assert sheet(drawings, ["", ""], columns=1).height > sum(drawing.height for drawing in drawings)


def test_pictures_are_encoded_anew_no_larger_than_they_are_drawn() -> None:
    written = BytesIO()
    Image.new("RGB", (3000, 2000), "teal").save(written, "JPEG", comment=b"<script>")
    picture = read_picture(written.getvalue(), 375, 144)
    assert picture is not None
    assert (picture.width, picture.height) == (750, 500)
    assert picture.uri.startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"<svg/>", b"x" * 10_000_001])
def test_what_is_no_picture_is_not_drawn(data: bytes) -> None:
    assert read_picture(data, 10, 10) is None


def test_a_picture_of_too_many_pixels_is_not_drawn() -> None:
    written = BytesIO()
    Image.new("1", (9000, 9000)).save(written, "PNG")
    assert read_picture(written.getvalue(), 10, 10) is None
