"""
Hypothesis strategies for valid Models, and for passes that fit them.

    @given(filled_models())
    def test_every_pass_compiles(filled):
        AppleCompiler(filled.model).own_files(filled.serial, filled.values, ...)

Texts run through many scripts; variables of every type stand in every place that takes them. Needs hypothesis.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from walletpass.model import PASS_TYPES, PassModel
from walletpass.model.fields import Wallet
from walletpass.model.pass_model import PassType
from walletpass.model.variables import FORMATS
from walletpass.testing.details import details_of

Document = dict[str, Any]

LANGUAGES = ("en", "fr", "de", "ar", "he", "ja", "pt-BR", "zh-Hans")
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata")
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mP4//8/t60eI7etHgMDAwAqHwPry+jrsgAAAABJRU5ErkJggg=="
)
"""A PNG of two by two pixels."""

PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbbJE0U2WlZQKGDPuhwiC0UnRec7ReS30hrVULzSFhRn8Kzc+G8rC1LNIV0YvbDf1Z9EIDJ02Wg"
    "VzuMRwfsQhpQ=="
)
"""A P-256 key, as NFC wants it."""

_SPOKEN = ("text", "number", "money", "date-time", "date", "url", "boolean")
_LETTERS = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"), exclude_characters="{}")
_WORDS = st.text(_LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip() != "")
_KEYS = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789_-", min_size=1, max_size=10)


@dataclass(frozen=True, slots=True)
class FilledModel:
    """A Model, and one pass that fits it."""

    model: PassModel
    serial: str
    values: dict[str, Any]


class Pieces:
    """Strategies for the parts of one document: its languages and variables are settled."""

    def __init__(self, languages: Sequence[str], variables: dict[str, Document]) -> None:
        self.languages = languages
        self.variables = variables

    def names(self, *types: str) -> list[str]:
        """Variables of these types."""
        return [name for name, variable in self.variables.items() if variable["type"] in types]

    def line(self) -> st.SearchStrategy[str]:
        """A string with a fixed part, which may hold References."""
        return st.lists(self._reference(), max_size=2).flatmap(
            lambda references: _WORDS.map(lambda word: " ".join([word, *references]))
        )

    def text(self) -> st.SearchStrategy[Any]:
        """A text, plain or in several languages, never empty."""
        if len(self.languages) == 1:
            return self.line()
        default, others = self.languages[0], self.languages[1:]
        return self.line() | st.fixed_dictionaries(
            {default: self.line()}, optional={language: self.line() for language in others}
        )

    def fixed(self) -> st.SearchStrategy[str]:
        """A string without References."""
        return _WORDS

    def whole(self) -> st.SearchStrategy[Any]:
        """A text, or one Reference and nothing else."""
        return self.text() | self._reference()

    def slot(self, literal: st.SearchStrategy[Any], *types: str) -> st.SearchStrategy[Any]:
        """A literal, or a Reference to a variable of one of these types."""
        names = self.names(*types)
        return literal | st.sampled_from(names).map("{{{{ {} }}}}".format) if names else literal

    def date_time(self) -> st.SearchStrategy[Any]:
        """A place for a date and time."""
        return self.slot(date_times(), "date-time", "date")

    def money(self) -> st.SearchStrategy[Any]:
        """A place for an amount."""
        return self.slot(amounts(), "money")

    def balance(self) -> st.SearchStrategy[Any]:
        """A place for a balance."""
        return self.slot(amounts() | st.integers(-(10**9), 10**12) | self.fixed(), "number", "money", "text")

    def _reference(self) -> st.SearchStrategy[str]:
        names = ["serial", *self.names(*_SPOKEN)]
        return st.sampled_from(names).flatmap(lambda name: st.sampled_from(self._written(name)))

    def _written(self, name: str) -> list[str]:
        formats = FORMATS[self.variables[name]["type"]] if name in self.variables else ()
        return [f"{{{{ {name} }}}}", *(f"{{{{ {name} | {form} }}}}" for form in formats)]


def amounts() -> st.SearchStrategy[str]:
    """Money, as written in documents."""
    number = st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False, places=2)
    return st.builds("{} {}".format, number, st.sampled_from(("EUR", "USD", "JPY", "KWD")))


def date_times() -> st.SearchStrategy[str]:
    """Dates and times, with an offset or without."""
    return st.builds(
        "{}-{:02}-{:02}T{:02}:{:02}{}".format,
        st.integers(1990, 2090),
        st.integers(1, 12),
        st.integers(1, 28),
        st.integers(0, 23),
        st.integers(0, 59),
        st.sampled_from(("", "", "Z", "+02:00", "-05:30")),
    )


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": _WORDS,
    "number": st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False).map(lambda n: round(n, 4)),
    "money": amounts(),
    "date-time": date_times(),
    "date": st.dates().map(lambda day: day.replace(year=2000 + day.year % 90, day=min(day.day, 28)).isoformat()),
    "url": st.text("abcxyz019-_/", max_size=12).map("https://example.com/{}".format),
    "image": st.just(PICTURE),
    "boolean": st.booleans(),
}


@st.composite
def _variables(draw: st.DrawFn) -> dict[str, Document]:
    types = draw(st.lists(st.sampled_from(tuple(_VALUES)), max_size=5))
    variables: dict[str, Document] = {}
    for position, variable_type in enumerate(types):
        variable: Document = {"type": variable_type}
        if variable_type == "boolean":
            variable["labels"] = {"true": "yes", "false": "no"}
        if draw(st.booleans()):
            variable["required"] = False
        elif variable_type != "image" and draw(st.booleans()):
            variable["default"] = draw(_VALUES[variable_type])
        variables[f"{variable_type.replace('-', '_')}_{position}"] = variable
    return variables


@st.composite
def _fields(draw: st.DrawFn, pieces: Pieces) -> dict[str, list[Document]]:
    sizes = {"header": 2, "primary": 2, "secondary": 4, "auxiliary": 5, "back": 12}
    counts = {area: draw(st.integers(0, size)) for area, size in sizes.items()}
    total = sum(counts.values())
    keys = draw(st.lists(_KEYS, min_size=total, max_size=total, unique=True))
    field = st.fixed_dictionaries(
        {"value": pieces.whole() | st.integers(-(10**9), 10**9) | st.sampled_from(
            ("https://example.com/a", "info@example.com", "+33 1 23 45 67 89")
        )},
        optional={"label": pieces.text(), "change_message": st.just("%@")},
    )  # fmt: skip
    return {area: [{"key": keys.pop(), **draw(field)} for _ in range(count)] for area, count in counts.items()}


def _images(pieces: Pieces) -> st.SearchStrategy[Document]:
    fixed = st.just(PICTURE)
    own = pieces.slot(fixed, "image")
    return st.fixed_dictionaries(
        {"logo": fixed},
        optional={"icon": fixed, "wide_logo": fixed, "strip": own, "hero": own, "thumbnail": own, "footer": own},
    )


def _extras(pieces: Pieces) -> dict[str, st.SearchStrategy[Any]]:
    """What any Model may have."""
    url = st.sampled_from(("https://example.com/", "https://example.com/{{ serial }}?a=b", "tel:+33123456789"))
    place = {"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}
    span = st.fixed_dictionaries({}, optional={"start": pieces.date_time(), "end": pieces.date_time()})
    code = {"format": st.sampled_from(("qr", "pdf417", "aztec")), "message": pieces.line() | st.just("{{ serial }}")}
    return {
        "fields": _fields(pieces),
        "barcode": st.fixed_dictionaries(code, optional={"alt_text": pieces.text()}),
        "state": st.sampled_from(("active", "used", "expired", "voided")),
        "voided": pieces.slot(st.booleans(), "boolean"),
        "colors": st.sampled_from(({"background": "#0b3d2e"}, {"background": "#fff", "foreground": "#000"})),
        "places": st.lists(st.fixed_dictionaries(place, optional={"text": pieces.text()}), max_size=10),
        "relevant": st.lists(st.fixed_dictionaries({"at": pieces.date_time()}), max_size=2),
        "validity": span,
        "terms": pieces.text(),
        "links": st.lists(st.fixed_dictionaries({"url": url, "label": pieces.text()}), max_size=3),
        "contact": st.fixed_dictionaries({}, optional={
            "email": st.just("info@example.com"), "phone": st.just("+33 1 23 45 67 89"),
            "url": st.just("https://example.com"), "address": pieces.text(),
        }),
        "app": st.just({"android_package": "com.example.app", "web_url": "https://example.com/{{ serial }}"}),
        "nfc": st.just({"message": "tap", "public_key": PUBLIC_KEY, "redemption_issuers": ["3388000000000000001"]}),
        "grouping": pieces.line().map(lambda text: {"id": text}),
        "sharing": st.booleans().map(lambda prohibited: {"prohibited": prohibited}),
    }  # fmt: skip


@st.composite
def pass_models(
    draw: st.DrawFn, pass_types: Sequence[PassType] = PASS_TYPES, wallets: Sequence[Wallet] = ("apple", "google")
) -> PassModel:
    """
    Models that read back valid, with pictures.

    Args:
        draw: Hypothesis gives it.
        pass_types: The kinds wanted.
        wallets: The wallets they are for.
    """
    pass_type = draw(st.sampled_from(tuple(pass_types)))
    languages = draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True))
    variables = draw(_variables())
    pieces = Pieces(languages, variables)
    document = {
        "model": "any-model",
        "pass_type": pass_type,
        "function": "any function",
        "organization": draw(pieces.text()),
        "description": draw(pieces.text()),
        "languages": languages,
        "zone": draw(st.sampled_from(ZONES)),
        "wallets": list(wallets),
        "variables": variables,
        "images": draw(_images(pieces)),
        **draw(st.fixed_dictionaries({}, optional=_extras(pieces))),
    }
    details = draw(details_of(pass_type, pieces))
    if details is not None:
        document[pass_type.replace("-", "_")] = details
    return PassModel.read(document)


@st.composite
def pass_values(draw: st.DrawFn, model: PassModel) -> dict[str, Any]:
    """Values of one pass: all that it needs, and perhaps the others."""
    return {
        name: draw(_VALUES[variable.type])
        for name, variable in model.variables.items()
        if variable.needed or draw(st.booleans())
    }


def serials() -> st.SearchStrategy[str]:
    """Serial numbers, plain ones and odd ones."""
    odd = st.text(_LETTERS, min_size=1, max_size=128).filter(lambda text: text.isprintable() and text == text.strip())
    return st.from_regex(r"[A-Z]{1,3}-[0-9]{1,8}", fullmatch=True) | odd


@st.composite
def filled_models(
    draw: st.DrawFn, pass_types: Sequence[PassType] = PASS_TYPES, wallets: Sequence[Wallet] = ("apple", "google")
) -> FilledModel:
    """A Model of these kinds, and one pass that fits it."""
    model = draw(pass_models(pass_types, wallets))
    return FilledModel(model, draw(serials()), draw(pass_values(model)))
