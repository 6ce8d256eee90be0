"""SVG, drawn by resvg at the size wanted, after `svg_check` found it harmless."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image

from walletpass.pictures.svg_check import check, text_of

_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in)?\s*")
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
_UNITS = {None: 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_MAX_ASPECT = 50


def measure(data: bytes) -> tuple[float, float]:
    """Check an SVG and draw it small; its width and height, in its own units. Raises ValueError in words."""
    width, height = _size(check(data))
    if not (0 < width < 1e6 and 0 < height < 1e6) or max(width, height) / min(width, height) > _MAX_ASPECT:
        raise ValueError(f"is an SVG of {width:g} x {height:g}: give one at most {_MAX_ASPECT} times as long as wide")
    longer = max(width, height)
    drawn = draw(data, max(1, round(64 * width / longer)), max(1, round(64 * height / longer)))
    if drawn.getchannel("A").getextrema()[1] == 0:
        raise ValueError("shows nothing: give one with something drawn inside its viewBox")
    return width, height


def draw(data: bytes, width: int, height: int) -> Image.Image:
    """Draw a checked SVG, mode RGBA, exactly `width` x `height` pixels. Raises ValueError."""
    import resvg_py

    # No system fonts: the same picture on every machine.
    png = resvg_py.svg_to_bytes(svg_string=text_of(data), width=width, height=height, skip_system_fonts=True)
    with Image.open(BytesIO(png), formats=("PNG",)) as image:
        drawn = image.convert("RGBA")
    # resvg keeps the proportions and so may round one side differently.
    return drawn if drawn.size == (width, height) else drawn.resize((width, height), Image.Resampling.LANCZOS)


def _size(root: dict[str, str]) -> tuple[float, float]:
    width, height = (_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height"))
    if width and height:
        return float(width[1]) * _UNITS[width[2]], float(height[1]) * _UNITS[height[2]]
    box = _NUMBER.findall(root.get("viewBox", ""))
    if len(box) != 4:
        raise ValueError("is an SVG without size: give it a viewBox, or width and height")
    return float(box[2]), float(box[3])
