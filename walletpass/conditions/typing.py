"""The types of an expression, found before any pass exists."""

from __future__ import annotations

from collections.abc import Mapping

from walletpass.conditions.syntax import Node

CEL_TYPES: dict[str, str] = {
    "text": "text",
    "url": "text",
    "date": "text",
    "number": "number",
    "money": "money",
    "date-time": "instant",
    "boolean": "boolean",
}
"""Type of a variable or event field to its type in an expression. A picture has none."""

FITS: dict[str, frozenset[str]] = {
    "text": frozenset({"text"}),
    "url": frozenset({"text"}),
    "date": frozenset({"text"}),
    "number": frozenset({"number", "whole"}),
    "money": frozenset({"money", "text"}),  # a text such as '12.50 EUR' is read as money
    "date-time": frozenset({"instant"}),
    "boolean": frozenset({"boolean"}),
    "image": frozenset(),
}
"""Type of a variable to the expression types that `set` may give it."""

_NUMERIC = frozenset({"number", "whole", "money"})
_TEXT_TESTS = frozenset({"startsWith", "endsWith", "contains", "matches"})
_INSTANT_PARTS = frozenset(
    {"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getHours", "getMinutes"}
)
_ARITHMETIC: dict[tuple[str, str, str], str] = {
    **{("number", sign, "number"): "number" for sign in "+-*/"},
    **{("whole", sign, "whole"): "whole" for sign in "+-*/%"},
    **{("money", sign, other): "money" for sign in "+-" for other in ("money", "number")},
    **{("money", sign, "number"): "money" for sign in "*/"},
    ("number", "*", "money"): "money",
    ("money", "/", "money"): "number",
    ("text", "+", "text"): "text",
    ("instant", "-", "instant"): "duration",
    ("instant", "+", "duration"): "instant",
    ("instant", "-", "duration"): "instant",
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
}
_CALLS: dict[str, tuple[frozenset[str], str]] = {
    "size": (frozenset({"text", "list"}), "whole"),
    "double": (frozenset({"number", "whole", "text"}), "number"),
    "int": (frozenset({"number", "whole", "text"}), "whole"),
    "string": (frozenset({"number", "whole", "text", "boolean", "instant"}), "text"),
    "timestamp": (frozenset({"text"}), "instant"),
    "duration": (frozenset({"text"}), "duration"),
}


class CelTypeError(ValueError):
    """The parts of an expression do not fit together, or a path is not declared; the message says which."""


def type_of(node: Node, paths: Mapping[str, str]) -> str:
    """
    The type of an expression: text, number, whole, money, instant, duration, boolean, list or null.

    Args:
        node: Its tree.
        paths: Every path it may read ("event.amount") and its type in CEL.

    Raises:
        CelTypeError: In words.
    """
    if node.kind == "literal":
        return node.name
    if node.kind == "path":
        return _path(node.name, paths)
    if node.kind == "call" and node.name == "has":
        if len(node.parts) != 1 or node.parts[0].kind != "path" or "." not in node.parts[0].name:
            raise CelTypeError("has() takes one path: has(event.store)")
        _path(node.parts[0].name, paths)
        return "boolean"
    types = tuple(type_of(part, paths) for part in node.parts)
    if node.kind == "list":
        if len(set(types)) > 1:
            raise CelTypeError(f"a list mixes {' and '.join(sorted(set(types)))}")
        return "list"
    if node.kind in ("call", "method"):
        return _called(node.name, types, method=node.kind == "method")
    return _operated(node, types, paths)


def _path(name: str, paths: Mapping[str, str]) -> str:
    if name not in paths:
        root = name.split(".")[0]
        known = ", ".join(path for path in paths if path.startswith(f"{root}.")) or "none"
        raise CelTypeError(f"{name} is not declared; {root} has: {known}")
    return paths[name]


def _called(name: str, types: tuple[str, ...], *, method: bool) -> str:
    if method and name in _TEXT_TESTS and types == ("text", "text"):
        return "boolean"
    if method and name in _INSTANT_PARTS and types in (("instant",), ("instant", "text")):
        return "whole"
    takes, gives = _CALLS.get(name, (frozenset[str](), ""))
    if len(types) == 1 and types[0] in takes and (not method or name == "size"):
        return gives
    raise CelTypeError(f"there is no {name}({', '.join(types)})")


def _operated(node: Node, types: tuple[str, ...], paths: Mapping[str, str]) -> str:
    sign = node.kind
    if sign in ("&&", "||", "unary!") and set(types) == {"boolean"}:
        return "boolean"
    if sign == "unary-" and types[0] in _NUMERIC | {"duration"}:
        return types[0]
    if sign == "?" and types[0] == "boolean":
        branches = set(types[1:])
        if len(branches) == 1:
            return types[1]
        raise CelTypeError(f"a choice gives {types[1]} or {types[2]}: both must be of one type")
    if sign == "in" and types[1] == "list":
        items = {type_of(part, paths) for part in node.parts[1].parts}
        if not items or items == {types[0]} or items | {types[0]} <= _NUMERIC:
            return "boolean"
    if sign in ("==", "!=", "<", "<=", ">", ">=") and _comparable(sign, types[0], types[1]):
        return "boolean"
    if len(types) == 2 and (types[0], sign, types[1]) in _ARITHMETIC:
        return _ARITHMETIC[types[0], sign, types[1]]
    shown = f"{types[0]} {sign} {types[1]}" if len(types) == 2 else f"{sign.removeprefix('unary')} {' '.join(types)}"
    raise CelTypeError(f"{shown} is not defined; convert with double(x) or string(x)")


def _comparable(sign: str, left: str, right: str) -> bool:
    if "null" in (left, right):
        return sign in ("==", "!=")
    if {left, right} <= _NUMERIC:
        return True
    return left == right and (sign in ("==", "!=") or left in ("text", "instant", "duration", "boolean"))
