"""Pictures: their own address, or the one where they are published."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from walletpass.errors import MappingRejected, PictureError
from walletpass.google import GoogleCompiler, GooglePass
from walletpass.model import PassModel
from walletpass.pictures import url_prefix
from walletpass.testing.models import PICTURE

Make = Callable[..., PassModel]
ISSUER = "3388000000000000001"


class Published:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}

    def __call__(self, name: str, data: bytes) -> str:
        self.pictures[name] = data
        return f"https://img.example.com/{name}.png"


def _compile(model: PassModel, urls: Any = None, **values: Any) -> GooglePass:
    return GoogleCompiler(model, issuer_id=ISSUER, image_url=urls).compile("A-1", values)


def test_a_picture_with_an_address_is_used_as_it_is(make: Make) -> None:
    class_ = _compile(make(images={"logo": {"url": "https://example.com/l.png", "alt": "Sun"}})).class_
    assert class_["titleImage"] == {
        "sourceUri": {"uri": "https://example.com/l.png"},
        "contentDescription": {"defaultValue": {"language": "en", "value": "Sun"}},
    }


def test_other_pictures_are_prepared_and_published(make: Make) -> None:
    published = Published()
    class_ = _compile(make(images={"logo": PICTURE, "strip": PICTURE}), published).class_
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in published.pictures.items()}
    assert sizes == {"logo": (660, 660), "hero": (1032, 336)}
    assert class_["heroImage"]["sourceUri"]["uri"] == "https://img.example.com/hero.png"


def test_a_published_picture_has_an_address_of_its_content(make: Make) -> None:
    class_ = _compile(make(images={"logo": PICTURE}), url_prefix("https://img.example.com/p")).class_
    assert class_["titleImage"]["sourceUri"]["uri"].startswith("https://img.example.com/p/logo-")


def test_without_a_place_to_publish_a_picture_is_dropped_and_told(make: Make) -> None:
    google_pass = _compile(make(images={"logo": PICTURE}))
    assert "titleImage" not in google_pass.class_
    told = {entry.field: entry.action for entry in google_pass.report.losses}
    assert told["images.logo"] == "dropped"


def test_the_icon_stands_in_for_a_missing_logo(make: Make) -> None:
    google_pass = _compile(make("loyalty", images={"icon": {"url": "https://example.com/i.png"}}))
    assert google_pass.class_["programLogo"]["sourceUri"]["uri"] == "https://example.com/i.png"
    assert ("images.icon", "moved") in {(entry.field, entry.action) for entry in google_pass.report.losses}


def test_a_wide_logo_alone_is_not_enough_for_a_loyalty_card(make: Make) -> None:
    with pytest.raises(MappingRejected, match="square logo"):
        _compile(make("loyalty", images={"wide_logo": {"url": "https://example.com/w.png"}}))


def test_a_logo_of_each_pass_is_for_generic_passes_only(make: Make) -> None:
    parts = {"variables": {"photo": "image"}, "images": {"logo": "{{ photo }}"}}
    object_ = _compile(make("generic", **parts), Published(), photo=PICTURE).object_
    assert object_["logo"]["sourceUri"]["uri"] == "https://img.example.com/logo.png"
    with pytest.raises(MappingRejected, match=r"images\.logo: Google's loyalty has the same logo on every pass"):
        _compile(make("loyalty", **parts), Published(), photo=PICTURE)


def test_a_hero_of_each_pass_is_on_the_object_and_may_be_missing(make: Make) -> None:
    variables = {"photo": {"type": "image", "required": False}}
    model = make(variables=variables, images={"hero": "{{ photo }}"})
    published = Published()
    assert "heroImage" in _compile(model, published, photo=PICTURE).object_
    assert "heroImage" not in _compile(model, published).object_


def test_thumbnail_and_footer_move(make: Make) -> None:
    images = {name: {"url": f"https://example.com/{name}.png"} for name in ("thumbnail", "footer")}
    google_pass = _compile(make(images=images))
    assert [module["id"] for module in google_pass.object_["imageModulesData"]] == ["thumbnail"]
    assert [module["id"] for module in google_pass.class_["imageModulesData"]] == ["footer"]
    above = google_pass.class_["classTemplateInfo"]["cardBarcodeSectionDetails"]["firstTopDetail"]
    assert above["fieldSelector"]["fields"] == [{"fieldPath": "class.imageModulesData['footer']"}]
    told = {(entry.field, entry.action) for entry in google_pass.report.losses}
    assert {("images.thumbnail", "moved"), ("images.footer", "moved")} <= told


@pytest.mark.parametrize("place", ["background", "artwork", "venue_map", "primary_logo"])
def test_pictures_that_only_apple_shows_are_dropped_and_told(place: str, make: Make) -> None:
    google_pass = _compile(make(images={place: {"url": "https://example.com/x.png"}}))
    assert (f"images.{place}", "dropped") in {(entry.field, entry.action) for entry in google_pass.report.losses}


def test_pictures_of_other_languages_are_dropped_and_told(make: Make) -> None:
    logo = {"url": "https://example.com/x.png", "languages": {"fr": {"url": "https://example.com/y.png"}}}
    google_pass = _compile(make(languages=["en", "fr"], images={"logo": logo}))
    assert "images.logo.languages" in {entry.field for entry in google_pass.report.losses}


def test_a_picture_that_is_none_is_refused(make: Make) -> None:
    with pytest.raises(PictureError, match=r"images\.logo"):
        _compile(make(images={"logo": b"hello"}), Published())
