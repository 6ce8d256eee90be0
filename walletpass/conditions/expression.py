"""One expression: read, checked, run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from walletpass.conditions.syntax import Node, parse
from walletpass.conditions.typing import type_of
from walletpass.errors import ConditionError
from walletpass.model.variables import Value
from walletpass.values import Money

if TYPE_CHECKING:
    import cel

MAX_SOURCE = 500
"""Characters of one expression."""

Scope = Mapping[str, Mapping[str, Value]]
"""What an expression reads: {"event": {...}, "pass": {...}, "operation": {...}}. A None value is as good as absent."""


@dataclass(frozen=True, slots=True)
class Expression:
    """
    An expression of CEL. Equal when its source is equal.

    Attributes:
        source: As written.
        tree: What it means.
        program: What the CEL library compiles.
        paths: Every path it reads: "event.amount", "pass.points".
    """

    source: str
    tree: Node
    program: str
    paths: frozenset[str]

    @classmethod
    def parse(cls, source: str) -> Expression:
        """
        Read an expression.

        Raises:
            ValueError: Too long, not CEL, or beyond what conditions may use; in words.
        """
        if len(source) > MAX_SOURCE:
            raise ValueError(f"the expression has {len(source)} characters, at most {MAX_SOURCE} are allowed")
        tree, program = parse(source)
        _compiled(program)
        return cls(source, tree, program, frozenset(node.name for node in _walk(tree) if node.kind == "path"))

    @property
    def guarded(self) -> frozenset[str]:
        """The paths whose presence it tests with has()."""
        return frozenset(
            part.name for node in _walk(self.tree) if node.kind == "call" and node.name == "has" for part in node.parts
        )

    def type(self, paths: Mapping[str, str]) -> str:
        """
        Its type in CEL.

        Args:
            paths: Path to its type, a value of `CEL_TYPES`.

        Raises:
            ValueError: An undeclared path, or types that do not fit together; in words.
        """
        return type_of(self.tree, paths)

    def evaluate(self, scope: Scope) -> Value:
        """
        Its value. Money comes back as Money when all money read was in one currency.

        Raises:
            ConditionError: A value it reads is absent, a division by zero, two currencies...
        """
        context: dict[str, dict[str, Any]] = {}
        currencies: set[str] = set()
        for path in self.paths:
            root, _, name = path.partition(".")
            value = scope.get(root, {}).get(name)
            values = context.setdefault(root, {})
            if value is not None:
                values[name] = _to_cel(value)
            if isinstance(value, Money):
                currencies.add(value.currency)
        if len(currencies) > 1:
            raise ConditionError(f"{self.source}: compares {' with '.join(sorted(currencies))}: keep to one currency")
        try:
            result = _compiled(self.program).execute(context)
        except KeyError as fault:
            raise ConditionError(f"{self.source}: {fault.args[0]} has no value: test it with has() first") from None
        except (ValueError, TypeError, ArithmeticError, RuntimeError) as fault:
            raise ConditionError(f"{self.source}: {' '.join(str(fault).split())[:200]}") from None
        if isinstance(result, timedelta | list | dict | tuple):
            raise ConditionError(f"{self.source}: gives no single value")
        if isinstance(result, float) and not math.isfinite(result):
            raise ConditionError(f"{self.source}: gives {result}, which is not a number")
        number: Value = int(result) if isinstance(result, float) and result.is_integer() else result
        return number

    def money(self, scope: Scope, currency: str | None) -> Money:
        """
        As `evaluate`, for a variable of type money.

        Args:
            scope: What it reads.
            currency: Of the result, when no money was read.

        Raises:
            ConditionError: As `evaluate`, or there is no amount or currency.
            ValueError: It gives a text that is not money.
        """
        read = {value.currency for path in self.paths if isinstance(value := _at(scope, path), Money)}
        minor = self.evaluate(scope)
        if isinstance(minor, str):
            return Money.parse(minor, currency)
        code = next(iter(read), currency)
        if code is None or isinstance(minor, bool) or not isinstance(minor, int | float):
            raise ConditionError(f"{self.source}: gives no amount of money: {minor!r}")
        digits = minor_digits(code)
        return Money(Decimal(round(minor)).scaleb(-digits), code)

    def holds(self, scope: Scope) -> bool:
        """Whether it is true. Raises ConditionError, also when it is neither true nor false."""
        result = self.evaluate(scope)
        if not isinstance(result, bool):
            raise ConditionError(f"{self.source}: gives {result!r}, neither true nor false")
        return result

    def __str__(self) -> str:
        return self.source


def minor_digits(currency: str) -> int:
    """Decimal digits of a currency's minor unit (ISO 4217): 2 for EUR, 0 for JPY."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


@lru_cache(maxsize=1024)
def _compiled(program: str) -> cel.Program:
    import cel

    try:
        return cel.compile(program)
    except ValueError as fault:
        says = str(fault).split("ERROR:")[-1].splitlines()[0].strip()
        raise ValueError(f"not CEL: {says}") from None


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _at(scope: Scope, path: str) -> Value:
    root, _, name = path.partition(".")
    return scope.get(root, {}).get(name)


def _to_cel(value: Value) -> Any:
    if isinstance(value, bool | str | datetime):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Money):
        return float(value.amount.scaleb(minor_digits(value.currency)))
    if isinstance(value, date):
        return value.isoformat()
    return None
