"""Colours of a page from those of a Model: always readable, by light and by dark (WCAG 2.2, level AA)."""

from __future__ import annotations

from dataclasses import dataclass

from walletpass.values import Color

WHITE, BLACK = Color(255, 255, 255), Color(0, 0, 0)
PAGE_LIGHT, PAGE_DARK = Color(255, 255, 255), Color(20, 22, 26)
TEXT = 4.5
"""Contrast that text needs."""
SHAPE = 3.0
"""Contrast that the edge of a button needs."""


@dataclass(frozen=True, slots=True)
class Palette:
    """
    Colours of the brand on a page.

    Attributes:
        brand: The Model's background: the head of the page, and its buttons.
        on_brand: Text on it.
        edge_light, edge_dark: The same colour, moved as far as the edge of a button on a light or dark page needs.
    """

    brand: Color
    on_brand: Color
    edge_light: Color
    edge_dark: Color


def palette(background: Color) -> Palette:
    """The colours for a Model with this background."""
    light = _apart_from(PAGE_LIGHT, background, BLACK)
    dark = _apart_from(PAGE_DARK, background, WHITE)
    return Palette(background, text_on(background), light, dark)


def text_on(ground: Color) -> Color:
    """White or black, whichever reads better: one of them has a contrast of at least 4.58 on any colour."""
    return max(WHITE, BLACK, key=ground.contrast)


def _apart_from(page: Color, wanted: Color, towards: Color) -> Color:
    """The wanted colour, mixed with another until its line stands out from the page."""
    for step in range(21):
        mixed = Color(*(round(a + (b - a) * step / 20) for a, b in zip(wanted.rgb, towards.rgb, strict=True)))
        if mixed.contrast(page) >= SHAPE:
            return mixed
    return towards
