"""A picture, drawn as placed, as the bytes of a PNG."""

from __future__ import annotations

from PIL import Image

from walletpass.pictures.placement import Placement
from walletpass.pictures.raster import encode_png
from walletpass.pictures.source import Picture
from walletpass.values import Color


def draw(picture: Picture, placements: tuple[Placement, ...], around: Color | None) -> tuple[bytes, ...]:
    """
    Draw one PNG for each placement; the source is decoded once.

    Args:
        around: Colour of what the picture leaves empty; clear when None.
    """
    decoded = None if picture.scalable else picture.pixels(0, 0)
    return tuple(encode_png(_draw(decoded or _drawn_for(picture, at), at, around)) for at in placements)


def _drawn_for(picture: Picture, placement: Placement) -> Image.Image:
    left, top, right, bottom = placement.region
    return picture.pixels(round(placement.size[0] / (right - left)), round(placement.size[1] / (bottom - top)))


def _draw(image: Image.Image, placement: Placement, around: Color | None) -> Image.Image:
    image = _region(image, placement)
    if around is None and placement.size == placement.canvas:
        return image
    canvas = Image.new("RGBA", placement.canvas, (*around.rgb, 255) if around else (0, 0, 0, 0))
    canvas.alpha_composite(image.convert("RGBA"), placement.at)
    return canvas


def _region(image: Image.Image, placement: Placement) -> Image.Image:
    left, top, right, bottom = placement.region
    width, height = placement.size
    box = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    if abs(box[2] - box[0] - width) < 1 and abs(box[3] - box[1] - height) < 1:  # whole pixels stay as sharp as drawn
        x, y = (min(round(box[0]), image.width - width), min(round(box[1]), image.height - height))
        if x >= 0 and y >= 0:
            return image.crop((x, y, x + width, y + height))
    return image.resize(placement.size, Image.Resampling.LANCZOS, box=box)
