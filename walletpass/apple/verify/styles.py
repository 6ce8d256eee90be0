"""Which style Wallet draws: the one that is there, the newer one that is asked for, and what it falls back to."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from walletpass.apple.verify.semantics import all_tags
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import CLASSIC_STYLES, FIELDS, PASS, SCHEMES, STYLE_KEYS, STYLES, Scheme

_WHERE = "pass.json"


def styles_of(document: dict[str, Any]) -> tuple[str, ...]:
    """The style keys of the pass, classic ones first."""
    return tuple(style for style in STYLE_KEYS if style in document)


def check_styles(document: dict[str, Any], pictures: Set[str]) -> Iterator[Finding]:
    """
    One classic style, its transit type, and whether a newer layout that is asked for will be shown.

    Args:
        document: pass.json.
        pictures: Stems of the pictures there are ("icon", "artwork"), in any language.
    """
    classic = [style for style in CLASSIC_STYLES if style in document]
    poster = "posterGeneric" in document
    if not classic and not poster:
        says = f"it has none of the styles {', '.join(CLASSIC_STYLES)}"
        yield error("style-missing", _WHERE, says, PASS, "Add the one that fits.")
    if len(classic) > 1:
        says = f"it has the styles {' and '.join(classic)} at once"
        yield error("style-repeated", _WHERE, says, PASS, "Keep one of them.")
    for style in classic:
        yield from _transit(style, document[style])
    yield from _schemes(document, pictures)
    if poster:
        yield from _poster_generic(classic, pictures)


def _transit(style: str, content: Any) -> Iterator[Finding]:
    if not isinstance(content, dict):
        return
    where = place(_WHERE, style)
    if style == "boardingPass" and "transitType" not in content:
        says = "a boarding pass needs a transitType"
        yield error("transit-type-missing", where, says, FIELDS, "Add it, as PKTransitTypeAir.")
    elif style != "boardingPass" and "transitType" in content:
        says = f"transitType is not allowed in {style}"
        yield error("transit-type-misplaced", f"{where}/transitType", says, FIELDS, "Take it out.")


def _poster_generic(classic: list[str], pictures: Set[str]) -> Iterator[Finding]:
    rule = STYLES["posterGeneric"]
    if not classic:
        says = f"without a classic style beside posterGeneric the pass cannot be added before iOS {rule.since:g}"
        yield warning("style-needs-new-system", _WHERE, says, rule.source, "Add generic or another classic style.")
    else:
        says = f"iOS {rule.since:g} and later draw posterGeneric, earlier ones {classic[0]}"
        yield note("style-by-system", place(_WHERE, "posterGeneric"), says, rule.source)
    if "artwork" not in pictures:
        says = "posterGeneric has no artwork to show"
        yield warning("style-picture-missing", place(_WHERE, "posterGeneric"), says, rule.source, "Add artwork.")


def _schemes(document: dict[str, Any], pictures: Set[str]) -> Iterator[Finding]:
    asked = document.get("preferredStyleSchemes")
    names = [name for name in asked if isinstance(name, str)] if isinstance(asked, list) else []
    where = place(_WHERE, "preferredStyleSchemes")
    for name in names:
        scheme = SCHEMES.get(name)
        if scheme is not None:
            yield from _scheme(scheme, document, pictures, where)
        elif name not in CLASSIC_STYLES:
            says = f"Wallet knows no style scheme {shown(name)}"
            yield warning("scheme-unknown", where, says, PASS, f"Use one of {', '.join(SCHEMES)}.")


def _scheme(scheme: Scheme, document: dict[str, Any], pictures: Set[str], where: str) -> Iterator[Finding]:
    lacks = list(_lacks(scheme, document, pictures))
    if lacks:
        says = f"{scheme.name} is asked for, but Wallet will draw {scheme.style}: {'; '.join(lacks)}"
        yield warning("style-falls-back", where, says, scheme.source, "Add what is missing, or do not ask for it.")
        return
    says = f"iOS {scheme.since:g} and later draw {scheme.name}, earlier ones {scheme.style}"
    yield note("style-by-system", where, says, scheme.source)
    tags = all_tags(document)
    advised = [tag for tag in scheme.advised_tags if tag not in tags]
    if advised:
        says = f"Apple asks for further tags with {scheme.name}: {', '.join(advised)}"
        yield note("style-tags-advised", where, says, scheme.source, "Add them to semantics.")


def _lacks(scheme: Scheme, document: dict[str, Any], pictures: Set[str]) -> Iterator[str]:
    """What the scheme needs and the pass does not have, in words."""
    content = document.get(scheme.style)
    if not isinstance(content, dict):
        yield f"the style {scheme.style} is not there"
        return
    if scheme.transit_type is not None and content.get("transitType") != scheme.transit_type:
        yield f"its transitType is not {scheme.transit_type}"
    tags = all_tags(document)
    event = tags.get("eventType")
    needed = (*scheme.tags, *(scheme.event_tags.get(event, ()) if isinstance(event, str) else ()))
    missing = [tag for tag in needed if tag not in tags]
    if missing:
        yield f"semantic tags are missing ({', '.join(missing)})"
    if scheme.images and not pictures & set(scheme.images):
        yield f"none of the pictures {', '.join(scheme.images)} is there"
    if scheme.needs_nfc and not isinstance(document.get("nfc"), dict):
        yield "nfc is missing, which iOS 18 to 26 want instead of a barcode"
