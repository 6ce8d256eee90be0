"""
Pictures in: bytes become a `Picture`, or one `PictureError`.

The type is told by the first bytes, never by the name. Everything is decoded once here, so that a picture that opened
can be drawn. What counts is the picture: orientation is applied, colours become sRGB, metadata is left behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from walletpass.errors import PictureError
from walletpass.pictures.cache import Cache

if TYPE_CHECKING:
    from PIL.Image import Image

PictureType = Literal["PNG", "JPEG", "WEBP", "SVG"]

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
"""More than any phone's camera takes at once; decoded it is 200 MB."""
MAX_DRAWN_PIXELS = 12_000_000
"""Of an SVG, drawn as large as a wallet wants it."""

_REFUSED_TYPES = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"II*\0": "a TIFF",
    b"MM\0*": "a TIFF",
    b"%PDF": "a PDF",
    b"\0\0\1\0": "an ICO",
    b"\x1f\x8b": "compressed (SVGZ?)",
    b"PK\3\4": "a ZIP archive",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
}
_REFUSED_BRANDS = {b"avif": "an AVIF", b"heic": "an HEIC", b"heix": "an HEIC", b"mif1": "an HEIF"}


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A source picture that was checked.

    Attributes:
        name: What messages call it: usually its file name.
        data: The bytes as given.
        type: What the bytes are.
        width, height: Upright, in pixels; of an SVG in its own units, which only give its proportions.
        sha256: Hex digest of `data`.
    """

    name: str
    data: bytes
    type: PictureType
    width: float
    height: float
    sha256: str

    @property
    def scalable(self) -> bool:
        """Whether it is sharp at any size."""
        return self.type == "SVG"

    def pixels(self, width: int, height: int) -> Image:
        """
        Decode as 8-bit sRGB, mode RGB or RGBA.

        Args:
            width, height: Size wanted of the whole picture. An SVG is drawn at it; the others come in their own size.

        Raises:
            PictureError: An SVG drawn so large would be more than `MAX_DRAWN_PIXELS`.
        """
        from walletpass.pictures import raster, svg

        if not self.scalable:
            return raster.decode(self.data, self.type)
        if width * height > MAX_DRAWN_PIXELS:
            raise _refusal(
                self.name, f"would need {width} x {height} pixels here", "give one nearer to the shape wanted"
            )
        try:
            return svg.draw(self.data, width, height)
        except ValueError as exc:
            raise PictureError(f"picture {self.name!r} {exc}") from exc


_opened: Cache[str, tuple[PictureType, float, float]] = Cache(max_weight=10_000)


def open_picture(data: bytes, *, name: str) -> Picture:
    """
    Check a source picture.

    Args:
        data: A PNG, JPEG, WebP or SVG file; a still one.
        name: What messages shall call it.

    Raises:
        PictureError: Another type, damaged, animated, empty, more than 20 MB or 50 million pixels, or an SVG that
            refers to other files, has text (fonts differ between machines) or is built to exhaust its reader.
    """
    if len(data) > MAX_BYTES:
        raise _refusal(name, f"has {len(data) / 1e6:.0f} MB", f"give one of at most {MAX_BYTES // 1_000_000} MB")
    digest = hashlib.sha256(data).hexdigest()
    facts = _opened.get(digest)
    if facts is None:
        picture_type = _type_of(data, name)
        width, height = _measure(data, picture_type, name)
        facts = (picture_type, width, height)
        _opened.put(digest, facts, weight=1)
    return Picture(name, data, *facts, digest)


def _type_of(data: bytes, name: str) -> PictureType:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if not data:
        raise _refusal(name, "is empty", "give a PNG, JPEG, WebP or SVG file")
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    says = next((what for magic, what in _REFUSED_TYPES.items() if start.lower().startswith(magic.lower())), None)
    if data[4:8] == b"ftyp":
        says = _REFUSED_BRANDS.get(data[8:12], "a film")
    if says is None and start.startswith(b"<") and b"<svg" in data[:65_536]:
        return "SVG"
    raise _refusal(name, f"is {says or 'of no known picture type'}", "give a PNG, JPEG, WebP or SVG file")


def _measure(data: bytes, picture_type: PictureType, name: str) -> tuple[float, float]:
    from walletpass.pictures import raster, svg

    try:
        if picture_type == "SVG":
            return svg.measure(data)
        return raster.measure(data, picture_type, max_pixels=MAX_PIXELS)
    except ValueError as exc:
        raise PictureError(f"picture {name!r} {exc}") from exc


def _refusal(name: str, says: str, advice: str) -> PictureError:
    return PictureError(f"picture {name!r} {says}: {advice}")
