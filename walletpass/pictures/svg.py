"""SVG, drawn by resvg at the size wanted, after `svg_check` found it harmless."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO

from PIL import Image

from walletpass.pictures.svg_check import check, text_of

_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in)?\s*")
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
_UNITS = {None: 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_MAX_ASPECT = 50

MAX_COST_HERE = 300
"""Up to this cost even the worst drawing takes seconds, so it is made in this process."""
MAX_SECONDS = 20
_DRAW = """
import sys, resvg_py
width, height = map(int, sys.argv[1:])
svg = sys.stdin.buffer.read().decode()
sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True))
"""


def measure(data: bytes) -> tuple[float, float]:
    """Check an SVG and draw it small; its width and height, in its own units. Raises ValueError in words."""
    width, height = _size(check(data).root)
    if not (0 < width < 1e6 and 0 < height < 1e6) or max(width, height) / min(width, height) > _MAX_ASPECT:
        raise ValueError(f"is an SVG of {width:g} x {height:g}: give one at most {_MAX_ASPECT} times as long as wide")
    longer = max(width, height)
    drawn = draw(data, max(1, round(64 * width / longer)), max(1, round(64 * height / longer)))
    if drawn.getchannel("A").getextrema()[1] == 0:
        raise ValueError("shows nothing: give one with something drawn inside its viewBox")
    return width, height


def draw(data: bytes, width: int, height: int) -> Image.Image:
    """Draw a checked SVG, mode RGBA, exactly `width` x `height` pixels. Raises ValueError."""
    svg = text_of(data)
    png = _draw_apart(svg, width, height) if check(data).cost > MAX_COST_HERE else _draw_here(svg, width, height)
    with Image.open(BytesIO(png), formats=("PNG",)) as image:
        drawn = image.convert("RGBA")
    # resvg keeps the proportions and so may round one side differently.
    return drawn if drawn.size == (width, height) else drawn.resize((width, height), Image.Resampling.LANCZOS)


def _draw_here(svg: str, width: int, height: int) -> bytes:
    import resvg_py

    try:  # no system fonts: the same picture on every machine
        return resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
    except ValueError as exc:
        raise ValueError(f"is an SVG that cannot be drawn ({exc}): simplify it, or give a PNG") from exc


def _draw_apart(svg: str, width: int, height: int) -> bytes:
    """Draw in another process, which can be stopped: large shapes upon each other may take minutes."""
    command = [sys.executable, "-I", "-c", _DRAW, str(width), str(height)]
    try:
        done = subprocess.run(command, input=svg.encode(), capture_output=True, timeout=MAX_SECONDS)  # noqa: S603 - own code, numbers
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"is an SVG that takes more than {MAX_SECONDS} s to draw: simplify it, or give a PNG"
        ) from None
    if done.returncode:
        raise ValueError("is an SVG that cannot be drawn: simplify it, or give a PNG")
    return done.stdout


def _size(root: dict[str, str]) -> tuple[float, float]:
    width, height = (_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height"))
    if width and height:
        return float(width[1]) * _UNITS[width[2]], float(height[1]) * _UNITS[height[2]]
    box = _NUMBER.findall(root.get("viewBox", ""))
    if len(box) != 4:
        raise ValueError("is an SVG without size: give it a viewBox, or width and height")
    return float(box[2]), float(box[3])
