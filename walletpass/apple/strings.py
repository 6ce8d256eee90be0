"""`pass.strings`: the texts of one language, one `"key" = "value";` a line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping

from walletpass.errors import DocumentError

_TOKEN = re.compile(
    r"""
    (?P<blank> \s+ | //[^\n\r]* | /\*.*?\*/ )
  | " (?P<quoted> [^"\\]* (?: \\. [^"\\]* )* ) "
  | (?P<bare> [\w./$:-]+ )
  | (?P<mark> [=;] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[uU]([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_WRITTEN = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\U0000"})


def write_strings(texts: Mapping[str, str]) -> bytes:
    """UTF-8 without a byte-order mark, in the order given: the same mapping gives the same bytes."""
    lines = (f'"{key.translate(_WRITTEN)}" = "{text.translate(_WRITTEN)}";\n' for key, text in texts.items())
    return "".join(lines).encode()


def read_strings(data: bytes) -> dict[str, str]:
    """
    The texts of a `pass.strings` by key. Of a repeated key the first counts, as in Foundation.

    Raises:
        DocumentError: It is not text, or not in this syntax; the message names the line.
    """
    texts: dict[str, str] = {}
    for key, text in read_pairs(data):
        texts.setdefault(key, text)
    return texts


def read_pairs(data: bytes) -> list[tuple[str, str]]:
    """Every pair in file order, repeated keys included. Raises as `read_strings`."""
    source = _decode(data)
    pairs: list[tuple[str, str]] = []
    statement: list[tuple[str, str, int]] = []
    for token in _tokens(source):
        statement.append(token)
        if token[0] != ";":
            continue
        kinds = [kind for kind, _, _ in statement]
        key = statement[0][1]
        if kinds == ["text", "=", "text", ";"]:
            pairs.append((key, statement[2][1]))
        elif kinds == ["text", ";"]:  # the short form: the key is its own text
            pairs.append((key, key))
        else:
            break
        statement.clear()
    if statement:
        raise _broken(source, statement[0][2], 'expected "key" = "value";')
    return pairs


def repeated_keys(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Keys that occur more than once, in order of their second occurrence."""
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for key, _ in pairs:
        if key in seen:
            repeated[key] = None
        seen.add(key)
    return list(repeated)


def _tokens(source: str) -> Iterable[tuple[str, str, int]]:
    """Kind ("text", "=" or ";"), text and offset of everything that is not blank."""
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise _broken(source, at, "an unclosed quote or comment, or a stray character")
        if match["quoted"] is not None:
            yield "text", _unescape(match["quoted"]), at
        elif match["bare"] is not None:
            yield "text", match["bare"], at
        elif match["mark"] is not None:
            yield match["mark"], match["mark"], at
        at = match.end()


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        octal, hexadecimal, letter = match.groups()
        if octal:
            return chr(int(octal, 8))
        if hexadecimal:
            return chr(int(hexadecimal, 16))
        return _NAMED.get(letter, letter)

    plain = _ESCAPE.sub(one, text)
    # \Uxxxx names UTF-16 units: a pair of them is one character, a lone one is none.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data[1:2] == b"\0":
        encoding = "utf-16-le"
    elif data[:1] == b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        name = encoding.removesuffix("-sig").upper()
        raise DocumentError(f"pass.strings, byte {problem.start}: not {name} text; save the file as UTF-8") from problem


def _broken(source: str, at: int, says: str) -> DocumentError:
    return DocumentError(f"pass.strings, line {source.count(chr(10), 0, at) + 1}: {says}; correct that line")
