"""What a wallet will not show of a picture, said before it happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from walletpass.findings import Finding, note, warning
from walletpass.pictures.files import apple_files, google_fit, google_image, placement_of
from walletpass.pictures.placement import Fit, Placement, Target
from walletpass.pictures.source import Picture
from walletpass.pictures.targets import apple_target, google_target
from walletpass.templates import apple, google
from walletpass.values import Color

HOUSE = "walletpass: a rule of this project"
ENLARGED = 1.1
"""Enlarging by up to a tenth is not seen."""
CROPPED = 0.2
"""Share of the area whose loss is worth a word."""
HEAVY_BYTES = 500_000
FAINT_CONTRAST = 1.5
"""Contrast ratio (WCAG) under which a logo cannot be told from what is behind it."""

_LOGOS = {"logo", "wide_logo", "primaryLogo", "secondaryLogo", "personalizationLogo"}
_BACKDROPS = {"background", "artwork", "hero"}


def picture_findings(
    wallet: Literal["apple", "google"],
    kind: str,
    picture: Picture,
    *,
    style: str | None = None,
    fit: Fit | None = None,
    focus: tuple[float, float] | None = None,
    background: Color | None = None,
    behind: Color | None = None,
    where: str | None = None,
) -> list[Finding]:
    """
    Say what is lost when a picture becomes the files of one kind.

    Args:
        wallet, kind: What is made: ("apple", "strip"), ("google", "hero").
        picture, style, fit, focus, background: As for `apple_files` and `google_image`.
        behind: Colour of the pass behind the picture: tells logos that cannot be seen.
        where: `Finding.where`; by default `images.<kind>`.

    Raises:
        UsageError: The wallet has no such picture.
    """
    if wallet == "apple":
        target, source = apple_target(kind, max(apple.SCALES), style=style, fit=fit), apple.IMAGES[kind].source
        largest = list(apple_files(kind, picture, style=style, fit=fit, focus=focus, background=background).values())[
            -1
        ]
    else:
        target = google_target(kind, fit=fit or google_fit(kind, picture))
        source = google.IMAGES[kind].source
        largest = google_image(kind, picture, fit=fit, focus=focus, background=background)
    where = where or f"images.{kind}"
    placement = placement_of(picture, target, focus)
    return [
        *_size(where, picture, placement, source),
        *_edges(where, wallet, kind, picture, target, background),
        *_contrast(where, kind, picture, background or behind),
        *(_weight(where, picture, largest) if wallet == "apple" else ()),
    ]


def _size(where: str, picture: Picture, placement: Placement, source: str) -> Iterator[Finding]:
    width, height = placement.size
    if not picture.scalable and placement.enlarged > ENLARGED:
        yield warning(
            "picture-enlarged",
            where,
            f"{picture.name} is enlarged {placement.enlarged:.1f} times to {width} x {height} pixels: it looks soft",
            source,
            f"Give one of at least {_needed(picture, placement)} pixels, or an SVG.",
        )
    if placement.cropped > CROPPED:
        yield warning(
            "picture-cropped",
            where,
            f"{placement.cropped:.0%} of {picture.name} is cut off to fill {width} x {height}",
            source,
            "Give one nearer to that shape, choose `focus`, or pad with `fit: contain`.",
        )


def _needed(picture: Picture, placement: Placement) -> str:
    return " x ".join(str(round(side * placement.enlarged)) for side in (picture.width, picture.height))


def _edges(
    where: str, wallet: str, kind: str, picture: Picture, target: Target, background: Color | None
) -> Iterator[Finding]:
    from walletpass.pictures.look import look_of

    look = look_of(picture)
    if kind in _BACKDROPS and not look.opaque and background is None:
        yield warning(
            "picture-transparent",
            where,
            f"{picture.name} is partly clear where a full picture is shown",
            HOUSE,
            "Give an opaque picture or a background colour.",
        )
    if (wallet, kind) == ("google", "logo") and target.fit == "cover":
        yield note(
            "picture-corners-cut",
            where,
            f"Google cuts a circle out of {picture.name}: its corners are not seen",
            google.GUIDE,
            "Give a mark on a clear or plain ground to keep all of it.",
        )


def _contrast(where: str, kind: str, picture: Picture, behind: Color | None) -> Iterator[Finding]:
    from walletpass.pictures.look import look_of

    if kind not in _LOGOS or behind is None:
        return
    look = look_of(picture)
    if look.opaque:
        if look.edge and look.edge.contrast(behind) > FAINT_CONTRAST:
            yield note(
                "picture-boxed",
                where,
                f"{picture.name} has its own ground ({look.edge}) and shows as a box on {behind}",
                HOUSE,
                "Give one with a clear ground.",
            )
    elif look.ink.contrast(behind) < FAINT_CONTRAST:
        yield warning(
            "picture-faint",
            where,
            f"{picture.name} ({look.ink} on average) can hardly be seen on {behind}",
            "WCAG 2.2, contrast",
            "Give a lighter or darker version, or change the background colour.",
        )


def _weight(where: str, picture: Picture, largest: bytes) -> Iterator[Finding]:
    if len(largest) > HEAVY_BYTES:
        yield note(
            "picture-heavy",
            where,
            f"{picture.name} becomes a PNG of {len(largest) / 1000:.0f} kB, which every pass carries",
            HOUSE,
            "A calmer picture (plain areas, no grain) packs smaller.",
        )
