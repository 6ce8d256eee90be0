"""Durations as people say them."""

from __future__ import annotations

from datetime import timedelta


def duration(left: timedelta) -> str:
    """The two largest units: `3 h 20 min`, `45 s`."""
    seconds = max(1, round(left.total_seconds()))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts: list[tuple[int, str]] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count)
