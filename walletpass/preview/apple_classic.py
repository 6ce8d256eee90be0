"""Coupon, store card, event ticket and generic pass, as Apple Wallet lays them out."""

from __future__ import annotations

from collections.abc import Callable

from walletpass.preview import shapes
from walletpass.preview.apple_parts import (
    HEADER,
    MARGIN,
    ROOM,
    ROW,
    WIDTH,
    barcode_panel,
    draw_field,
    draw_header,
    draw_row,
    draw_strip,
)
from walletpass.preview.apple_view import AppleView, Field
from walletpass.preview.barcode_panel import draw_panel
from walletpass.preview.canvas import Canvas
from walletpass.preview.colours import BLACK
from walletpass.preview.drawing import Drawing
from walletpass.preview.svg import clipped, element

_HEIGHT = 480.0
_STRIP = 144.0
_TICKET_STRIP = 104.0
_THUMBNAIL = 90.0

Outline = Callable[[float, float], str]


def draw_coupon(view: AppleView, mark: str | None) -> Drawing:
    """Torn edges; the offer over the strip; secondary and auxiliary fields in one row."""
    return _draw_with_strip(view, mark, shapes.torn)


def draw_store_card(view: AppleView, mark: str | None) -> Drawing:
    """As the coupon, on a plain card."""
    return _draw_with_strip(view, mark, shapes.rounded)


def draw_generic(view: AppleView, mark: str | None) -> Drawing:
    """The primary field beside the thumbnail, two rows below."""
    canvas = _card(view)
    draw_header(canvas, view)
    y = _draw_beside_thumbnail(canvas, view)
    rows = [view.fields("secondaryFields", 4), view.fields("auxiliaryFields", 4)]
    return _finish(canvas, view, _draw_rows(canvas, view, rows, y), mark, shapes.rounded)


def draw_event_ticket(view: AppleView, mark: str | None) -> Drawing:
    """A notch on top; either a strip, or a blurred background and a thumbnail; up to two auxiliary rows."""
    canvas = _card(view)
    strip = view.picture("strip", WIDTH, _TICKET_STRIP)
    if not strip and (background := view.picture("background", WIDTH, _HEIGHT, blur=12)):
        canvas.picture(background, -20, -20, WIDTH + 40, _HEIGHT + 120)
        canvas.box(0, 0, WIDTH, _HEIGHT + 120, BLACK, opacity=0.12)
    draw_header(canvas, view)
    if strip:
        draw_strip(canvas, view, _TICKET_STRIP)
        y = HEADER + _TICKET_STRIP + 14
    else:
        y = _draw_beside_thumbnail(canvas, view)
    auxiliary = view.fields("auxiliaryFields", 8)
    rows = [
        view.fields("secondaryFields", 4),
        [field for field in auxiliary if field.row == 0][:4],
        [field for field in auxiliary if field.row == 1][:4],
    ]
    return _finish(canvas, view, _draw_rows(canvas, view, rows, y), mark, shapes.ticket)


def _draw_with_strip(view: AppleView, mark: str | None, outline: Outline) -> Drawing:
    canvas = _card(view)
    draw_header(canvas, view)
    draw_strip(canvas, view, _STRIP)
    fields = (view.fields("secondaryFields", 4) + view.fields("auxiliaryFields", 4))[:4]
    y = _draw_rows(canvas, view, [fields], HEADER + _STRIP + 14)
    return _finish(canvas, view, y, mark, outline)


def _draw_beside_thumbnail(canvas: Canvas, view: AppleView) -> float:
    """The primary field, and the thumbnail at the end. Returns where the rows begin."""
    room = ROOM
    if thumbnail := view.picture("thumbnail", _THUMBNAIL, _THUMBNAIL):
        across = min(_THUMBNAIL, max(60.0, _THUMBNAIL * thumbnail.width / thumbnail.height))
        canvas.picture(thumbnail, WIDTH - MARGIN - across, HEADER + 6, across, _THUMBNAIL, cover=False, align="end")
        room -= across + 14
    for field in view.fields("primaryFields", 1):
        draw_field(canvas, field, MARGIN, HEADER + 16, room, view, align="start", size=28)
    return HEADER + (_THUMBNAIL + 20 if thumbnail else 76)


def _draw_rows(canvas: Canvas, view: AppleView, rows: list[list[Field]], y: float) -> float:
    """Rows of fields from `y` down. Returns where the last one ends."""
    for row in filter(None, rows):
        draw_row(canvas, row, y, view)
        y += ROW
    return y


def _card(view: AppleView) -> Canvas:
    return Canvas(WIDTH, rtl=view.rtl)


def _finish(canvas: Canvas, view: AppleView, y: float, mark: str | None, outline: Outline) -> Drawing:
    """The barcode at the bottom, the card cut to its outline."""
    panel = barcode_panel(view)
    height = max(_HEIGHT, y + 10 + (panel.height if panel else 0) + 22)
    if panel:
        draw_panel(canvas, panel, height - panel.height - 22, mark=mark)
    return cut_out(canvas, view, height, outline(WIDTH, height))


def cut_out(canvas: Canvas, view: AppleView, height: float, outline: str) -> Drawing:
    """The finished card: everything drawn, on its background, inside its outline."""
    ground = Canvas(WIDTH)
    ground.box(0, 0, WIDTH, height, view.background)
    edge = element("path", d=outline, fill="none", stroke="#000000", stroke_opacity=0.12)
    return Drawing(WIDTH, height, (clipped(outline, *ground.elements, *canvas.elements, edge),))
