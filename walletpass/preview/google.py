"""A Google pass as Google Wallet would show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from walletpass.preview import shapes
from walletpass.preview.barcode_panel import Panel, draw_panel, make_panel, text_panel
from walletpass.preview.canvas import Canvas
from walletpass.preview.drawing import Drawing
from walletpass.preview.google_details import draw_google_details
from walletpass.preview.google_rows import draw_rows, rows_of
from walletpass.preview.google_titles import WIDTH, draw_title
from walletpass.preview.google_view import FetchPicture, GoogleView, no_pictures
from walletpass.preview.svg import clipped, element

_HERO = WIDTH * 336 / 1032
_LEAST = 420.0


def draw_google(
    class_: Mapping[str, Any],
    object_: Mapping[str, Any],
    *,
    language: str | None = None,
    side: Literal["front", "back"] = "front",
    images: FetchPicture = no_pictures,
) -> Drawing:
    """
    One side of a Google pass.

    Args:
        class_: The class as sent to the Wallet API, of any of the seven types. What cannot be read is left out.
        object_: The object of that class.
        language: BCP 47 tag; None shows the default of each text.
        side: The card, or the details behind it.
        images: The bytes of the picture at an address, or None; nothing is downloaded here.
    """
    view = GoogleView(class_, object_, images, language)
    return draw_google_details(view) if side == "back" else _draw_front(view)


def _draw_front(view: GoogleView) -> Drawing:
    """Title block, rows, barcode, and the hero picture at the foot."""
    canvas = Canvas(WIDTH, rtl=view.rtl)
    y = draw_rows(canvas, view, rows_of(view), draw_title(canvas, view)) + 20
    panel = _panel(view)
    hero = view.picture(view.object.get("heroImage") or view.class_.get("heroImage"), WIDTH, _HERO)
    end = y + (panel.height + 24 if panel else 0) + (_HERO if hero else 0)
    spare = max(0.0, _LEAST - end)
    if panel:
        draw_panel(canvas, panel, y + spare / 2, mark=view.mark(), radius=14)
    height = end + spare
    if hero:
        canvas.picture(hero, 0, height - _HERO, WIDTH, _HERO)
    outline = shapes.rounded(WIDTH, height, radius=24)
    ground = Canvas(WIDTH)
    ground.box(0, 0, WIDTH, height, view.background)
    edge = element("path", d=outline, fill="none", stroke="#000000", stroke_opacity=0.12)
    return Drawing(WIDTH, height, (clipped(outline, *ground.elements, *canvas.elements, edge),))


def _panel(view: GoogleView) -> Panel | None:
    barcode = view.barcode()
    if not barcode or (view.kind == "giftCard" and view.class_.get("allowBarcodeRedemption") is not True):
        return None
    value, alternate = (text if isinstance(text := barcode.get(key), str) else "" for key in ("value", "alternateText"))
    if barcode.get("type") == "TEXT_ONLY":
        return text_panel(alternate or value)
    latin = value.encode("latin-1", "ignore").decode("latin-1") == value
    encoding = "iso-8859-1" if latin and barcode.get("renderEncoding") != "UTF_8" else "utf-8"
    return make_panel(str(barcode.get("type")), value, encoding, alternate)
