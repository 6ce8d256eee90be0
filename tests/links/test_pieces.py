"""The pure parts: colours, tags, languages, codes, cookies, networks, badges."""

from __future__ import annotations

import string
from pathlib import Path

import numpy
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from walletpass.errors import FileMissing
from walletpass.model import PassModel
from walletpass.testing.life import model_document
from walletpass.values import Color
from walletpass_server.http.qr import qr_code
from walletpass_server.links.badges import LARGEST, Badges
from walletpass_server.links.brand import brand_of
from walletpass_server.links.palette import PAGE_DARK, PAGE_LIGHT, SHAPE, TEXT, palette
from walletpass_server.links.tags import as_query, read_tags
from walletpass_server.links.texts import TEXTS, preferred, text
from walletpass_server.links.visitors import network_of, remember, remembered_token
from walletpass_server.persistence.secrets import Keyring

_channel = st.integers(0, 255)


@settings(max_examples=200)
@given(st.builds(Color, _channel, _channel, _channel))
def test_every_colour_of_a_model_gives_a_page_that_can_be_read(background: Color) -> None:
    colours = palette(background)

    assert colours.brand == background
    assert colours.brand.contrast(colours.on_brand) >= TEXT
    assert colours.edge_light.contrast(PAGE_LIGHT) >= SHAPE
    assert colours.edge_dark.contrast(PAGE_DARK) >= SHAPE


def test_a_colour_that_stands_out_is_not_touched() -> None:
    green = Color(11, 110, 60)

    assert palette(green).edge_light == green


def test_source_tags_are_five_short_and_printable() -> None:
    query = [("utm_source", "poster\u0000 A"), ("utm_source", "second"), ("utm_medium", "x" * 500), ("utm_id", "9"),
             ("utm_term", "\n"), ("name", "Ada")]  # fmt: skip

    tags = read_tags(query)

    assert tags == {"utm_source": "poster A", "utm_medium": "x" * 100}
    assert as_query({"utm_source": "a&b=c d"}) == "?utm_source=a%26b%3Dc+d"
    assert as_query({}) == ""


@pytest.mark.parametrize(
    ("accepts", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-US,en;q=0.9", "en"),
        ("de-DE,de;q=0.9,fr;q=0.5", "fr"),
        ("de", "en"),
        ("fr;q=0,en;q=0.1", "en"),
        ("en;q=0.2, fr;q=0.7", "fr"),
        ("", "en"),
        ("*", "en"),
        ("fr;q=nonsense", "en"),
        (";;;,,,q=1;" * 1000, "en"),
    ],
)
def test_a_page_speaks_the_language_that_the_browser_likes_best(accepts: str, language: str) -> None:
    assert preferred(accepts, ("en", "fr"), "en") == language


def test_both_languages_say_the_same_things_with_the_same_gaps() -> None:
    gaps = {
        language: {
            key: sorted(part[1] for part in string.Formatter().parse(said) if part[1]) for key, said in all_.items()
        }
        for language, all_ in TEXTS.items()
    }

    assert gaps["fr"] == gaps["en"]
    assert text("fr", "many", minutes=3) == (
        "Beaucoup de pass viennent d’être pris depuis votre réseau. Réessayez dans 3 min."
    )
    assert text("fr", "scan-address") == "Ou saisissez cette adresse\N{NO-BREAK SPACE}:"


@pytest.mark.parametrize("address", ["https://pass.example.com/o/aB3_-xYz0123", "https://e.example/p/" + "x" * 400])
def test_a_qr_code_is_read_back_from_both_forms(address: str) -> None:
    import io

    import resvg_py

    drawn = bytes(resvg_py.svg_to_bytes(svg_string=qr_code(address, "svg").decode(), width=900, height=900))
    for content in (qr_code(address, "png"), drawn):
        found = zxingcpp.read_barcode(numpy.asarray(Image.open(io.BytesIO(content)).convert("L")))
        assert found is not None
        assert found.text == address
        assert found.ec_level == "M"


def test_a_visitor_is_known_again_by_the_sealed_cookie_of_the_same_link_alone() -> None:
    keyring = Keyring.parse(Keyring.new_key("1"))
    cookie = remember("a-token-of-twenty-seven-chars", keyring, "spring", secure=True)
    assert cookie.value is not None
    brought = {cookie.key: cookie.value}

    assert remembered_token(brought, keyring, "spring") == "a-token-of-twenty-seven-chars"
    assert remembered_token({"pass-summer": cookie.value}, keyring, "summer") is None
    assert remembered_token({"pass-spring": cookie.value[:-2] + "AA"}, keyring, "spring") is None
    assert remembered_token({"pass-spring": "é"}, keyring, "spring") is None
    assert remembered_token({"pass-spring": "A" * 9000}, keyring, "spring") is None
    assert remembered_token({}, keyring, "spring") is None
    assert (cookie.httponly, cookie.secure, cookie.samesite, cookie.path) == (True, True, "lax", "/o")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff:1::1", "2001:db8:1:200::/56"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_one_household_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_badges_are_read_by_language_and_fall_back_to_english(tmp_path: Path) -> None:
    given_files = {
        "fr/add-to-apple-wallet.svg": b"<svg/>",
        "en/add-to-google-wallet.png": b"png",
        "en/add-to-apple-wallet.svg": b"x" * (LARGEST + 1),
        "notes/readme.txt": b"?",
    }
    for place, content in given_files.items():
        file = tmp_path / place
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)

    badges = Badges.read(tmp_path)

    french = badges.choose(["fr-CA"], "apple")
    assert french is not None
    assert (french.content, french.media_type) == (b"<svg/>", "image/svg+xml")
    assert badges.named(french.name) == french
    assert badges.choose(["en"], "apple") is None
    fallback = badges.choose(["fr"], "google")
    assert fallback is not None
    assert fallback.content == b"png"
    assert badges.named("../../etc/passwd") is None
    assert Badges.read(None).choose(["fr"], "apple") is None


def test_a_folder_of_badges_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="WALLETPASS_BADGES"):
        Badges.read(tmp_path / "nowhere")


def test_a_page_says_nothing_about_the_person_it_was_sent_to() -> None:
    document = model_document(
        "m", {"who": {"type": "text"}}, organization="Maison {{ who }} Verte", description="{{ who }}", languages=["de"]
    )

    brand = brand_of(PassModel.read(document), "fr", "fr")

    assert (brand.organization, brand.what, brand.language) == ("Maison Verte", "Coupon", "de")
