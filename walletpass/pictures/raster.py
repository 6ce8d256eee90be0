"""PNG, JPEG and WebP, decoded by Pillow into upright 8-bit sRGB, and PNG out."""

from __future__ import annotations

import io

from PIL import Image, ImageCms, ImageOps


def measure(data: bytes, picture_type: str, *, max_pixels: int) -> tuple[int, int]:
    """Decode once to be sure; the upright size in pixels. Raises ValueError in words."""
    with _open(data, picture_type) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise ValueError(f"has {width} x {height} pixels: give one of at most {max_pixels // 1_000_000} million")
        if getattr(image, "n_frames", 1) > 1:
            raise ValueError("is animated: give a still one")
        _load(image)
        if "A" in image.getbands() and image.getchannel("A").getextrema()[1] == 0:
            raise ValueError("shows nothing, every pixel is clear: give one with something drawn")
        return (height, width) if image.getexif().get(0x0112, 1) in (5, 6, 7, 8) else (width, height)


def decode(data: bytes, picture_type: str) -> Image.Image:
    """The picture as 8-bit sRGB, mode RGB or RGBA, upright. For bytes that `measure` accepted."""
    with _open(data, picture_type) as image:
        _load(image)
        profile = image.info.get("icc_profile")
        upright = ImageOps.exif_transpose(image)
    return _in_srgb(_eight_bit(upright), profile)


def encode_png(image: Image.Image) -> bytes:
    """
    PNG without metadata: the same pixels give the same bytes (with the same Pillow).

    An alpha channel that hides nothing is dropped; nothing is lost.
    """
    if image.mode == "RGBA" and is_opaque(image):
        image = image.convert("RGB")
    image.info.clear()
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def is_opaque(image: Image.Image) -> bool:
    """Whether no pixel lets anything through."""
    return image.mode == "RGB" or image.getchannel("A").getextrema() == (255, 255)


def _open(data: bytes, picture_type: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=(picture_type,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ValueError("has far too many pixels: give a smaller one") from exc
    except Exception as exc:  # on hostile bytes Pillow's readers raise nearly anything
        raise ValueError(f"is not a readable {picture_type}: save it again from the program that made it") from exc


def _load(image: Image.Image) -> None:
    try:
        image.load()
        image.getexif()
    except Exception as exc:  # as above
        raise ValueError(f"is damaged or cut off ({exc}): copy or save it again") from exc


def _eight_bit(image: Image.Image) -> Image.Image:
    """Mode L, RGB, RGBA or CMYK: those that a colour profile can be applied to."""
    if image.mode.startswith("I") or image.mode == "F":  # grey with 16 bits
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode in ("P", "PA", "LA", "1") or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colors = image.convert("RGB") if alpha else image
    converted = _apply_profile(colors, profile) if profile else None
    if converted is None:  # no profile, or an unusable one: taken as sRGB, as browsers do
        converted = colors.convert("RGB")
    if alpha:
        converted.putalpha(alpha)
    return converted


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
