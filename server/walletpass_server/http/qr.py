"""QR codes of links, as pictures: error correction M, with the four modules of quiet margin that readers need."""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import groupby
from typing import Literal

QUIET = 4
"""Modules of margin."""
PIXELS = 10
"""Of a module in a PNG."""

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

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET, box_size=PIXELS, image_factory=PilImage)
    code.add_data(text)
    if form == "svg":
        return _svg(code.get_matrix())
    out = io.BytesIO()
    code.make_image().save(out)
    return out.getvalue()


def _svg(matrix: list[list[bool]]) -> bytes:
    """One path of runs of dark modules: a quarter of what a rectangle for each module takes."""
    size = len(matrix)
    runs: list[str] = []
    for y, row in enumerate(matrix):
        x = 0
        for dark, modules in groupby(row):
            length = len(list(modules))
            if dark:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{"".join(runs)}"/></svg>'
    ).encode()
