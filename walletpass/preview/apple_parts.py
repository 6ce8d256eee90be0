"""Parts that the styles of Apple passes share: header, rows of fields, strip, barcode."""

from __future__ import annotations

from collections.abc import Sequence

from walletpass.preview.apple_view import AppleView, Field
from walletpass.preview.barcode_panel import Panel, make_panel
from walletpass.preview.canvas import Align, Canvas
from walletpass.preview.colours import Colour, parse_colour
from walletpass.preview.columns import share
from walletpass.preview.text import width

WIDTH = 375.0
MARGIN = 16.0
ROOM = WIDTH - 2 * MARGIN
HEADER = 62.0  # where the header ends
ROW = 48.0  # one row of fields, with the space below it

_GAP = 14.0
_LABEL = 10.5
_VALUE = 18.0
_SMALLEST = 11.0


def draw_header(canvas: Canvas, view: AppleView) -> None:
    """Logo and its text at the start, header fields at the end."""
    fields = view.fields("headerFields", 3)
    gaps = _GAP * max(0, len(fields) - 1)
    columns = share(_wanted(fields), ROOM * 0.6 - gaps)
    used = sum(columns) + gaps
    x = WIDTH - MARGIN - used
    for field, column in zip(fields, columns, strict=True):
        draw_field(canvas, field, x + column, 12, column, view, align="end")
        x += column + _GAP
    end = WIDTH - MARGIN - used - (_GAP if fields else 0)
    start = MARGIN
    if logo := view.picture("logo", 160, 50):
        shown = min(160.0, 38.0 * logo.width / logo.height, end - start)
        canvas.picture(logo, start, 12, shown, 38, cover=False, align="start")
        start += shown + 10
    canvas.text(view.top("logoText"), start, 37, 18, view.foreground, room=end - start, bold=True, smallest=13)


def draw_field(
    canvas: Canvas,
    field: Field,
    x: float,
    y: float,
    room: float,
    view: AppleView,
    *,
    align: Align | None = None,
    size: float = _VALUE,
) -> None:
    """A label above its value. `x` is the edge that the alignment stands at, or the middle."""
    side = align or field.align
    for text, baseline, points, colour, bold in (
        (field.label.upper(), y + _LABEL, _LABEL, view.label, True),
        (field.value, y + _LABEL + 4 + size, size, view.foreground, False),
    ):
        canvas.text(
            text, x, baseline, points, colour, room=room, bold=bold, align=side, smallest=min(points, _SMALLEST)
        )


def draw_row(
    canvas: Canvas, fields: Sequence[Field], y: float, view: AppleView, *, x: float = MARGIN, room: float = ROOM
) -> None:
    """Fields side by side, each as wide as it needs, the free space between them; too wide ones shrink."""
    if not fields:
        return
    columns = share(_wanted(fields), room - _GAP * (len(fields) - 1))
    gap = (room - sum(columns)) / (len(fields) - 1) if len(fields) > 1 else 0.0
    if len(fields) == 1:
        columns = [room]
    for field, column in zip(fields, columns, strict=True):
        edge = {"start": 0.0, "middle": column / 2, "end": column}[field.align]
        draw_field(canvas, field, x + edge, y, column, view)
        x += column + gap


def draw_strip(canvas: Canvas, view: AppleView, height: float) -> None:
    """The strip picture under the header, and the primary field over it."""
    if strip := view.picture("strip", WIDTH, height):
        canvas.picture(strip, 0, HEADER, WIDTH, height)
    for field in view.fields("primaryFields", 1):
        colour = strip_colour(view)
        canvas.text(field.value, MARGIN, HEADER + height * 0.56, 46, colour, room=ROOM, smallest=22)
        canvas.text(field.label, MARGIN, HEADER + height * 0.56 + 29, 15, colour, room=ROOM, smallest=11)


def strip_colour(view: AppleView) -> Colour:
    """The colour of text over the strip."""
    return parse_colour(view.json.get("stripColor")) or view.foreground


def barcode_panel(view: AppleView) -> Panel | None:
    """The panel of the barcode that Wallet shows: the first of the chain."""
    for barcode in view.barcodes():
        message = barcode.get("message")
        return make_panel(
            str(barcode.get("format")),
            message if isinstance(message, str) else "",
            str(barcode.get("messageEncoding", "iso-8859-1")),
            view.text(barcode.get("altText")),
        )
    return None


def _wanted(fields: Sequence[Field]) -> list[float]:
    """Width that each field needs at full size."""
    return [max(width(field.label.upper(), _LABEL, bold=True), width(field.value, _VALUE), 20) + 2 for field in fields]
