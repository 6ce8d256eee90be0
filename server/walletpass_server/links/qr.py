"""QR codes of links, as pictures: error correction M, with the four modules of quiet margin that readers need."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal

QUIET = 4
"""Modules of margin."""
MODULE = 10
"""Pixels, or units, of a module."""

Form = Literal["png", "svg"]


@lru_cache(maxsize=256)
def qr_code(text: str, form: Form) -> bytes:
    """
    A QR code.

    Args:
        text: What it says, usually an address; up to some 2,000 characters.
        form: png, or svg.
    """
    import qrcode
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.image.pil import PilImage
    from qrcode.image.svg import SvgPathFillImage

    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M,
        border=QUIET,
        box_size=MODULE,
        image_factory=PilImage if form == "png" else SvgPathFillImage,
    )
    code.add_data(text)
    out = io.BytesIO()
    code.make_image().save(out)
    return out.getvalue()
