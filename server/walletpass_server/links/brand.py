"""What a page takes from a Model: names in a language, colours, and the style made of them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from walletpass.model import PassModel
from walletpass.model.text import Text, split
from walletpass.values import Color
from walletpass_server.links.palette import PAGE_DARK, PAGE_LIGHT, palette
from walletpass_server.links.texts import preferred, text

NEUTRAL = Color(44, 62, 80)
"""The brand of a page that belongs to no operation."""


@dataclass(frozen=True, slots=True)
class Brand:
    """
    Whose page it is.

    Attributes:
        organization: Who issues the pass; empty on a page of nobody's.
        what: What it is, in a sentence.
        language: Of both.
        background: The Model's colour.
    """

    organization: str
    what: str
    language: str
    background: Color


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet and the hash by which the page's policy admits it."""

    css: str
    source: str


def brand_of(model: PassModel, accepts: str, page_language: str) -> Brand:
    """A Model's brand, in the language of it that a browser likes best."""
    otherwise = page_language if page_language in model.languages else model.default_language
    language = preferred(accepts, model.languages, otherwise)
    kind = text(page_language, f"kind-{model.pass_type}")
    return Brand(
        organization=_plain(model.organization, model, language),
        what=_plain(model.description, model, language) or kind,
        language=language,
        background=model.colors.background,
    )


@lru_cache(maxsize=256)
def style_of(background: Color) -> Style:
    """The style sheet of a page in a brand's colour."""
    colours = palette(background)
    light = {"edge": colours.edge_light, "page": PAGE_LIGHT}
    dark = {"edge": colours.edge_dark, "page": PAGE_DARK}
    css = (
        f":root{{--brand:{colours.brand};--on-brand:{colours.on_brand};{_variables(light)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_variables(dark)}}}}}{_sheet()}"
    )
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return Style(css, f"'sha256-{digest}'")


def _variables(colours: dict[str, Color]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


@cache
def _sheet() -> str:
    sheet = files(__package__).joinpath("templates", "page.css").read_text("utf-8")
    return "".join(line.strip() for line in sheet.splitlines())


def _plain(value: Text, model: PassModel, language: str) -> str:
    """A text without its references: the page of a link says nothing about the person it was sent to."""
    parts = split(value.in_language(language, model.default_language))
    return " ".join("".join(part if isinstance(part, str) else " " for part in parts).split())
