"""A few strokes of SVG: what draw.py needs and no more."""

from __future__ import annotations

from functools import cache
from math import cos, pi, sin
from pathlib import Path
from typing import Any

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

import walletpass

FONTS = Path(walletpass.__file__).parent / "preview/fonts"


def sheet(width: int, height: int, *content: str) -> str:
    """A whole document."""
    body = "\n".join(part for part in content if part)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n{body}\n</svg>\n'


def shape(name: str, **attributes: object) -> str:
    """One element; `stroke_width` is written `stroke-width`."""
    written = " ".join(f'{key.rstrip("_").replace("_", "-")}="{_number(value)}"' for key, value in attributes.items())
    return f"<{name} {written}/>"


def rect(x: float, y: float, width: float, height: float, fill: str, **more: object) -> str:
    return shape("rect", x=x, y=y, width=width, height=height, fill=fill, **more)


def circle(x: float, y: float, radius: float, fill: str, **more: object) -> str:
    return shape("circle", cx=x, cy=y, r=radius, fill=fill, **more)


def path(d: str, fill: str = "none", **more: object) -> str:
    return shape("path", d=d, fill=fill, **more)


def line(d: str, stroke: str, width: float, **more: object) -> str:
    ends = {"stroke_linecap": "round", "stroke_linejoin": "round"}
    return shape("path", d=d, fill="none", stroke=stroke, stroke_width=width, **ends, **more)


def group(*content: str, **attributes: object) -> str:
    written = " ".join(f'{key.replace("_", "-")}="{_number(value)}"' for key, value in attributes.items())
    return f"<g {written}>" + "".join(content) + "</g>"


def gradient(name: str, *stops: str, across: bool = False) -> str:
    """A linear gradient, top to bottom, of evenly spaced colours."""
    step = 1 / (len(stops) - 1)
    parts = "".join(f'<stop offset="{_number(n * step)}" stop-color="{stop}"/>' for n, stop in enumerate(stops))
    ends = 'x2="1" y2="0"' if across else 'x2="0" y2="1"'
    return f'<linearGradient id="{name}" x1="0" y1="0" {ends}>{parts}</linearGradient>'


def petals(x: float, y: float, count: int, inner: float, outer: float, fill: str, **more: object) -> str:
    """A star of `count` points."""
    points = []
    for n in range(2 * count):
        radius = outer if n % 2 == 0 else inner
        angle = pi * n / count - pi / 2
        points.append(f"{_number(x + radius * cos(angle))},{_number(y + radius * sin(angle))}")
    return shape("polygon", points=" ".join(points), fill=fill, **more)


def words(text: str, x: float, y: float, size: float, fill: str, *, spacing: float = 0, middle: bool = False) -> str:
    """Text as outlines, its baseline at `y`: a picture for a pass must not need a font."""
    font = _font()
    glyphs, names, scale = font.getGlyphSet(), font.getBestCmap(), size / font["head"].unitsPerEm
    letters = [glyphs[names[ord(letter)]] for letter in text]
    if middle:
        x -= (sum(letter.width * scale + spacing for letter in letters) - spacing) / 2
    pen = SVGPathPen(glyphs, ntos=_number)
    for letter in letters:
        letter.draw(TransformPen(pen, (scale, 0, 0, -scale, x, y)))
        x += letter.width * scale + spacing
    return path(pen.getCommands(), fill)


@cache
def _font() -> Any:
    return TTFont(FONTS / "NotoSans-Bold.ttf")


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
