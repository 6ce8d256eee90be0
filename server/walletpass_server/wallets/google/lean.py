"""
A pass reduced to what a link can carry, for the minutes in which Google's API does not answer.

Google keeps what a link brings until an update comes, and that is under way: so the code, the state and what Google
requires go with the link, and whatever has no room follows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from walletpass.google import GooglePass
from walletpass.templates.google import TYPES

_OBJECT = frozenset({"barcode", "rotatingBarcode", "state", "validTimeInterval", "smartTapRedemptionValue"})
_CLASS = frozenset({"callbackOptions", "multipleDevicesAndHoldersAllowedStatus", "viewUnlockRequirement"})
"""What is never left behind, besides what Google requires."""


def leaner(full: GooglePass) -> Iterator[GooglePass]:
    """The pass, whole at first, then each time with less; the largest parts go first, then those of the class."""
    rules = TYPES[full.type]
    yield full
    for object_ in _without(full.object_, {*rules.object_required, *_OBJECT}):
        full = replace(full, object_=object_)
        yield full
    for class_ in _without(full.class_, {*rules.class_required, *_CLASS}):
        full = replace(full, class_=class_)
        yield full
    yield replace(full, object_=_in_one_language(full.object_), class_=_in_one_language(full.class_))


def _without(content: Mapping[str, Any], kept: Collection[str]) -> Iterator[dict[str, Any]]:
    left = dict(content)
    for name in sorted(content, key=lambda name: -len(json.dumps(content[name]))):
        if name not in kept:
            del left[name]
            yield dict(left)


def _in_one_language(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {name: _in_one_language(value) for name, value in tree.items() if name != "translatedValues"}
    return [_in_one_language(value) for value in tree] if isinstance(tree, list) else tree
