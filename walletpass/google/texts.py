"""
Texts as Google takes them: plain, with a `localized…` twin, or only localized.

The default language stands in `defaultValue` and is never repeated among the translations.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from walletpass.formats import write
from walletpass.model.text import Text
from walletpass.render import OMIT, Fill, Hole, Needs, Values, Writer, compiled
from walletpass.words import word


def string(writer: Writer, text: Text, language: str | None = None) -> Any:
    """A text in one language; OMIT when there is nothing in it."""
    written = writer.string(text, language)
    return OMIT if isinstance(written, str) and not written.strip() else written


def localized(writer: Writer, text: Text) -> Needs:
    """A LocalizedString; left out as a whole when the text is empty in the default language."""
    default = Needs({"language": writer.default, "value": string(writer, text)}, "value")
    return Needs({"defaultValue": default, "translatedValues": _translations(writer, text) or None}, "defaultValue")


def twin(writer: Writer, name: str, text: Text) -> dict[str, Any]:
    """A plain property in the default language, and its `localized…` twin if there are translations."""
    written = {name: string(writer, text)}
    if _translations(writer, text):
        written[twin_name(name)] = localized(writer, text)
    return written


def twin_name(name: str) -> str:
    """`title` to `localizedTitle`."""
    return f"localized{name[0].upper()}{name[1:]}"


def _translations(writer: Writer, text: Text) -> list[Needs]:
    default = text.in_language(writer.default, writer.default)
    return [
        Needs({"language": language, "value": string(writer, text, language)}, "value")
        for language in writer.languages[1:]
        # A text that is missing in a language, or the same, says something new only by its formatted values.
        if (other := text.in_language(language, writer.default)) != default or writer.varies(Text(plain=other))
    ]


def first_filled(*trees: Any) -> Any:
    """The first of some trees that is not left out."""
    return Hole(partial(_first, [*map(compiled, trees)]))


def _first(fills: list[Fill], values: Values) -> Any:
    return next((filled for fill in fills if (filled := fill(values)) is not OMIT), OMIT)


def value_text(writer: Writer, value: Text | int | float) -> Text:
    """The value of a field as a text; a number is written as each language writes it."""
    if isinstance(value, Text):
        return value
    written = {tag: write(value, None, None, tag, writer.zone) for tag in writer.languages}
    return _text(written, writer.default)


def word_text(writer: Writer, name: str) -> Text:
    """One of the words walletpass adds itself (`terms`, `address`...)."""
    return _text({tag: word(name, tag) for tag in writer.languages}, writer.default)


def _text(written: dict[str, str], default: str) -> Text:
    if len(set(written.values())) == 1:
        return Text(plain=written[default])
    return Text(plain=None, translations=tuple(written.items()))
