"""Pictures for Google: prepared here, published by whoever gives `image_url`, fetched by Google."""

from __future__ import annotations

from functools import partial
from typing import Any

from walletpass.google.draft import Draft
from walletpass.google.texts import localized
from walletpass.model.images import Image
from walletpass.model.text import Reference
from walletpass.pictures.placement import Fit
from walletpass.pictures.urls import PictureUrls
from walletpass.render import Needs

_NO_PLACE = ("background", "artwork", "primary_logo", "secondary_logo", "venue_map", "personalization_logo")


def picture(draft: Draft, place: str, kind: str) -> Needs | None:
    """
    An Image, or None when the Model has no such picture or nobody publishes it.

    Args:
        draft: What is being written.
        place: Picture of the Model (`strip`).
        kind: What it becomes (`hero`), of `walletpass.templates.google.IMAGES`.
    """
    image: Image | None = getattr(draft.model.images, place)
    if image is None:
        return None
    field = f"images.{place}"
    if image.languages:
        draft.dropped(f"{field}.languages", "Google shows one picture in every language")
    uri = _uri(draft, image, field, kind)
    if uri is None:
        draft.dropped(field, "Google fetches pictures itself", "Give it a url, or say where pictures are published.")
        return None
    alt = image.alt or draft.model.description
    says = None if alt.references() else localized(draft.writer, alt)
    return Needs({"sourceUri": Needs({"uri": uri}, "uri"), "contentDescription": says}, "sourceUri")


def place_picture(draft: Draft, path: str, place: str, kind: str) -> bool:
    """Set a picture at a path; tells whether it is there."""
    image: Image | None = getattr(draft.model.images, place)
    if image and image.variable and path.startswith("class."):
        draft.rejected(
            f"images.{place}",
            f"Google's {draft.type.key} has the same {place} on every pass",
            "use a fixed picture, or google.type: generic",
        )
        return True
    written = picture(draft, place, kind)
    if written is None:
        return False
    draft.put(path, written, f"images.{place}")
    return True


def place_logos(draft: Draft, *, required: bool = False) -> None:
    """The logo of the type, and the wide one. The icon stands in for a logo that is missing."""
    images = draft.model.images
    place = "logo" if images.logo or not images.icon else "icon"
    shown = place_picture(draft, draft.type.logo, place, "logo")
    if place == "icon" and shown:
        draft.moved("images.icon", "stands in for the logo")
    elif images.icon:
        draft.dropped("images.icon", "Google shows the logo", quiet=True)
    if required and not shown:
        draft.rejected("images.logo", f"Google's {draft.type.key} needs a square logo", "give images.logo")
    place_picture(draft, draft.type.wide_logo, "wide_logo", "wide_logo")


def place_other_pictures(draft: Draft) -> None:
    """The hero, what moves to the details, and what has no place."""
    images = draft.model.images
    hero = "hero" if images.hero else "strip"
    image = getattr(images, hero)
    own = bool(image and image.variable) or "heroImage" not in draft.type.class_fields
    if place_picture(draft, "object.heroImage" if own else "class.heroImage", hero, "hero") and hero == "strip":
        draft.adapted("images.strip", "shown as Google's wide picture, not behind the fields")
    elif images.hero and images.strip:
        draft.dropped("images.strip", "Google shows the hero", quiet=True)
    for place in _NO_PLACE:
        if getattr(images, place):
            draft.dropped(f"images.{place}", "Google has no place for it")


def module(draft: Draft, place: str, kind: str) -> dict[str, Any] | None:
    """An image module named after the picture."""
    written = picture(draft, place, kind)
    return None if written is None else Needs({"id": place, "mainImage": written}, "mainImage")


def _uri(draft: Draft, image: Image, field: str, kind: str) -> Any:
    if image.url:
        return image.url
    if draft.image_url is None:
        return None
    publish = partial(_published, kind=kind, name=image.file or field, image=image, urls=draft.image_url)
    if image.variable:
        return draft.writer.value(Reference(image.variable), publish)
    return publish(image.data) if image.data is not None else None


def _published(data: bytes, *, kind: str, name: str, image: Image, urls: PictureUrls) -> str:
    from walletpass.pictures import google_image, open_picture

    fit: Fit | None = image.fit
    return urls(kind, google_image(kind, open_picture(data, name=name), fit=fit, focus=image.focus))
