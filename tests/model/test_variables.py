"""The values of a pass are read by type, completed, and refused with every fault named."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from walletpass.errors import ValuesError
from walletpass.model.variables import Values, Variable
from walletpass.values import Money

PARIS = ZoneInfo("Europe/Paris")


def values(**variables: object) -> Values:
    return Values({name: Variable.model_validate(spec) for name, spec in variables.items()}, PARIS)


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        ("text", "Léa", "Léa"),
        ("text", 42, "42"),
        ("number", "12.5", 12.5),
        ("number", "12", 12),
        ("money", "12.50 EUR", Money(Decimal("12.50"), "EUR")),
        ("date", "2027-03-20", date(2027, 3, 20)),
        ("date-time", "2027-03-20T08:00", datetime(2027, 3, 20, 8, tzinfo=PARIS)),
        ("date-time", "2027-03-20T08:00Z", datetime(2027, 3, 20, 8, tzinfo=UTC)),
        ("url", "https://example.com/a", "https://example.com/a"),
        ("boolean", "yes", True),
        ("image", b"png", b"png"),
    ],
)
def test_a_value_is_read_as_its_type(kind: str, given: object, read: object) -> None:
    assert values(x={"type": kind}).check({"x": given}, "S")["x"] == read


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("number", "twelve"),
        ("number", float("nan")),
        ("number", True),
        ("money", "12.50"),
        ("date", "20/03/2027"),
        ("date-time", "tomorrow"),
        ("url", "javascript:alert(1)"),
        ("url", "example.com"),
        ("boolean", "maybe"),
        ("image", "photo.png"),
        ("text", "a\x00b"),
        ("text", "x" * 501),
        ("text", ["a"]),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(kind: str, given: object) -> None:
    with pytest.raises(ValuesError) as refused:
        values(x={"type": kind}).check({"x": given}, "S")
    assert list(refused.value.problems) == ["x"]


def test_defaults_fill_what_is_not_given_and_serial_is_always_there() -> None:
    checked = values(a={"type": "text", "default": "A"}, b={"type": "text", "required": False}).check({}, "S-1")
    assert checked == {"serial": "S-1", "a": "A", "b": None}


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ValuesError) as refused:
        values(a="text", b="number").check({"b": "x", "c": 1}, "S")
    assert set(refused.value.problems) == {"a", "b", "c"}
    assert "missing" in refused.value.problems["a"]
    assert "the Model has: a, b" in refused.value.problems["c"]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"type": "text", "currency": "EUR"}, "currency is for"),
        ({"type": "text", "required": True, "default": "x"}, "drop one"),
        ({"type": "number", "default": "x"}, "not a number"),
        ({"type": "boolean", "labels": {"true": "Yes"}}, "both true and false"),
        ({"type": "colour"}, "text"),
        ({"type": "text", "size": 3}, "size"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(spec: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Variable.model_validate(spec)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_no_time_zone_can_tell_is_refused(day: str) -> None:
    for variable_type, value in (("date", day), ("date-time", f"{day}T12:00")):
        with pytest.raises(ValueError, match="out of range"):
            Variable(type=variable_type).read(value, ZoneInfo("America/New_York"))


def test_a_fraction_is_no_text_since_its_form_is_lost() -> None:
    with pytest.raises(ValueError, match="quotes"):
        Variable(type="text").read(1.50, ZoneInfo("UTC"))
    assert Variable(type="text").read("1.50", ZoneInfo("UTC")) == "1.50"
