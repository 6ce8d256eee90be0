"""
Texts of a Model: `{{ name }}` and `{{ name | format }}`, nothing more.

Plain substitution, never a template engine: no expressions, no loops, no escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from walletpass.values import LocalizedText

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*(?:\|\s*([a-z-]{1,20})\s*)?\}\}")

BUILT_IN = ("serial",)
"""Names every text may use without declaring a variable."""


@dataclass(frozen=True, slots=True)
class Reference:
    """
    A place in a Model filled from a variable: `{{ name | format }}`.

    Attributes:
        name: The variable.
        format: How to write it, None for its usual form.
        expects: Variable types that fit the place; empty when any text does.
    """

    name: str
    format: str | None = None
    expects: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{{{{ {self.name} | {self.format} }}}}" if self.format else f"{{{{ {self.name} }}}}"


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[str | Reference, ...]:
    """
    Cut a text into literal strings and References.

    Raises:
        ValueError: A `{{` that is not `{{ name }}` or `{{ name | format }}`.
    """
    parts: list[str | Reference] = []
    position = 0
    for match in _REFERENCE.finditer(text):
        parts += [text[position : match.start()], Reference(match[1], match[2])]
        position = match.end()
    parts.append(text[position:])
    for part in parts:
        if isinstance(part, str) and "{{" in part:
            raise ValueError(f"{part.strip()[:60]!r} has '{{{{' without a name: write {{{{ name }}}}")
    return tuple(part for part in parts if part != "")


def whole_reference(value: object, expects: tuple[str, ...] = ()) -> Reference | None:
    """The Reference, when the text is exactly one and nothing else."""
    match = _REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    return Reference(match[1], match[2], expects) if match else None


class Text(LocalizedText):
    """A LocalizedText whose strings may hold References."""

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Text:
        """Read and check a text; raises ValueError in words."""
        if isinstance(value, Text):
            return value
        text = LocalizedText.parse(value)
        for string in text.strings():
            split(string)
        return cls(text.plain, text.translations)

    def references(self) -> tuple[Reference, ...]:
        """Every Reference in any language, in order, once each."""
        found = [part for string in self.strings() for part in split(string) if isinstance(part, Reference)]
        return tuple(dict.fromkeys(found))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = LocalizedText.__get_pydantic_core_schema__(source, handler)
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=schema.get("serialization"),
            json_schema_input_schema=schema.get("json_schema_input_schema"),
        )
