"""Design §4, CEL: bounded, typed, and harmless when it fails."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.conditions import Expression
from walletpass.errors import ConditionError
from walletpass.values import Money

PATHS = {
    "event.amount": "number", "event.store": "text", "event.when": "instant", "event.price": "money",
    "pass.points": "number", "pass.balance": "money", "pass.vip": "boolean", "pass.born": "text",
    "operation.ends_at": "instant",
}  # fmt: skip
SCOPE = {
    "event": {
        "amount": 12, "store": "Lyon", "when": datetime(2027, 3, 1, 10, tzinfo=UTC),
        "price": Money(Decimal("4.50"), "EUR"),
    },
    "pass": {"points": 3, "balance": Money(Decimal(20), "EUR"), "vip": True, "born": date(1990, 5, 1)},
    "operation": {"ends_at": datetime(2027, 4, 1, tzinfo=UTC)},
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "type_", "value"),
    [
        ("event.amount >= 10.0", "boolean", True),
        ("event.amount >= 10 && pass.points + 1 > 3", "boolean", True),
        ("event.store", "text", "Lyon"),
        ("'Plus que 4 jours'", "text", "Plus que 4 jours"),
        ("event.store in ['Lyon', 'Paris'] ? 'near' : 'far'", "text", "near"),
        ("pass.points * 2 + 1.5", "number", 7.5),
        ("-pass.points", "number", -3),
        ("event.when < operation.ends_at", "boolean", True),
        ("event.when + duration('24h') > timestamp('2027-03-02T09:00:00Z')", "boolean", True),
        ("pass.balance - event.price >= 1550", "boolean", True),
        ("pass.balance == 2000", "boolean", True),
        ("!pass.vip || event.store.startsWith('L')", "boolean", True),
        ("size(event.store) == 4 && event.store.size() > 3", "boolean", True),
        ("double(size(event.store)) + pass.points", "number", 7),
        ("has(event.store)", "boolean", True),
        ("pass.born < '2000-01-01'", "boolean", True),
        ("event.when.getFullYear() == 2027", "boolean", True),
        ("string(event.amount) + '!'", "text", "12!"),
        ("event.store.matches('^L.+n$')", "boolean", True),
        ('"it\'s"', "text", "it's"),
    ],
)
def test_an_expression_has_a_type_and_a_value(source: str, type_: str, value: object) -> None:
    expression = Expression.parse(source)
    assert (expression.type(PATHS), expression.evaluate(SCOPE)) == (type_, value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x" * 501, "501 characters"),
        ("[1, 2].all(x, x > 0)", "no loops"),
        ("event.items.map (x, x)", "no loops"),
        ("exists_one(a, b)", "no loops"),
        ("pass['points']", "an operator"),
        ("b'bytes'", "plain numbers and strings"),
        ("'''a'''", "plain numbers and strings"),
        ("{'a': 1}", "cannot read"),
        ("10u", "plain numbers"),
        ("event.", "ends too early"),
        ("a b", "the end"),
        ("", "ends too early"),
        ("(" * 60 + "1" + ")" * 60, "nested deeper"),
        ("'a'.b", "only event, pass and operation"),
        ("if == 1", "not CEL"),
        ("-'a' ? 1", "':' is missing"),
    ],
)
def test_what_is_unbounded_or_not_cel_is_refused(source: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        Expression.parse(source)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("event.amout > 1", "event.amout is not declared; event has: event.amount"),
        ("passs.points > 1", "passs.points is not declared"),
        ("event.amount == 'x'", "number == text"),
        ("event.store + 1", "text + number"),
        ("event.amount && true", "number && boolean"),
        ("event.when > '2027'", "instant > text"),
        ("pass.balance + event.store", "money + text"),
        ("pass.balance % 2", "money % number"),
        ("pass.vip ? 1 : 'a'", "both must be of one type"),
        ("[1, 'a'] == [1]", "a list mixes"),
        ("event.store in [1, 2]", "text in list"),
        ("upper(event.store)", "there is no upper"),
        ("event", "event is not declared"),
        ("!event.amount", "! number"),
    ],
)
def test_paths_and_types_are_checked_against_what_is_declared(source: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        Expression.parse(source).type(PATHS)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("event.gone > 1", "gone has no value"),
        ("event.amount / 0", "is not a number"),
        ("event.store.matches('(')", "matches|regex"),
        ("timestamp('never') < event.when", "timestamp"),
        ("pass.points", "neither true nor false"),
        ("event.when - event.when", "no single value"),
    ],
)
def test_a_failure_at_run_time_is_a_condition_error(source: str, says: str) -> None:
    with pytest.raises(ConditionError, match=says):
        assert Expression.parse(source).holds(SCOPE) is None


def test_two_currencies_are_never_compared() -> None:
    scope = {"event": {"price": Money(Decimal(1), "USD")}, "pass": {"balance": Money(Decimal(2), "EUR")}}
    with pytest.raises(ConditionError, match="EUR with USD"):
        Expression.parse("pass.balance > event.price").holds(scope)


def test_money_is_compared_and_computed_in_minor_units() -> None:
    left = Expression.parse("pass.balance - event.price").money(SCOPE, None)
    assert left == Money(Decimal("15.50"), "EUR")


def test_a_constant_amount_is_written_as_a_text() -> None:
    assert Expression.parse("'12.50 EUR'").money({}, None) == Money(Decimal("12.50"), "EUR")


def test_a_currency_without_cents_counts_whole_units() -> None:
    scope = {"pass": {"balance": Money(Decimal(500), "JPY")}}
    expression = Expression.parse("pass.balance + 100")
    assert (expression.evaluate(scope), expression.money(scope, None)) == (600, Money(Decimal(600), "JPY"))


def test_an_absent_value_can_be_tested() -> None:
    expression = Expression.parse("has(event.store) && event.store == 'Lyon'")
    assert (expression.holds({"event": {}}), expression.guarded) == (False, {"event.store"})


_NAMES = ["event.amount", "event.store", "pass.vip", "size", "has", "timestamp", "map", "double"]
_SIGNS = ["(", ")", "[", "]", ",", ".", "?", ":", "&&", "||", "==", "<", "+", "-", "*", "/", "%", "!", "in"]
_WORDS = [*_NAMES, *_SIGNS, "1", "2.5", "'a'", "true", "null"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_source_is_refused_in_words_or_gives_a_value_of_its_type(source: str) -> None:
    try:
        expression = Expression.parse(source)
        type_ = expression.type(PATHS)
    except ValueError as fault:
        type_, expression = str(fault), None
    if expression is None:
        assert "\n" not in type_
        return
    try:
        value = expression.evaluate(SCOPE)
    except ConditionError:
        return
    expected = {"text": str, "boolean": bool, "instant": datetime, "null": type(None)}.get(type_, (int, float))
    assert isinstance(value, expected)
