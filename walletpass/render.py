"""
Documents with holes: compile a Model once, fill it for each pass.

A compiler builds an ordinary tree of dicts and lists and puts a `Hole` wherever a value differs from pass to pass.
`compiled` turns the tree into one function; whatever has no hole below it is built once and shared by all passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from walletpass.formats import write
from walletpass.model.text import Reference, Text, split
from walletpass.model.variables import Value, Variable


class _Omit:
    """The answer of a hole that has nothing to say: its key or item is left out."""

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = _Omit()

Values = Mapping[str, Value]
Fill = Callable[[Values], Any]


@dataclass(frozen=True, slots=True)
class Hole:
    """A place filled for each pass. `fill` gets the checked values and answers JSON data, or OMIT."""

    fill: Fill


class Needs(dict[str, Any]):
    """A dict that is left out as a whole when one of these keys is."""

    def __init__(self, items: Mapping[str, Any], *keys: str) -> None:
        super().__init__(items)
        self.keys_needed = keys


def compiled(tree: Any) -> Fill:
    """The function that fills a tree. OMIT and None inside a dict or list mean 'left out'."""
    part = _compile(tree)
    if isinstance(part, Hole):
        return part.fill
    return lambda _values: part


def compiled_json(tree: Any) -> Callable[[Values], bytes]:
    """
    The function that fills a tree and writes it as JSON.

    Most passes leave nothing out: then the JSON between two holes is the same for all of them, written beforehand.
    """
    fill, holes = compiled(tree), list[Fill]()
    written = _MARK.split(to_json(compiled(_marked(tree, holes))({})))
    first, rest = written[0], [(holes[int(n)], after) for n, after in zip(written[1::2], written[2::2], strict=True)]

    def write(values: Values) -> bytes:
        pieces = [first]
        for hole, after in rest:
            value = hole(values)
            if value is OMIT or value is None:
                return to_json(fill(values))
            pieces += (to_json(value), after)
        return b"".join(pieces)

    return write


_HOLE = f"hole-{uuid4().hex}-"
"""Before the number of a hole; random, so that no Model holds it."""
_MARK = re.compile(rf'"{_HOLE}(\d+)"'.encode())


def _marked(tree: Any, holes: list[Fill]) -> Any:
    """The tree with a text in the place of each hole; adds what fills them to `holes`."""
    if isinstance(tree, Hole):
        holes.append(tree.fill)
        return f"{_HOLE}{len(holes) - 1}"
    if isinstance(tree, dict):
        items = {key: _marked(value, holes) for key, value in tree.items()}
        return Needs(items, *tree.keys_needed) if isinstance(tree, Needs) else items
    return [_marked(item, holes) for item in tree] if isinstance(tree, list | tuple) else tree


def _compile(tree: Any) -> Any:
    """The tree itself when it has no holes, else one Hole for all of it."""
    if isinstance(tree, dict):
        items = {key: _compile(value) for key, value in tree.items() if value is not None and value is not OMIT}
        needs = tree.keys_needed if isinstance(tree, Needs) else ()
        if any(key not in items for key in needs):
            return OMIT
        items = {key: value for key, value in items.items() if value is not OMIT}
        holes = _holes(items.items())
        return Hole(partial(_fill_dict, items, holes, needs)) if holes else items
    if isinstance(tree, list | tuple):
        parts = [part for part in map(_compile, tree) if part is not None and part is not OMIT]
        holes = _holes(enumerate(parts))
        return Hole(partial(_fill_list, parts, holes)) if holes else parts
    return tree


def _holes(items: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Fill]]:
    """Which keys or positions are holes, and what fills them."""
    return [(key, value.fill) for key, value in items if isinstance(value, Hole)]


def _fill_dict(
    items: dict[str, Any], holes: list[tuple[str, Fill]], needs: tuple[str, ...], values: Values
) -> dict[str, Any] | _Omit:
    filled = items.copy()  # and not built up key by key: most of it has no holes
    for key, fill in holes:
        value = fill(values)
        if value is not OMIT and value is not None:
            filled[key] = value
        elif key in needs:
            return OMIT
        else:
            del filled[key]
    return filled


def _fill_list(parts: list[Any], holes: list[tuple[int, Fill]], values: Values) -> list[Any]:
    filled = parts.copy()
    for position, fill in holes:
        filled[position] = fill(values)
    return [value for value in filled if value is not OMIT and value is not None]


class Writer:
    """Turns the texts of one Model into strings or holes."""

    def __init__(self, variables: Mapping[str, Variable], zone: ZoneInfo, languages: tuple[str, ...]) -> None:
        self.variables = variables
        self.zone = zone
        self.languages = languages

    @property
    def default(self) -> str:
        """The default language."""
        return self.languages[0]

    def string(self, text: Text, language: str | None = None, *, encode: bool = False) -> str | Hole:
        """
        A text in one language: a string when it has no References, else a hole.

        Args:
            text: The text.
            language: The default language when absent.
            encode: Percent-encode each value, for a URL; a text that is one Reference stays as it is.
        """
        tag = language or self.default
        parts = split(text.in_language(tag, self.default))
        if not any(isinstance(part, Reference) for part in parts):
            return "".join(map(str, parts))
        pieces = [
            part if isinstance(part, str) else self._piece(part, tag, encode and len(parts) > 1) for part in parts
        ]
        if len(pieces) == 1 and not isinstance(pieces[0], str):
            return Hole(partial(_fill_one, pieces[0]))
        return Hole(partial(_fill_pieces, pieces))

    def _piece(self, reference: Reference, language: str, encode: bool) -> Callable[[Values], str]:
        variable = self.variables.get(reference.name)
        if reference.format is None and not encode and (variable is None or variable.type in ("text", "url")):
            return partial(_plain, reference.name)
        return partial(_written, reference.name, variable, reference.format, language, self.zone, encode)

    def varies(self, text: Text) -> bool:
        """Whether a text differs from language to language: translated, or with values that are formatted."""
        if len(self.languages) == 1:
            return False
        spoken = {"number", "money", "date-time", "date", "boolean"}
        names = (reference.name for reference in text.references())
        return bool(text.translations) or any(n in self.variables and self.variables[n].type in spoken for n in names)

    def value(self, reference: Reference, convert: Callable[[Any], Any]) -> Hole:
        """A hole filled with the variable's own value, converted; left out when there is none."""
        return Hole(partial(_convert, reference.name, convert))

    def slot(self, value: Any, convert: Callable[[Any], Any]) -> Any:
        """A literal converted now, or a Reference converted for each pass."""
        return self.value(value, convert) if isinstance(value, Reference) else convert(value)

    def raw(self, tree: Any) -> Any:
        """A raw tree of a Model, its strings filled."""
        if isinstance(tree, str):
            return self.string(Text.parse(tree)) if "{{" in tree else tree
        if isinstance(tree, Mapping):
            return {key: self.raw(value) for key, value in tree.items()}
        if isinstance(tree, list | tuple):
            return [self.raw(item) for item in tree]
        return tree


def _plain(name: str, values: Values) -> str:
    value = values.get(name)
    return "" if value is None else str(value)


def _written(
    name: str, variable: Variable | None, form: str | None, language: str, zone: ZoneInfo, encode: bool, values: Values
) -> str:
    written = write(values.get(name), variable, form, language, zone)
    return quote(written, safe="") if encode else written


def _fill_one(piece: Callable[[Values], str], values: Values) -> Any:
    return piece(values) or OMIT


def _fill_pieces(pieces: list[Any], values: Values) -> Any:
    filled = "".join(piece if isinstance(piece, str) else piece(values) for piece in pieces)
    return filled if filled.strip() else OMIT


def _convert(name: str, convert: Callable[[Any], Any], values: Values) -> Any:
    value = values.get(name)
    return OMIT if value is None else convert(value)
