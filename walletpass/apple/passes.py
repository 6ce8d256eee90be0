"""Several passes in one download: a `.pkpasses` file."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO

from walletpass.apple.bundle import archive
from walletpass.errors import BundleError

MOST_PASSES = 10
LARGEST_BUNDLE = 150_000_000
"""Bytes. Source: Apple, Wallet Passes, "Distributing and Updating a Pass": up to 10 passes or 150 MB."""


def bundle_passes(passes: Sequence[bytes]) -> bytes:
    """
    One file of 1 to 10 passes, in this order, named "1.pkpass" and so on. Only Safari opens it.

    Raises:
        BundleError: No pass, too many, too large together, or one that is not a `.pkpass`.
    """
    if not 1 <= len(passes) <= MOST_PASSES:
        raise BundleError(f"{len(passes)} passes do not fit one bundle: give 1 to {MOST_PASSES}")
    for number, content in enumerate(passes, 1):
        if not _is_pass(content):
            raise BundleError(f"pass {number} of {len(passes)} is not a .pkpass file: give signed passes")
    bundle = archive((f"{number}.pkpass", content) for number, content in enumerate(passes, 1))
    if len(bundle) > LARGEST_BUNDLE:
        raise BundleError(
            f"the passes have {len(bundle):,} bytes together, {LARGEST_BUNDLE:,} are the most: give fewer"
        )
    return bundle


def _is_pass(content: bytes) -> bool:
    """Whether it is an archive, whole, with a pass.json: not a page, half a download, or a bundle."""
    try:
        return "pass.json" in zipfile.ZipFile(BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
