"""Pictures: there, whole, of sensible size, drawn by the style, and the same in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from walletpass.apple.verify.limits import LIMITS
from walletpass.apple.verify.png import BrokenPng, png_size
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import GUIDE, HIG, IMAGES, SOURCE, STYLES, ImageRule

_NAME = re.compile(r"(?:(?P<folder>[^/]+)\.lproj/)?(?P<stem>[^/@]+)(?:@(?P<scale>[23])x)?\.(?P<type>png|PNG)")
_OLD_ICON = (29, 29)
_ELSEWHERE = frozenset({"personalizationLogo"})  # drawn by no style, but on the form of a reward card
_CROPPED = 0.2
"""Share of a picture that may be cropped before it is worth a warning."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One picture file: `logo@2x.png` in `fr.lproj` has language "fr", stem "logo", scale 2."""

    name: str
    language: str
    stem: str
    scale: int


def picture_files(names: Sequence[str]) -> list[PictureFile]:
    """The picture files among names, known to Apple or not."""
    found = []
    for name in names:
        if match := _NAME.fullmatch(name):
            found.append(PictureFile(name, match["folder"] or "", match["stem"], int(match["scale"] or 1)))
    return found


def check_pictures(files: Mapping[str, bytes], present: Sequence[str], styles: Sequence[str]) -> Iterator[Finding]:
    """
    Findings for all pictures.

    Args:
        files: Every file that could be read.
        present: Every name in the archive, read or not.
        styles: Style keys of the pass.
    """
    pictures = picture_files(present)
    yield from _icon(pictures)
    yield from _use(pictures, styles)
    yield from _languages(pictures)
    for picture in pictures:
        if picture.name in files:
            yield from _content(files[picture.name], picture, styles)


def _icon(pictures: list[PictureFile]) -> Iterator[Finding]:
    scales = {picture.scale for picture in pictures if picture.stem == "icon"}
    if not scales:
        says = "the pass has no icon; Wallet refuses it"
        yield error("icon-missing", "icon.png", says, HIG, "Add icon.png, icon@2x.png and icon@3x.png.")
    elif missing := [f"icon@{scale}x.png" for scale in (2, 3) if scale not in scales]:
        says = f"{' and '.join(missing)} missing: the icon is blurred on present phones"
        yield warning("icon-scale-missing", "icon.png", says, HIG, "Add the missing sizes.")


def _use(pictures: list[PictureFile], styles: Sequence[str]) -> Iterator[Finding]:
    stems = {picture.stem: picture.name for picture in reversed(pictures)}
    drawn = {stem for style in styles for stem in STYLES[style].images} | _ELSEWHERE
    for stem, name in stems.items():
        rule = next((known for known in IMAGES if known.lower() == stem.lower()), None)
        if rule is None:
            yield note("picture-unknown", place(name), "Wallet knows no picture of this name", SOURCE)
        elif rule != stem:
            says = f"Wallet does not know {shown(stem)}, only {rule!r}: capitals matter"
            yield warning("picture-misspelt", place(name), says, SOURCE, f"Name it {rule}.png.")
        elif styles and stem not in drawn:
            says = f"the style {' and '.join(styles)} does not show it"
            yield warning("picture-never-shown", place(name), says, HIG, "Leave it out, or choose another style.")
    if "eventTicket" in styles and "strip" in stems and stems.keys() & {"background", "thumbnail"}:
        says = "an event ticket shows either a strip, or a background with thumbnail"
        yield warning("pictures-exclude-each-other", place(stems["strip"]), says, GUIDE, "Keep one of the two looks.")


def _languages(pictures: list[PictureFile]) -> Iterator[Finding]:
    scales: dict[str, dict[str, set[int]]] = {}
    for picture in pictures:
        scales.setdefault(picture.stem, {}).setdefault(picture.language, set()).add(picture.scale)
    for stem, found in scales.items():
        localized = sorted(language for language in found if language)
        named = ", ".join(localized[:5])
        if localized and "" in found:
            says = f"{stem} at the root hides the ones of {named}"
            where = place(f"{stem}.png")
            yield warning("picture-hides-localized", where, says, SOURCE, "Move it into a language folder.")
        if len({frozenset(found[language]) for language in localized}) > 1:
            says = f"{stem} comes in different sizes in {named}"
            yield warning("picture-scales-differ", place(f"{stem}.png"), says, SOURCE, "Give each language the same.")


def _content(data: bytes, picture: PictureFile, styles: Sequence[str]) -> Iterator[Finding]:
    where = place(picture.name)
    try:
        size = png_size(data)
    except BrokenPng as broken:
        yield error("picture-broken", where, f"its PNG is damaged: {broken}", SOURCE, "Export the picture again.")
        return
    if size is None:
        yield error("picture-not-png", where, "it is not a PNG, whatever its name says", SOURCE, "Save it as PNG.")
        return
    if max(size) > LIMITS.side:
        says = f"it has {size[0]} x {size[1]} pixels, which a phone may fail to open"
        yield error("picture-too-large", where, says, "walletpass: bounds for unknown archives", "Make it smaller.")
        return
    if rule := IMAGES.get(picture.stem):
        yield from _size(size, rule, picture, styles)


def _size(size: tuple[int, int], rule: ImageRule, picture: PictureFile, styles: Sequence[str]) -> Iterator[Finding]:
    box = next((rule.sizes[style] for style in styles if style in rule.sizes), rule.size)
    if box is None:
        return
    width, height = size
    wanted_width, wanted_height = box[0] * picture.scale, box[1] * picture.scale
    where = place(picture.name)
    states = f"it has {width} x {height} pixels, Apple's size is {wanted_width} x {wanted_height}"
    if size == (wanted_width, wanted_height):
        return
    if rule.fit == "within":
        if width > wanted_width or height > wanted_height:
            yield note("picture-scaled-down", where, f"{states} at most", rule.source)
        return
    if rule.name == "icon" and size == (_OLD_ICON[0] * picture.scale, _OLD_ICON[1] * picture.scale):
        yield note("icon-old-size", where, f"{states}; this was the size until 2025", rule.source)
        return
    scale = max(wanted_width / width, wanted_height / height)
    cropped = 1 - (wanted_width * wanted_height) / (width * height * scale * scale)
    lowest, highest = rule.aspect or (wanted_width / wanted_height,) * 2
    if cropped > _CROPPED and not lowest <= width / height <= highest:
        says = f"{states}: {cropped:.0%} of it are cropped"
        yield warning("picture-cropped", where, says, rule.source, "Use Apple's proportions.")
    if scale > 1:
        yield note("picture-scaled-up", where, f"{states}: it is blurred", rule.source, "Use a larger picture.")
