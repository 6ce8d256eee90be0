"""
What a PATCH has to say so that nothing of the past stays behind.

Google merges a PATCH into what it has: a property that is left out keeps its old value, in nested objects too. So
whatever might have been set before and is not set now is sent as null. Arrays are replaced whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, "Shape | None"]
"""Property to the shape of its own properties; None where it is no object, or one that is filled as a whole."""

_LANGUAGES = ("defaultValue", "translatedValues")
_BALANCES = ("string", "int", "double", "money")
"""A balance has exactly one of these, which may change from pass to pass."""


def shape_of(tree: Mapping[str, Any]) -> Shape:
    """The properties of an object, or of what it is compiled from."""
    return {name: shape_of(value) if isinstance(value, dict) else None for name, value in tree.items()}


def both(one: Shape, other: Shape) -> Shape:
    """What either may set."""
    result = dict(one)
    for name, shape in other.items():
        there = result.get(name)
        result[name] = both(there, shape) if there is not None and shape is not None else there or shape
    return result


def with_nulls(content: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """
    The content, with null for what the shape has and it has not.

    Args:
        content: A class or an object, or one of its parts.
        shape: All that may have been set before.
    """
    patch: dict[str, Any] = {}
    for name, value in content.items():
        inner = shape.get(name) or {}
        patch[name] = with_nulls(value, inner) if isinstance(value, dict) else value
    absent = [name for name in shape if name not in content]
    if _LANGUAGES[0] in content:
        absent.append(_LANGUAGES[1])
    if len(content) == 1 and next(iter(content)) in _BALANCES:
        absent += _BALANCES
    return {**patch, **{name: None for name in absent if name not in content}}
