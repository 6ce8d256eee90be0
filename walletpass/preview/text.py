"""Text of passes: cleaned, measured, wrapped, cut. Widths are those of the fonts shipped with the previews."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FONT_FAMILY = "Noto Sans"
FONTS = {
    bold: Path(__file__).parent / "fonts" / f"NotoSans-{'Bold' if bold else 'Regular'}.ttf" for bold in (False, True)
}

_UNITS = 1000  # of the fonts: measured at this size there is no rounding
_ELLIPSIS = "…"
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
_BLANKS = re.compile("[ \t]+")  # not the no-break spaces, which hold "40 €" together
_RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "iw", "ps", "ur", "yi"}
# Controls, surrogates and non-characters are not XML; bidi controls could make a preview differ from its text.
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def clean(value: object, limit: int = 300) -> str:
    """Any value as text fit for drawing: whitespace collapsed (line ends kept), at most `limit` characters."""
    text = _DROPPED.sub("", _LINE_END.sub("\n", str(value)[: 2 * limit]))
    text = "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip()
    return text if len(text) <= limit else text[: limit - 1] + _ELLIPSIS


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in points, before shaping: never much less than what is drawn."""
    return sum(_advance(letter, bold) for letter in text) * size


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """One line: the text, cut with an ellipsis if it is wider than the room."""
    text = text.replace("\n", " ")
    if width(text, size, bold=bold) <= room:
        return text
    kept, used = [], width(_ELLIPSIS, size, bold=bold)
    for letter in text:
        used += _advance(letter, bold) * size
        if used > room:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + _ELLIPSIS


def shrink(text: str, room: float, size: float, smallest: float, *, bold: bool = False) -> float:
    """The largest size from `size` down to `smallest` at which the text fits; `smallest` if none does."""
    needed = width(text, size, bold=bold)
    return size if needed <= room else max(smallest, size * room / needed)


def wrap(text: str, room: float, size: float, *, bold: bool = False, lines: int = 100) -> list[str]:
    """The text in lines no wider than the room; what is beyond the last line is cut with an ellipsis."""
    wrapped: list[str] = []
    for paragraph in text.split("\n"):
        wrapped += _wrap_paragraph(paragraph, room, size, bold)
        if len(wrapped) > lines:
            last = fit(wrapped[lines - 1] + _ELLIPSIS, room, size, bold=bold)
            return [*wrapped[: lines - 1], last]
    return wrapped


def right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def mostly_right_to_left(texts: Iterable[str]) -> bool:
    """Whether more than half of the texts that have letters run from right to left."""
    words = [text for text in texts if any(letter.isalpha() for letter in text)]
    return sum(map(right_to_left, words)) * 2 > len(words)


def reads_from_the_right(language: str) -> bool:
    """Whether a language is written from right to left."""
    return language.replace("_", "-").split("-")[0].lower() in _RIGHT_TO_LEFT


def _wrap_paragraph(paragraph: str, room: float, size: float, bold: bool) -> list[str]:
    lines: list[str] = []
    line, used = "", 0.0
    space = _advance(" ", bold) * size
    for word in paragraph.split(" "):
        needed = width(word, size, bold=bold)
        if line and used + space + needed <= room:
            line, used = f"{line} {word}", used + space + needed
            continue
        if line:
            lines.append(line)
        line, used = word, needed
        while used > room and len(line) > 1:  # one word wider than the line
            head = _head(line, room, size, bold)
            lines.append(head)
            line = line[len(head) :]
            used = width(line, size, bold=bold)
    return [*lines, line]


def _head(word: str, room: float, size: float, bold: bool) -> str:
    used = 0.0
    for count, letter in enumerate(word):
        used += _advance(letter, bold) * size
        if used > room:
            return word[: max(count, 1)]
    return word


@lru_cache(maxsize=8192)
def _advance(letter: str, bold: bool) -> float:
    return _font(bold).getlength(letter) / _UNITS


@lru_cache(maxsize=2)
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS[bold], _UNITS, layout_engine=ImageFont.Layout.BASIC)
