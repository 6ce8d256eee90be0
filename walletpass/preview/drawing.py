"""A finished picture, as SVG and as PNG, and several on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from walletpass.preview.canvas import Canvas
from walletpass.preview.colours import BLACK, Colour
from walletpass.preview.svg import NAMESPACE, Element, element
from walletpass.preview.text import FONT_FAMILY, FONTS

_MAX_PIXELS = 60_000_000
_PAPER = Colour(236, 238, 242)


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    One picture.

    Attributes:
        width: In points.
        height: In points.
        elements: What is drawn, first at the bottom.
    """

    width: float
    height: float
    elements: tuple[Element, ...]

    @property
    def svg(self) -> str:
        """SVG text, the same for the same input. It names its fonts: a browser without them takes its sans-serif."""
        return str(
            element(
                "svg",
                *self.elements,
                xmlns=NAMESPACE,
                width=self.width,
                height=self.height,
                viewBox=f"0 0 {self.width:g} {self.height:g}",
                font_family=f"'{FONT_FAMILY}', 'Noto Sans Arabic', 'Noto Sans Hebrew', sans-serif",
            )
        )

    def png(self, scale: float = 2) -> bytes:
        """PNG with `scale` pixels a point, drawn with the shipped fonts only: the same on every machine."""
        import resvg_py

        largest = (_MAX_PIXELS / (self.width * self.height)) ** 0.5
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=self.svg,
                zoom=min(scale, largest),
                skip_system_fonts=True,
                font_files=[str(path) for path in FONTS.values()],
                font_family=FONT_FAMILY,
                sans_serif_family=FONT_FAMILY,
            )
        )


def sheet(drawings: Sequence[Drawing], captions: Sequence[str], *, columns: int = 4) -> Drawing:
    """Drawings side by side on grey paper, each above its caption."""
    margin, caption_height = 28.0, 40.0
    canvas = Canvas(0)
    y = right = margin
    for start in range(0, len(drawings), columns):
        row = drawings[start : start + columns]
        tallest = max(drawing.height for drawing in row)
        x = margin
        for drawing, caption in zip(row, captions[start : start + columns], strict=True):
            canvas.add(element("g", *drawing.elements, transform=f"translate({x:g} {y:g})"))
            middle = x + drawing.width / 2
            below = y + tallest + caption_height - 14
            canvas.text(caption, middle, below, 14, BLACK, room=drawing.width, align="middle", opacity=0.65)
            x += drawing.width + margin
        right = max(right, x)
        y += tallest + caption_height + margin / 2
    paper = element("rect", width=right, height=y, fill=str(_PAPER))
    return Drawing(right, y, (paper, *canvas.elements))
