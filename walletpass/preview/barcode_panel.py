"""The white panel that carries a barcode, on both wallets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from walletpass.errors import BarcodeError
from walletpass.preview.barcodes import Symbol, encode
from walletpass.preview.canvas import Canvas
from walletpass.preview.colours import BLACK, WHITE
from walletpass.preview.svg import element, number
from walletpass.preview.text import clean, width

_SQUARE = 152.0  # side of the panel around a square code, without the caption
_FLAT_WIDTH = 316.0
_FLAT_HEIGHT = 92.0
_WIDEST = 360.0
_PADDING = 8.0  # above and below a flat code
_CAPTION = 16.0
_STEP = 0.5  # modules are whole multiples of it, so that they fall on whole pixels


@dataclass(frozen=True, slots=True)
class Panel:
    """
    A panel not yet placed.

    Attributes:
        width: Of the panel, quiet zones included.
        height: Of the panel, caption included.
        caption: Text under the code.
        symbol: The code, unless it cannot be made.
        module: Width of a module.
        row: Height of a row of modules.
        trouble: Why there is no symbol.
    """

    width: float
    height: float
    caption: str = ""
    symbol: Symbol | None = None
    module: float = 0
    row: float = 0
    trouble: str = ""


def make_panel(format: str, message: str, encoding: str, caption: str) -> Panel:  # noqa: A002 - the wallets' word
    """The panel for a barcode; one that says why, if the barcode cannot be made."""
    try:
        symbol = encode(format, message, encoding)
    except BarcodeError as problem:
        return Panel(_FLAT_WIDTH, _FLAT_HEIGHT, trouble=clean(problem))
    caption = clean(caption, 80)
    below = _CAPTION if caption else 0.0
    across = symbol.columns + 2 * symbol.quiet
    if symbol.square:
        module = max(_STEP, _SQUARE / across // _STEP * _STEP)
        side = max(_SQUARE, module * across)
        return Panel(side, side + below, caption, symbol, module, module)
    module = max(_STEP, _FLAT_WIDTH / across // _STEP * _STEP)
    if module * across > _WIDEST:
        says = f"barcode: {symbol.symbology} of {len(message)} characters is too wide for a phone; shorten the message"
        return Panel(_FLAT_WIDTH, _FLAT_HEIGHT, trouble=says)
    room = _FLAT_HEIGHT - 2 * _PADDING
    lines = len(symbol.rows)
    row = room
    if symbol.aspect:  # stacked: rows as high as there is room, within what scanners like
        row = max(2 * module, min(5 * module, room / lines // _STEP * _STEP))
    height = max(room, row * lines) + 2 * _PADDING
    return Panel(max(_FLAT_WIDTH, module * across), height + below, caption, symbol, module, row)


def text_panel(text: str) -> Panel:
    """The panel of a code that is only text."""
    return Panel(_FLAT_WIDTH, 56, clean(text, 80))


def draw_panel(canvas: Canvas, panel: Panel, y: float, *, mark: str | None = None, radius: float = 8) -> None:
    """The panel in the middle of the canvas, its top at `y`. A mark ("void") fades the code and stands across it."""
    left = (canvas.width - panel.width) / 2
    middle = canvas.width / 2
    room = panel.width - 16
    canvas.box(left, y, panel.width, panel.height, WHITE, radius=radius)
    if panel.symbol is None and not panel.trouble:
        canvas.text(panel.caption, middle, y + 36, 22, BLACK, room=room, bold=True, align="middle", smallest=11)
        return
    if panel.symbol is None:
        canvas.text("No preview of this barcode", middle, y + 30, 13, BLACK, room=room, bold=True, align="middle")
        canvas.paragraph(panel.trouble, middle, y + 50, 10, BLACK, room=room, align="middle", lines=3, opacity=0.7)
        return
    height = panel.height - (_CAPTION if panel.caption else 0)
    path = _modules(panel.symbol, panel, middle, y + height / 2)
    faded = 0.16 if mark else None
    canvas.add(element("path", d=path, fill="#000000", fill_opacity=faded, shape_rendering="crispEdges"))
    baseline = y + panel.height - 10
    canvas.text(panel.caption, middle, baseline, 12, BLACK, room=room, align="middle", smallest=8)
    if mark:
        centre = y + height / 2
        across = min(room, width(mark, 20, bold=True) + 28)
        canvas.box(middle - across / 2, centre - 18, across, 36, BLACK, radius=18, opacity=0.8)
        canvas.text(mark, middle, centre + 7, 20, WHITE, room=room - 28, bold=True, align="middle", smallest=11)


def _modules(symbol: Symbol, panel: Panel, x: float, y: float) -> str:
    """Path data of the dark modules around a centre; a run of them is one rectangle."""
    left = _snap(x - panel.module * symbol.columns / 2)
    top = _snap(y - panel.row * len(symbol.rows) / 2)
    parts: list[str] = []
    for line, row in enumerate(symbol.rows):
        column = 0
        for dark, run in groupby(row):
            length = sum(1 for _ in run)
            if dark:
                start, across = number(left + column * panel.module), number(length * panel.module)
                parts.append(f"M{start} {number(top + line * panel.row)}h{across}v{number(panel.row)}h-{across}z")
            column += length
    return "".join(parts)


def _snap(value: float) -> float:
    return round(value / _STEP) * _STEP
