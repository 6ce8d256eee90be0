"""The page behind a card: groups of labelled texts on grey, bounded in length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from walletpass.preview import shapes
from walletpass.preview.canvas import Canvas
from walletpass.preview.colours import BLACK, WHITE, Colour
from walletpass.preview.drawing import Drawing
from walletpass.preview.pictures import Picture
from walletpass.preview.svg import clipped, element
from walletpass.preview.text import wrap

MOST_LINES = 250
_PAGE = Colour(242, 242, 247)
_LINK = Colour(0, 98, 204)
_MARGIN = 16.0
_PADDING = 14.0


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry: a label over a text, either of which may be missing, or a picture."""

    label: str
    text: str
    link: bool = False
    picture: Picture | None = None


def draw_details(
    width: float, title: str, subtitle: str, groups: Sequence[Sequence[Detail]], *, rtl: bool, least: float = 480
) -> Drawing:
    """A page as high as its text needs, at most `MOST_LINES` lines of it."""
    canvas = Canvas(width, rtl=rtl)
    room = width - 2 * _MARGIN
    y = canvas.paragraph(title, width / 2, 40, 18, BLACK, room=room, bold=True, align="middle", lines=2)
    y = canvas.paragraph(subtitle, width / 2, y, 13, BLACK, room=room, align="middle", lines=3, opacity=0.6)
    lines = MOST_LINES
    for group in filter(None, groups):
        entries = Canvas(width, rtl=rtl)
        top = y
        for place, entry in enumerate(group):
            if lines <= 0:
                break
            if place:
                entries.rule(_MARGIN + _PADDING, y, room - _PADDING, BLACK, opacity=0.12)
            y, lines = _draw_entry(entries, entry, y, room, lines)
        if y > top:
            canvas.box(_MARGIN, top, room, y - top, WHITE, radius=10)
            canvas.add(*entries.elements)
            y += 18
    height = max(least, y + 10)
    ground = Canvas(width)
    ground.box(0, 0, width, height, _PAGE)
    outline = shapes.rounded(width, height)
    edge = element("path", d=outline, fill="none", stroke="#000000", stroke_opacity=0.12)
    page = clipped(outline, *ground.elements, *canvas.elements, edge)
    return Drawing(width, height, (page,))


def _draw_entry(canvas: Canvas, entry: Detail, y: float, room: float, lines: int) -> tuple[float, int]:
    """Draws from `y` down; returns where it ends, and how many lines are left."""
    x, inner = _MARGIN + _PADDING, room - 2 * _PADDING
    if entry.picture:
        height = min(240.0, inner * entry.picture.height / entry.picture.width)
        canvas.picture(entry.picture, x, y + _PADDING, inner, height, cover=False)
        return y + height + 2 * _PADDING, lines - 8
    y += 11
    if entry.label:
        label = wrap(entry.label, inner, 14, bold=True, lines=2)
        for line in label:
            y += 14
            canvas.text(line, x, y, 14, BLACK, room=inner + 1, bold=True)
            y += 4
        lines -= len(label)
    if entry.text:
        colour, opacity = (_LINK, 1.0) if entry.link else (BLACK, 0.65)
        text = wrap(entry.text, inner, 14, lines=max(1, min(lines, 120)))
        canvas.paragraph("\n".join(text), x, y + 15, 14, colour, room=inner + 1, opacity=opacity)
        y += 15 + 14 * 1.35 * (len(text) - 1) + 3
        lines -= len(text)
    return y + 11, lines
