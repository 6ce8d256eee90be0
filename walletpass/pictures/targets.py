"""The wallets' tables of pictures, as targets in pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from walletpass.errors import UsageError
from walletpass.pictures.placement import Fit, Target
from walletpass.templates import apple, google

_MAP_BOX = (375, 750)  # Apple names no size for the venue map: as wide as a phone, in points
_TALLEST = 2  # height by width where Google bounds the width only


def apple_target(kind: str, scale: int, *, style: str | None = None, fit: Fit | None = None) -> Target:
    """
    The target of one file of an Apple pass.

    Args:
        kind: Apple's name: `logo`, `primaryLogo`.
        scale: 1, 2 or 3.
        style: Style key of pass.json ("eventTicket"), where the size depends on it.
        fit: Instead of what suits the kind.

    Raises:
        UsageError: Apple has no such picture.
    """
    rule = apple.IMAGES.get(kind) or _unknown(kind, "Apple", apple.IMAGES)
    width, height = rule.sizes.get(style or "", rule.size or _MAP_BOX)
    chosen = fit or ("cover" if rule.fit == "fill" else "contain")
    return Target(
        width=width * scale,
        height=height * scale,
        fit=chosen,
        pad=rule.fit != "within",
        trim=rule.fit == "within" and rule.size is not None,
        min_width=(rule.min_width or 0) * scale or 1,
        aspect=rule.aspect,
    )


def google_target(kind: str, *, fit: Fit | None = None) -> Target:
    """
    The target of one picture of a Google pass.

    Args:
        kind: A name of `walletpass.templates.google.IMAGES`: `logo`, `hero`.
        fit: Instead of what suits the kind.

    Raises:
        UsageError: Google has no such picture.
    """
    rule = google.IMAGES.get(kind) or _unknown(kind, "Google", google.IMAGES)
    width, height = rule.size
    return Target(
        width=width,
        height=height or width * _TALLEST,
        fit=fit or ("cover" if rule.fit == "fill" else "contain"),
        pad=rule.fit != "within",
        trim=rule.fit != "fill" and height is not None,
        margin=rule.margin,
        min_width=rule.min_width or 1,
    )


def _unknown(kind: str, wallet: str, known: Iterable[str]) -> NoReturn:
    raise UsageError(f"{wallet} has no picture {kind!r}: name one of {', '.join(known)}")
