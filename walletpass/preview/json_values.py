"""Reading JSON that nobody has checked: what has the wrong type counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The JSON objects in a JSON array."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
