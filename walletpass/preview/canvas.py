"""A surface to draw on, in points, from the side where reading starts: a right-to-left pass comes out mirrored."""

from __future__ import annotations

from typing import Literal

from walletpass.preview.colours import Colour
from walletpass.preview.pictures import Picture
from walletpass.preview.svg import Element, element
from walletpass.preview.text import fit, right_to_left, shrink, wrap

Align = Literal["start", "middle", "end"]
_FLIPPED: dict[Align, Align] = {"start": "end", "middle": "middle", "end": "start"}
_PLACED = {"start": "xMin", "middle": "xMid", "end": "xMax"}
_ISOLATE = "\u2067{}\u2069"  # lays the line out from right to left, in browsers and in resvg alike


class Canvas:
    """Elements in drawing order. `x` is counted from the left, or with `rtl` from the right."""

    def __init__(self, width: float, *, rtl: bool = False) -> None:
        self.width = width
        self.rtl = rtl
        self.elements: list[Element] = []

    def add(self, *elements: Element) -> None:
        """Put ready elements on top; these are not mirrored."""
        self.elements += elements

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour, *, radius: float = 0, opacity: float = 1
    ) -> None:
        """A filled rectangle."""
        left = self._left(x, width)
        self.add(
            element(
                "rect",
                x=left,
                y=y,
                width=width,
                height=height,
                rx=radius or None,
                fill=str(fill),
                fill_opacity=opacity if opacity < 1 else None,
            )
        )

    def rule(self, x: float, y: float, width: float, fill: Colour, *, opacity: float = 0.2) -> None:
        """A hairline."""
        self.box(x, y, width, 1, fill, opacity=opacity)

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        fill: Colour,
        *,
        room: float,
        bold: bool = False,
        align: Align = "start",
        smallest: float | None = None,
        opacity: float = 1,
    ) -> None:
        """One line with its baseline at `y`: shrunk down to `smallest`, then cut with an ellipsis, to fit the room."""
        if not text or room <= 0:
            return
        size = shrink(text, room, size, smallest or size, bold=bold)
        line = fit(text, room, size, bold=bold)
        self.add(
            element(
                "text",
                _ISOLATE.format(line) if right_to_left(line) else line,
                x=self.width - x if self.rtl else x,
                y=y,
                font_size=size,
                font_weight="700" if bold else None,
                fill=str(fill),
                fill_opacity=opacity if opacity < 1 else None,
                text_anchor=self._anchor(align),
            )
        )

    def paragraph(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        fill: Colour,
        *,
        room: float,
        bold: bool = False,
        align: Align = "start",
        lines: int = 100,
        leading: float = 1.35,
        opacity: float = 1,
    ) -> float:
        """Wrapped lines, the first with its baseline at `y`. Returns the baseline that a next line would have."""
        for line in wrap(text, room, size, bold=bold, lines=lines):
            self.text(line, x, y, size, fill, room=room + 1, bold=bold, align=align, opacity=opacity)
            y += size * leading
        return y

    def picture(
        self,
        picture: Picture,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        cover: bool = True,
        align: Align = "middle",
    ) -> None:
        """A picture in a box: covering it (cut at the edges), or whole inside it."""
        self.add(
            element(
                "image",
                href=picture.uri,
                x=self._left(x, width),
                y=y,
                width=width,
                height=height,
                preserveAspectRatio=f"{_PLACED[self._side(align)]}YMid {'slice' if cover else 'meet'}",
            )
        )

    def _left(self, x: float, width: float) -> float:
        return self.width - x - width if self.rtl else x

    def _side(self, align: Align) -> Align:
        return _FLIPPED[align] if self.rtl else align

    def _anchor(self, align: Align) -> str | None:
        side = self._side(align)
        return None if side == "start" else side
