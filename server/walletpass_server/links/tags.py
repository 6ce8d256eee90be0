"""Source tags of links (`utm_source` and its siblings): where a holder came from."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

NAMES = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
LONGEST = 100
"""Characters kept of each."""

Tags = dict[str, str]


def read_tags(query: Iterable[tuple[str, str]]) -> Tags:
    """The tags among the parameters of a query: the first of each name, cut, without what cannot be printed."""
    found: Tags = {}
    for name, value in query:
        text = "".join(filter(str.isprintable, value[: 2 * LONGEST]))[:LONGEST].strip()
        if name in NAMES and name not in found and text:
            found[name] = text
    return {name: found[name] for name in NAMES if name in found}


def as_query(tags: Tags) -> str:
    """Tags for the end of an address: `?utm_source=...`, or nothing."""
    return f"?{urlencode(tags)}" if tags else ""
