"""Texts of a stranger's pass, made fit for one line of a message."""

from __future__ import annotations

_LONGEST = 60


def shown(value: object) -> str:
    """A value as it may stand in a sentence: quoted, on one line, cut after 60 characters."""
    text = repr(value[: _LONGEST + 1] if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST + 2 else text[:_LONGEST] + "…"


def place(*steps: str | int) -> str:
    """A path inside the pass: `place("pass.json", "barcodes", 0)` is `pass.json/barcodes/0`."""
    return "/".join(_plain(str(step)) for step in steps)


def _plain(step: str) -> str:
    safe = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in step[:256])
    return safe or "(empty)"
