"""
A Notification that comes later than its update.

A phone tells of a field when the pass it fetches has another value there than the one it holds, and a change message.
An update shown silently at night has taken the new value already, so in the morning nothing would differ. So the silent
version carries the value with an invisible mark; the later one, without it, differs.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

MARK = "\u2060"
"""Word joiner: nothing to see, and no place to break a line."""


def held_back(document: dict[str, Any], before: dict[str, Any] | None, translated: Container[str]) -> dict[str, Any]:
    """
    A pass.json without change messages, so that what they are about is told by the next version that has them.

    Args:
        document: With change messages.
        before: As it was before what the Notification is about; None when it could not be.
        translated: Keys of pass.strings: a mark would part them from their translations. Their fields, and numbers and
            dates, have no place for it: they are not told of later.
    """
    fields = list(_fields(document))
    old = {} if before is None else {field["key"]: field["value"] for field in _fields(before)}
    changed = {field["key"] for field in fields if old.get(field["key"]) != field["value"]}
    telling = {field["key"] for field in fields if _can_be_marked(field, translated)}
    marked = telling & changed or telling  # where no value changed it was the Model, and that may concern any field

    def quiet(tree: Any) -> Any:
        if isinstance(tree, list):
            return [quiet(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        kept = {key: quiet(item) for key, item in tree.items() if key != "changeMessage"}
        if "changeMessage" in tree and tree.get("key") in marked:
            kept["value"] = f"{kept['value']}{MARK}"
        return kept

    return {key: value if key == "userInfo" else quiet(value) for key, value in document.items()}


def _can_be_marked(field: dict[str, Any], translated: Container[str]) -> bool:
    """Whether it has a change message, and a text that is shown as it stands."""
    value = field["value"]
    is_text = isinstance(value, str) and "dateStyle" not in field and "timeStyle" not in field
    return "changeMessage" in field and is_text and value not in translated


def _fields(tree: Any) -> Iterator[dict[str, Any]]:
    """Every field of a pass.json, wherever it is."""
    if isinstance(tree, dict):
        if isinstance(tree.get("key"), str) and "value" in tree:
            yield tree
        for key, item in tree.items():
            if key != "userInfo":
                yield from _fields(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _fields(item)
