"""Boarding pass, the classic one, as Apple Wallet lays it out."""

from __future__ import annotations

from walletpass.preview import shapes
from walletpass.preview.apple_classic import cut_out
from walletpass.preview.apple_parts import HEADER, MARGIN, ROOM, ROW, WIDTH, barcode_panel, draw_header, draw_row
from walletpass.preview.apple_view import AppleView
from walletpass.preview.barcode_panel import draw_panel
from walletpass.preview.canvas import Align, Canvas
from walletpass.preview.drawing import Drawing
from walletpass.preview.glyphs import transit_glyph
from walletpass.preview.svg import Element
from walletpass.preview.text import shrink

_HEIGHT = 480.0
_FOLD = HEADER + 94
_GLYPH = 34.0


def draw_boarding_pass(view: AppleView, mark: str | None) -> Drawing:
    """From and to around the sign of the means of travel; a fold; the auxiliary row above the secondary one."""
    canvas = Canvas(WIDTH, rtl=view.rtl)
    draw_header(canvas, view)
    _draw_journey(canvas, view)
    canvas.add(*_perforation(view))
    y = _FOLD + 16
    for row in (view.fields("auxiliaryFields", 5), view.fields("secondaryFields", 4)):
        draw_row(canvas, row, y, view)
        y += ROW if row else 0
    panel = barcode_panel(view)
    footer = view.picture("footer", 286, 15)
    height = max(_HEIGHT, y + 30 + (panel.height if panel else 0) + 22)
    if panel:
        draw_panel(canvas, panel, height - panel.height - 22, mark=mark)
    if footer:
        bottom = height - 22 - (panel.height + 8 if panel else 0)
        canvas.picture(footer, (WIDTH - 286) / 2, bottom - 15, 286, 15, cover=False)
    return cut_out(canvas, view, height, shapes.stub(WIDTH, height, _FOLD))


def _draw_journey(canvas: Canvas, view: AppleView) -> None:
    places = view.fields("primaryFields", 2)
    room = (ROOM - _GLYPH - 24) / 2
    ends: tuple[tuple[float, Align], ...] = ((MARGIN, "start"), (WIDTH - MARGIN, "end"))
    size = min((shrink(place.value, room, 46, 15) for place in places), default=46)
    for place, (x, align) in zip(places, ends, strict=False):
        canvas.text(place.label.upper(), x, HEADER + 24, 11, view.label, room=room, bold=True, align=align, smallest=9)
        canvas.text(place.value, x, HEADER + 70, size, view.foreground, room=room, align=align)
    if len(places) > 1:
        kind = view.body.get("transitType")
        sign = transit_glyph(kind, (WIDTH - _GLYPH) / 2, HEADER + 36, _GLYPH, view.label, mirrored=view.rtl)
        canvas.add(sign)


def _perforation(view: AppleView) -> list[Element]:
    dots = Canvas(WIDTH)
    x = 16.0
    while x < WIDTH - 16:
        dots.box(x, _FOLD - 0.5, 4, 1, view.foreground, opacity=0.3)
        x += 8
    return dots.elements
