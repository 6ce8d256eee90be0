"""Colours, money and texts read what people write and refuse the rest in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from walletpass.model import Variable
from walletpass.values import Color, LocalizedText, Money, language_tag


@pytest.mark.parametrize("written", ["#0b3d2e", "#0B3D2E", "rgb(11, 61, 46)", "rgb(11,61,46)"])
def test_a_colour_is_read_in_both_wallets_notations(written: str) -> None:
    color = Color.parse(written)
    assert (color.apple, color.hex) == ("rgb(11, 61, 46)", "#0b3d2e")


def test_a_short_colour_doubles_its_digits() -> None:
    assert Color.parse("#fa0") == Color(255, 170, 0)


@pytest.mark.parametrize("written", ["red", "#12345", "rgb(1, 2, 300)", "rgb(1 2 3)", "", None, 7])
def test_what_is_no_colour_is_refused_with_the_right_form(written: object) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        Color.parse(written)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_a_colour_survives_both_notations(red: int, green: int, blue: int) -> None:
    color = Color(red, green, blue)
    assert Color.parse(color.hex) == color == Color.parse(color.apple)


def test_contrast_is_that_of_wcag() -> None:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert black.contrast(white) == pytest.approx(21)
    assert white.contrast(white) == pytest.approx(1)
    assert Color.parse("#767676").contrast(white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("written", ["12.50 EUR", "EUR 12.50", "EUR12.50", {"amount": "12.50", "currency": "EUR"}])
def test_money_is_read_with_its_currency(written: object) -> None:
    assert Money.parse(written) == Money(Decimal("12.50"), "EUR")


def test_a_bare_number_takes_the_default_currency() -> None:
    assert Money.parse(12.5, "EUR") == Money(Decimal("12.5"), "EUR")


@pytest.mark.parametrize(
    "written", ["12,50 EUR", "12.50", "EUR 1 EUR", "1e3 EUR", "NaN EUR", "12 eur", True, None, {"currency": "EUR"}]
)
def test_what_is_no_money_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"amount|currency|number"):
        Money.parse(written)


@pytest.mark.parametrize("code", ["ZZZ", "AAA", "BTC"])
def test_a_code_that_no_currency_has_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=f"'{code}' is not a currency code: no currency has it in ISO 4217"):
        Money.parse(f"12.50 {code}")
    with pytest.raises(ValidationError, match="no currency has it"):
        Variable.model_validate({"type": "money", "currency": code})


def test_micros_are_millionths_of_the_unit_in_every_currency() -> None:
    assert Money.parse("5 EUR").micros == 5_000_000
    assert Money.parse("500 JPY").micros == 500_000_000


def test_a_text_falls_back_to_the_default_language() -> None:
    text = LocalizedText.parse({"en": "Hello", "fr": "Bonjour"})
    assert text.in_language("fr", "en") == "Bonjour"
    assert text.in_language("de", "en") == "Hello"


@pytest.mark.parametrize("tag", ["fr", "pt-BR", "zh-Hans", "zh-Hans-CN"])
def test_language_tags_of_the_wallets_are_known(tag: str) -> None:
    assert language_tag(tag) == tag


@pytest.mark.parametrize("tag", ["FR", "fr_FR", "français", "", 1])
def test_other_language_tags_are_refused(tag: object) -> None:
    with pytest.raises(ValueError, match="language tag"):
        language_tag(tag)
