"""What a picture looks like, as far as the rules for wallets care."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageChops

from walletpass.pictures.cache import Cache
from walletpass.pictures.placement import WHOLE, Region
from walletpass.pictures.raster import is_opaque
from walletpass.pictures.source import Picture
from walletpass.values import Color

_SAMPLE = 1000  # pixels of the longer side that are looked at
_FAINT_ALPHA = 8  # of 255: less is no ink
_SAME = 12  # difference of two channels that the eye takes for the same colour


@dataclass(frozen=True, slots=True)
class Look:
    """
    Attributes:
        opaque: No pixel lets anything through.
        drawn: The part inside a border that is clear or of one colour.
        edge: Colour of all four corners, None when they differ or are clear.
        ink: Mean colour of what is drawn.
    """

    opaque: bool
    drawn: Region
    edge: Color | None
    ink: Color


_looks: Cache[str, Look] = Cache(max_weight=10_000)


def look_of(picture: Picture) -> Look:
    """Look at a picture; remembered by its content."""
    look = _looks.get(picture.sha256)
    if look is None:
        look = _look(picture)
        _looks.put(picture.sha256, look, weight=1)
    return look


def _look(picture: Picture) -> Look:
    shrink = _SAMPLE / max(picture.width, picture.height)
    size = (max(1, round(picture.width * shrink)), max(1, round(picture.height * shrink)))
    image = picture.pixels(*size)
    opaque = is_opaque(image)
    small = image.convert("RGBA").resize(size, Image.Resampling.BOX)
    edge = _edge(small) if opaque else None
    ink = _difference(small, edge) if edge else small.getchannel("A").point(lambda alpha: 255 * (alpha > _FAINT_ALPHA))
    return Look(opaque, _share(ink), edge, _mean(small, ink))


def _edge(image: Image.Image) -> Color | None:
    right, bottom = image.width - 1, image.height - 1
    corners = [image.getpixel(at) for at in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    channels = [[int(value) for value in corner[:3]] for corner in corners if isinstance(corner, tuple)]
    if any(max(channel) - min(channel) > _SAME for channel in zip(*channels, strict=True)):
        return None
    return Color(*channels[0])


def _difference(image: Image.Image, edge: Color) -> Image.Image:
    plain = Image.new("RGB", image.size, edge.rgb)
    bands = ImageChops.difference(image.convert("RGB"), plain).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return most.point(lambda value: 255 * (value > _SAME))


def _share(ink: Image.Image) -> Region:
    box = ink.getbbox()
    if box is None:
        return WHOLE
    # A pixel of the sample on each side, so that soft edges stay.
    left, top, right, bottom = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
    width, height = ink.size
    return (max(0.0, left / width), max(0.0, top / height), min(1.0, right / width), min(1.0, bottom / height))


def _mean(image: Image.Image, ink: Image.Image) -> Color:
    from PIL import ImageStat

    mean = ImageStat.Stat(image.convert("RGB"), mask=ink if ink.getbbox() else None).mean
    return Color(round(mean[0]), round(mean[1]), round(mean[2]))
