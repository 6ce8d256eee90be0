"""Texts of pass.json and the `pass.strings` that translate them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from walletpass.apple.strings import write_strings
from walletpass.model.text import Text
from walletpass.model.variables import Value
from walletpass.render import OMIT, Fill, Hole, Values, Writer, compiled
from walletpass.words import word

_MARK = "\u200b"
"""Zero-width space: tells two texts apart that are the same in the default language only."""


class StringTable:
    """
    The translated texts of one pass.

    A key is the text in the default language, so that a phone set to a language the pass does not have shows that.
    """

    __slots__ = ("_shared", "_texts")

    def __init__(self, shared: StringTable | None = None) -> None:
        """
        Args:
            shared: The table of what all passes share; this one adds to it without changing it.
        """
        self._shared = shared._texts if shared else {}
        self._texts: dict[str, tuple[str, ...]] = {}

    def key(self, texts: tuple[str, ...]) -> str:
        """
        What stands in pass.json for a text.

        Args:
            texts: The text in each language of the Model, the default first.
        """
        key = texts[0]
        if all(text == key for text in texts):
            return self.literal(key)
        while (self._shared.get(key) or self._texts.setdefault(key, texts)) != texts:
            key += _MARK
        return key

    def literal(self, text: str) -> str:
        """A text that must not be translated: told apart from a key of the same spelling."""
        while text in self._texts or text in self._shared:
            text += _MARK
        return text

    def __contains__(self, text: object) -> bool:
        """Whether a text is a key here."""
        return text in self._texts or text in self._shared

    def files(self, languages: tuple[str, ...]) -> dict[str, bytes]:
        """`xx.lproj/pass.strings` of every language, the same keys in each; without the shared texts."""
        if len(languages) == 1:
            return {}
        return {
            f"{language}.lproj/pass.strings": write_strings({key: texts[i] for key, texts in self._texts.items()})
            for i, language in enumerate(languages)
        }


class Filling(dict[str, Value]):
    """The values of one pass, with the table its texts are gathered in."""

    __slots__ = ("table",)

    def __init__(self, values: Values, table: StringTable) -> None:
        super().__init__(values)
        self.table = table


class AppleTexts:
    """Turns texts into what stands in pass.json: the text itself, a key of the table, or a hole for either."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.table = StringTable()
        self.grows = False
        """Whether passes add texts of their own to the table."""

    def text(self, text: Text, wrap: Callable[[str], str] | None = None, *, url: bool = False) -> Any:
        """
        A localizable text.

        Args:
            text: The text.
            wrap: Changes each rendering, such as making a link of it.
            url: It is an address: values inside it are percent-encoded.
        """
        if not self.writer.varies(text):
            plain = _wrapped(self.writer.string(text, encode=url), wrap)
            return Hole(partial(_fill_literal, plain.fill)) if isinstance(plain, Hole) else plain
        renderings = [
            _wrapped(self.writer.string(text, language, encode=url), wrap) for language in self.writer.languages
        ]
        if not any(isinstance(rendering, Hole) for rendering in renderings):
            return self.table.key(tuple(map(str, renderings)))
        self.grows = True
        fills = [compiled(rendering) for rendering in renderings]
        return Hole(partial(_fill_localized, fills))

    def word(self, name: str) -> str:
        """One of the words walletpass adds itself."""
        return self.table.key(tuple(word(name, language) for language in self.writer.languages))


def _wrapped(text: str | Hole, wrap: Callable[[str], str] | None) -> str | Hole:
    if wrap is None:
        return text
    return Hole(partial(_fill_wrapped, text.fill, wrap)) if isinstance(text, Hole) else wrap(text)


def _fill_wrapped(fill: Fill, wrap: Callable[[str], str], values: Values) -> Any:
    text = fill(values)
    return OMIT if text is OMIT else wrap(text)


def _fill_literal(fill: Fill, values: Values) -> Any:
    text = fill(values)
    return values.table.literal(text) if text is not OMIT and isinstance(values, Filling) else text


def _fill_localized(fills: list[Fill], values: Values) -> Any:
    texts = tuple("" if (text := fill(values)) is OMIT else text for fill in fills)
    if not texts[0]:
        return OMIT
    return values.table.key(texts) if isinstance(values, Filling) else texts[0]
