"""
What the document of the API says of a Model, a Matrix or an operation: its keys, and the shape of each.

How their parts fit together is said by docs/model.md and docs/matrix.md, and by the answer to one that does not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema

Json = dict[str, Any]
_KEPT = ("description", "enum", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minProperties")
"""What is said of a key; `maxProperties` of a document's parts is its own business."""


class Outline:
    """
    Annotates a document that comes as a plain object and is read by the library, with words of its own.

    Args:
        shape: What reads it.
        optional: Keys that the request itself gives when they are left out.
        ignored: Keys that the request itself gives always.
    """

    def __init__(
        self, shape: type[BaseModel], *, optional: Collection[str] = (), ignored: Collection[str] = ()
    ) -> None:
        self._shape = shape
        self._optional = {*optional, *ignored}
        self._ignored = frozenset(ignored)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        whole = self._shape.model_json_schema()
        keys: Mapping[str, Json] = whole["properties"]
        return {
            "type": "object",
            "required": [name for name in whole["required"] if name not in self._optional],
            "properties": {name: {} if name in self._ignored else _outline(said) for name, said in keys.items()},
            "additionalProperties": False,
        }


def _outline(said: Json) -> Json:
    """The shape of a key; what is inside of it is left to the library."""
    found = {key: said[key] for key in _KEPT if key in said}
    types = sorted(_types(said))
    if types and "integer" not in types:  # whole numbers may be written in several ways
        found["type"] = types[0] if len(types) == 1 else types
    return found


def _types(said: Json) -> set[str]:
    if "$ref" in said:
        return {"object"}
    if "anyOf" in said:
        return set().union(*(_types(each) for each in said["anyOf"]))
    named = said.get("type", [])
    return {named} if isinstance(named, str) else set(named)
