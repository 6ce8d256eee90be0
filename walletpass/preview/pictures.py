"""Pictures inside a preview: decoded, brought down to size and encoded anew, never passed through."""

from __future__ import annotations

import base64
import warnings
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageFilter

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
_DENSITY = 2  # pixels kept for each point
_BLURRED_DENSITY = 0.5


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be drawn: a data URI, and its size in pixels."""

    uri: str
    width: int
    height: int


@lru_cache(maxsize=32)
def read_picture(data: bytes, width: float, height: float, *, blur: float = 0) -> Picture | None:
    """
    A PNG or JPEG that will fill at most a box of `width` × `height` points.

    Args:
        data: The file.
        width: Of the box, in points.
        height: Of the box, in points.
        blur: Radius in points; 0 leaves it sharp.

    Returns:
        None if the bytes are not a picture that can be shown: a preview shows a pass without it, as the phone does.
    """
    if len(data) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as source:
                if source.width * source.height > MAX_PIXELS:
                    return None
                kind = str(source.format)
                picture = source.convert("RGBA" if source.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return None
    # The picture covers the box, so the side that is cut off may stay larger than the box.
    density = _BLURRED_DENSITY if blur else _DENSITY
    scale = min(1.0, density * max(width / picture.width, height / picture.height))
    if scale < 1:
        picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    if blur:
        picture = picture.filter(ImageFilter.GaussianBlur(blur * picture.width / width))
    written = BytesIO()
    if kind == "PNG":
        picture.save(written, "PNG", compress_level=6)
    else:
        picture.save(written, "JPEG", quality=90)
    content = base64.b64encode(written.getvalue()).decode()
    return Picture(f"data:image/{kind.lower()};base64,{content}", picture.width, picture.height)
