"""Where a picture goes in its box: pure geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fit = Literal["contain", "cover"]
Region = tuple[float, float, float, float]
"""Left, top, right, bottom, each from 0 to 1 of the picture."""

WHOLE: Region = (0.0, 0.0, 1.0, 1.0)
CENTER = (0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    What a wallet wants, in pixels.

    Attributes:
        width, height: The box.
        fit: `contain` shows all of the picture, `cover` fills the box and crops.
        pad: With `contain`: the file is as large as the box, the picture in its middle; else as large as the picture.
        trim: Leave a clear border of the source away first.
        margin: With `pad`: share of each side kept empty.
        min_width: With `contain`: the file is padded to at least this.
        aspect: With `cover`: lowest and highest width divided by height; the box is the largest one possible.
    """

    width: int
    height: int
    fit: Fit
    pad: bool = False
    trim: bool = False
    margin: float = 0.0
    min_width: int = 1
    aspect: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """
    How the file is drawn: `region` of the source, scaled to `size`, put at `at` on an empty `canvas`.

    Attributes:
        enlarged: Pixels made from one pixel of the source, along one side; more than 1 blurs.
        cropped: Share of the source's area that is cut off.
    """

    region: Region
    size: tuple[int, int]
    at: tuple[int, int]
    canvas: tuple[int, int]
    enlarged: float
    cropped: float


def place(
    width: float, height: float, target: Target, *, focus: tuple[float, float] = CENTER, drawn: Region = WHOLE
) -> Placement:
    """
    Fit a picture into its target.

    Args:
        width, height: Size of the source.
        focus: The point to keep in the middle when cropping, as far as the edges allow; (0, 0) is top left.
        drawn: The part of the source inside its clear border; counts when `target.trim`.
    """
    if target.fit == "cover":
        return _cover(width, height, target, focus)
    left, top, right, bottom = region = drawn if target.trim else WHOLE
    part_width, part_height = (right - left) * width, (bottom - top) * height
    room = 1 - 2 * target.margin
    scale = min(target.width * room / part_width, target.height * room / part_height)
    size = (max(1, round(part_width * scale)), max(1, round(part_height * scale)))
    canvas = (target.width, target.height) if target.pad else (max(size[0], target.min_width), size[1])
    at = ((canvas[0] - size[0]) // 2, (canvas[1] - size[1]) // 2)
    return Placement(region, size, at, canvas, enlarged=scale, cropped=0.0)


def _cover(width: float, height: float, target: Target, focus: tuple[float, float]) -> Placement:
    box = _largest_box(width / height, target)
    wanted = box[0] / box[1]
    share_x = min(1.0, wanted * height / width)  # of the source's width that stays
    share_y = min(1.0, width / height / wanted)
    left = min(max(focus[0] - share_x / 2, 0.0), 1 - share_x)
    top = min(max(focus[1] - share_y / 2, 0.0), 1 - share_y)
    region = (left, top, left + share_x, top + share_y)
    return Placement(region, box, (0, 0), box, box[0] / (share_x * width), cropped=1 - share_x * share_y)


def _largest_box(aspect: float, target: Target) -> tuple[int, int]:
    if target.aspect is None:
        return (target.width, target.height)
    aspect = min(max(aspect, target.aspect[0]), target.aspect[1])
    width = min(target.width, target.height * aspect)
    return (round(width), round(width / aspect))
