"""JSON read strictly, to say what is wrong, and then as leniently as is safe, so that the rest can be looked at."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from walletpass.apple.verify.limits import LIMITS
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, warning

_JSON = "RFC 8259 (JSON)"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# An unclosed string runs to the end: failing there instead would be quadratic.
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z|\\\Z))|,(?=\s*[}\]])', re.DOTALL)
_LARGEST = 2**63


class _Repeated(dict[str, Any]):
    """An object in which keys stood more than once."""

    keys_repeated: tuple[str, ...] = ()


def parse_object(data: bytes, name: str) -> tuple[dict[str, Any], list[Finding]]:
    """
    The JSON object of a file, and what is wrong with it; an empty one if it cannot be read at all.

    Args:
        data: Content of the file.
        name: What findings call it ("pass.json").
    """
    if len(data) > LIMITS.json:
        says = f"it has {len(data)} bytes; more than {LIMITS.json} are not read"
        return {}, [
            error("json-too-large", name, says, "walletpass: bounds for unknown archives", "Shorten its texts.")
        ]
    text, findings = _decode(data, name)
    if text is None:
        return {}, findings
    value, faults = _load(text, name)
    findings += faults
    if value is None and faults:
        return {}, findings
    if not isinstance(value, dict):
        says = f"it holds {_kind(value)} where an object belongs"
        return {}, [*findings, error("json-not-object", name, says, _JSON, "Begin it with { and end it with }.")]
    deep, faults = _walk(value, name)
    return ({} if deep else value), findings + faults


def _decode(data: bytes, name: str) -> tuple[str | None, list[Finding]]:
    hint = "Save it as UTF-8 without a byte-order mark."
    encoding = _MARKS.get(data[:2]) or ("utf-16" if b"\0" in data[:2] else "utf-8")
    findings = []
    if encoding != "utf-8":
        findings.append(error("json-not-utf8", name, "it is UTF-16, not UTF-8", _JSON, hint))
        if data[:2] not in _MARKS:
            encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    elif data.startswith(b"\xef\xbb\xbf"):
        says = "it begins with a byte-order mark, which some readers refuse"
        findings.append(warning("json-byte-order-mark", name, says, _JSON, hint))
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding), findings
    except UnicodeDecodeError as problem:
        says = f"byte {problem.start} is not {encoding.upper()}"
        return None, [error("json-not-utf8", name, says, _JSON, hint)]


def _load(text: str, name: str) -> tuple[Any, list[Finding]]:
    try:
        return _parse(text), []
    except RecursionError:
        return None, [_too_deep(name)]
    except json.JSONDecodeError as problem:
        says = f"line {problem.lineno}, column {problem.colno}: {problem.msg}"
    except ValueError as problem:
        says = str(problem)
    mended = _STRING_OR_COMMA.sub(lambda match: match[1] or "", text)
    try:
        value = _parse(mended)
    except (ValueError, RecursionError):
        return None, [error("json-invalid", name, f"it is not JSON: {says}", _JSON, "Correct it there.")]
    return value, [error("json-trailing-comma", name, f"it ends a list with a comma: {says}", _JSON, "Take it out.")]


def _parse(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_constant=_no_constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    counts = Counter(key for key, _ in pairs)
    marked = _Repeated(plain)
    marked.keys_repeated = tuple(key for key, times in counts.items() if times > 1)[:10]
    return marked


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 20 else float(digits)  # int() of a million digits takes minutes


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")


def _too_deep(name: str) -> Finding:
    says = f"it nests deeper than {LIMITS.depth} levels"
    return error("json-too-deep", name, says, "walletpass: bounds for unknown archives", "Flatten it.")


def _walk(root: dict[str, Any], name: str) -> tuple[bool, list[Finding]]:
    """Whether it nests too deep, and the faults found in any of its values. Iterative: depth is the writer's choice."""
    findings: list[Finding] = []
    stack: list[tuple[tuple[str | int, ...], Any]] = [((name,), root)]
    while stack:
        steps, value = stack.pop()
        if len(steps) > LIMITS.depth:
            return True, [_too_deep(name)]
        if isinstance(value, dict):
            findings += _keys(value, place(*steps)) if isinstance(value, _Repeated) or not _sound(value) else []
            stack += [((*steps, key), below) for key, below in value.items() if not isinstance(below, bool | None)]
        elif isinstance(value, list):
            stack += [((*steps, at), below) for at, below in enumerate(value) if not isinstance(below, bool | None)]
        elif isinstance(value, str):
            if not _encodable(value):
                findings.append(_surrogate(place(*steps)))
        elif abs(value) >= _LARGEST:
            says = "the number is larger than Wallet can hold"
            findings.append(error("json-number-too-large", place(*steps), says, _JSON, "Write it as text."))
        if len(findings) > LIMITS.findings:
            break
    return False, findings


def _keys(value: dict[str, Any], where: str) -> list[Finding]:
    findings = [_surrogate(where)] if not _sound(value) else []
    if isinstance(value, _Repeated):
        named = ", ".join(shown(key) for key in value.keys_repeated)
        says = f"keys occur more than once: {named}; two readers may see two values"
        findings.append(error("json-key-repeated", where, says, _JSON, "Keep one of each."))
    return findings


def _sound(value: dict[str, Any]) -> bool:
    return all(map(_encodable, value))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _surrogate(where: str) -> Finding:
    says = "it holds half of a character (a lone surrogate)"
    return error("json-lone-surrogate", where, says, _JSON, "Write the character itself.")


def _kind(value: object) -> str:
    return {list: "a list", str: "text", bool: "true or false"}.get(
        type(value), "null" if value is None else "a number"
    )
