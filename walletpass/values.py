"""The small values of the domain: colours, money, texts in several languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_TOO_MUCH = Decimal(10) ** 15
_MONEY = re.compile(r"(?:(?P<before>[A-Z]{3})\s*)?(?P<amount>[+-]?\d{1,15}(?:\.\d{1,6})?)(?:\s*(?P<after>[A-Z]{3}))?")


def _plain_schema(parse: Any, show: Any, json: core_schema.CoreSchema) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        parse, serialization=core_schema.plain_serializer_function_ser_schema(show), json_schema_input_schema=json
    )


@dataclass(frozen=True, slots=True)
class Color:
    """A colour, each channel 0-255. Read from `#rgb`, `#rrggbb` or `rgb(r, g, b)`."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, value: object) -> Color:
        """Read a colour; raises ValueError in words."""
        if isinstance(value, Color):
            return value
        if isinstance(value, str):
            if _HEX.fullmatch(value):
                digits = value[1:] if len(value) == 7 else "".join(digit * 2 for digit in value[1:])
                return cls(*bytes.fromhex(digits))
            match = _RGB.fullmatch(value)
            if match and all(int(channel) <= 255 for channel in match.groups()):
                return cls(*map(int, match.groups()))
        raise ValueError(f"{value!r} is not a colour: write #rrggbb or rgb(r, g, b)")

    @property
    def apple(self) -> str:
        """As Apple writes it: `rgb(11, 61, 46)`."""
        return f"rgb({self.red}, {self.green}, {self.blue})"

    @property
    def hex(self) -> str:
        """As Google writes it: `#0b3d2e`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, 0 black to 1 white (WCAG 2.2)."""
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in self.rgb)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The three channels."""
        return (self.red, self.green, self.blue)

    def contrast(self, other: Color) -> float:
        """Contrast ratio, 1 (same) to 21 (black on white); 4.5 is the usual minimum for text (WCAG 2.2)."""
        bright, dark = sorted((self.luminance, other.luminance), reverse=True)
        return (bright + 0.05) / (dark + 0.05)

    def __str__(self) -> str:
        return self.hex

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return _plain_schema(cls.parse, str, core_schema.str_schema())


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in an ISO 4217 currency. Read from `"12.50 EUR"` or `{amount: 12.5, currency: EUR}`."""

    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, value: object, default_currency: str | None = None) -> Money:
        """Read money; a bare number takes `default_currency`. Raises ValueError in words."""
        if isinstance(value, Money):
            return value
        if isinstance(value, str):
            match = _MONEY.fullmatch(value.strip())
            if match and not (match["before"] and match["after"]):
                return cls._checked(match["amount"], match["before"] or match["after"] or default_currency)
        elif isinstance(value, Mapping) and set(value) <= {"amount", "currency"} and "amount" in value:
            currency = value.get("currency", default_currency)
            return cls._checked(str(value["amount"]), str(currency) if currency else None)
        elif isinstance(value, bool):
            raise ValueError("a boolean is not an amount of money")
        elif isinstance(value, int | float | Decimal):
            return cls._checked(str(value), default_currency)
        raise ValueError(f'{value!r} is not an amount of money: write "12.50 EUR"')

    @classmethod
    def _checked(cls, amount: str, currency: str | None) -> Money:
        if currency is None:
            raise ValueError(f'{amount} has no currency: write "{amount} EUR", or give the variable a currency')
        check_currency(currency)
        try:
            number = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"{amount!r} is not a number") from None
        if not number.is_finite() or abs(number) >= _TOO_MUCH:
            raise ValueError(f"{amount} is out of range")
        return cls(number, currency)

    @property
    def micros(self) -> int:
        """Millionths of the unit, for every currency alike, as Google counts."""
        return int(self.amount * 1_000_000)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return _plain_schema(cls.parse, str, core_schema.str_schema())


def language_tag(value: object) -> str:
    """Check a language tag as wallets use it: `fr`, `pt-BR`, `zh-Hans`. Raises ValueError."""
    if isinstance(value, str) and _LANGUAGE.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is not a language tag: write fr, pt-BR or zh-Hans")


def check_currency(code: str) -> str:
    """The code itself; ValueError when no currency has it or had it (ISO 4217, as CLDR lists it)."""
    if not _CURRENCY.fullmatch(code):
        raise ValueError(f"{code!r} is not a currency code: three capital letters (ISO 4217)")
    if code not in _currencies():
        raise ValueError(f"{code!r} is not a currency code: no currency has it in ISO 4217; write EUR, USD…")
    return code


@cache
def _currencies() -> frozenset[str]:
    from babel.core import get_global

    return frozenset(get_global("all_currencies"))


READABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$"
"""A name that people read in one line, as a pattern of JSON Schema: nothing that ends lines or turns the writing."""


def is_readable(name: str, longest: int) -> bool:
    """Whether a name is 1 to `longest` characters of one line, and no half of one (a lone surrogate)."""
    whole = name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)
    return len(name) <= longest and whole and re.fullmatch(READABLE, name) is not None


def check_characters(text: str) -> str:
    """The text itself; ValueError when it has a control character or half a character (a lone surrogate)."""
    if not text.isprintable() and any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("the text has control characters")
    return text


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """
    A text, plain or in several languages. Read from `"Hello"` or `{en: Hello, fr: Bonjour}`.

    Attributes:
        plain: The text when it is the same in every language, else None.
        translations: Language tag and text, in the order written; empty when plain.
    """

    plain: str | None
    translations: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, value: object) -> LocalizedText:
        """Read a text; raises ValueError in words."""
        if isinstance(value, LocalizedText):
            return value
        if isinstance(value, str):
            return cls(plain=check_characters(value))
        if isinstance(value, Mapping) and value:
            for language, text in value.items():
                language_tag(language)
                if not isinstance(text, str):
                    raise ValueError(f"the text for {language} is not a string (quote it)")
                check_characters(text)
            return cls(plain=None, translations=tuple(value.items()))
        raise ValueError(f"{value!r} is not a text: write a string, or one string per language as {{en: …, fr: …}}")

    def in_language(self, language: str, default: str) -> str:
        """The text in a language, else in the default language, else the first there is."""
        if self.plain is not None:
            return self.plain
        texts = dict(self.translations)
        return texts.get(language) or texts.get(default) or self.translations[0][1]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it is written in; empty for a plain text."""
        return tuple(language for language, _ in self.translations)

    def strings(self) -> tuple[str, ...]:
        """Every string in it."""
        return (self.plain,) if self.plain is not None else tuple(text for _, text in self.translations)

    def show(self) -> str | dict[str, str]:
        """As written in a document."""
        return self.plain if self.plain is not None else dict(self.translations)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        either = core_schema.union_schema(
            [core_schema.str_schema(), core_schema.dict_schema(core_schema.str_schema(), core_schema.str_schema())]
        )
        return _plain_schema(cls.parse, cls.show, either)
