"""
The part of CEL that conditions may use, read into a small tree.

The CEL library compiles and runs expressions, but shows no tree to check types on. This reader accepts less than the
library does, so that whatever passes here is bounded: no macros, no maps, no indexing, no bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_DEPTH = 24
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<whole>\d+)
    | (?P<text>"(?:[^"\\\n]|\\["'\\nrt])*"|'(?:[^'\\\n]|\\["'\\nrt])*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]])
    )""",
    re.VERBOSE,
)
_WORDS = {"true": "boolean", "false": "boolean", "null": "null"}
_BINARY = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


class CelSyntaxError(ValueError):
    """The source is not an expression that conditions may use; the message says where."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    One operation of an expression.

    Attributes:
        kind: literal, path, list, call or method; or an operator.
        name: The literal's type, the path ("event.amount"), or the function.
        parts: Its operands.
    """

    kind: str
    name: str = ""
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(source: str) -> tuple[Node, str]:
    """
    Read an expression.

    Returns:
        Its tree, and the source to compile: the same, with whole numbers written as decimal ones, since every number
        of a pass or event is one and CEL adds no int to a double.

    Raises:
        CelSyntaxError: In words, with the column.
    """
    tokens = _tokens(source)
    reader = _Reader(tokens)
    tree = reader.expression()
    reader.expect_end()
    pieces, position = [], 0
    for token in tokens:
        if token.kind == "whole":
            end = token.at + len(token.text)
            pieces += [source[position:end], ".0"]
            position = end
    return tree, "".join([*pieces, source[position:]])


def _tokens(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(source.rstrip())
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            rest = source[position:].strip()[:12]
            raise CelSyntaxError(f"column {position + 1}: cannot read {rest!r}")
        kind, text = match.lastgroup, match[match.lastgroup]
        glued = match.start(kind) == match.start() and tokens and tokens[-1].kind != "sign" and kind != "sign"
        if glued or source[match.end() : match.end() + 3] in ("'''", '"""'):
            raise CelSyntaxError(f"column {position + 1}: {text!r} cannot follow here; write plain numbers and strings")
        tokens.append(_Token(kind, text, match.start(kind)))
        position = match.end()
    return tokens


class _Reader:
    """Recursive descent, one method for each form."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def peek(self) -> str:
        """The next sign or word, empty at the end and for literals."""
        token = self.tokens[self.position] if self.position < len(self.tokens) else None
        return token.text if token and token.kind in ("sign", "name") else ""

    def take(self, sign: str) -> bool:
        """Pass over a sign if it is next."""
        found = self.peek() == sign
        self.position += found
        return found

    def fail(self, wanted: str) -> CelSyntaxError:
        """The error that something else was expected here."""
        if self.position >= len(self.tokens):
            return CelSyntaxError(f"ends too early: {wanted} is missing")
        token = self.tokens[self.position]
        return CelSyntaxError(f"column {token.at + 1}: {token.text!r} where {wanted} was expected")

    def expect(self, sign: str) -> None:
        """Pass over a sign that must be next."""
        if not self.take(sign):
            raise self.fail(repr(sign))

    def expect_end(self) -> None:
        """Nothing is left."""
        if self.position < len(self.tokens):
            raise self.fail("the end")

    def expression(self) -> Node:
        """A whole expression, perhaps a choice `a ? b : c`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CelSyntaxError(f"nested deeper than {MAX_DEPTH} levels: simplify it")
        condition = self.binary(0)
        if self.take("?"):
            yes = self.binary(0)
            self.expect(":")
            condition = Node("?", "", (condition, yes, self.expression()))
        self.depth -= 1
        return condition

    def binary(self, level: int) -> Node:
        """Operators of one precedence, left to right."""
        if level == len(_BINARY):
            return self.unary()
        left = self.binary(level + 1)
        while (operator := self.peek()) in _BINARY[level]:
            self.position += 1
            left = Node(operator, "", (left, self.binary(level + 1)))
        return left

    def unary(self) -> Node:
        """`!a` and `-a`."""
        for sign in ("!", "-"):
            if self.take(sign):
                return Node(f"unary{sign}", "", (self.member(),))
        return self.member()

    def member(self) -> Node:
        """A path, or methods called on a value."""
        node = self.primary()
        while self.take("."):
            name = self.word()
            if self.take("("):
                node = Node("method", _not_macro(name), (node, *self.items(")")))
            elif node.kind == "path":
                node = Node("path", f"{node.name}.{name}")
            else:
                raise CelSyntaxError(f"only event, pass and operation have parts: .{name}")
        if self.peek() == "[":
            raise self.fail("an operator (parts are read with a dot: event.amount)")
        return node

    def primary(self) -> Node:
        """A literal, a name, a call, a list, or something in parentheses."""
        if self.take("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if self.take("["):
            return Node("list", "", self.items("]"))
        token = self.tokens[self.position] if self.position < len(self.tokens) else None
        if token is None or token.kind == "sign":
            raise self.fail("a value")
        self.position += 1
        if token.kind == "name":
            if token.text in _WORDS:
                return Node("literal", _WORDS[token.text])
            return Node("call", _not_macro(token.text), self.items(")")) if self.take("(") else Node("path", token.text)
        return Node("literal", "text" if token.kind == "text" else "number")

    def word(self) -> str:
        """A name after a dot."""
        if self.position < len(self.tokens) and self.tokens[self.position].kind == "name":
            self.position += 1
            return self.tokens[self.position - 1].text
        raise self.fail("a name")

    def items(self, end: str) -> tuple[Node, ...]:
        """Arguments or list items, up to the closing sign."""
        items: list[Node] = []
        while not self.take(end):
            if items:
                self.expect(",")
            items.append(self.expression())
        return tuple(items)


def _not_macro(name: str) -> str:
    if name in MACROS:
        raise CelSyntaxError(f"{name}() is refused: conditions have no loops")
    return name
