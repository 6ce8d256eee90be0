"""Plain values of pass.json: dates, colours, addresses, time zones. Each reader gives None for what Wallet refuses."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

_DATE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
_DATE_LIKE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?", re.ASCII | re.DOTALL)
_RGB = re.compile(r"\s*rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)\s*", re.ASCII)
_HEX = re.compile(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_ZONE = re.compile(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*", re.ASCII)


def read_date(text: str) -> datetime | None:
    """A complete date with hours, minutes and zone (`Z` or `±HH:MM`)."""
    if len(text) > 40 or not _DATE.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    zone = text[-1:] if text.endswith("Z") else text[-6:]
    try:
        return datetime.fromisoformat(whole if not fraction else whole + zone)
    except ValueError:
        return None


def looks_like_date(text: str) -> bool:
    """Whether it begins as a date does, so that it was probably meant as one."""
    return bool(_DATE_LIKE.fullmatch(text[:60]))


def read_color(text: str) -> tuple[int, int, int] | None:
    """Red, green, blue of `rgb(1, 2, 3)`, `#123` or `#112233`."""
    if match := _RGB.fullmatch(text):
        red, green, blue = map(int, match.groups())
        return (red, green, blue) if max(red, green, blue) <= 255 else None
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    return None


def read_url(text: str) -> SplitResult | None:
    """An address with scheme, and with a host where its scheme has one."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    if not parts.scheme or any(char.isspace() for char in text):
        return None
    return None if parts.scheme in ("http", "https") and not parts.hostname else parts


@lru_cache(maxsize=256)
def is_zone(name: str) -> bool:
    """Whether it names a time zone of the IANA database ("Europe/Paris")."""
    if len(name) > 64 or not _ZONE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # unknown names are a KeyError in one release and an OSError in another
        return False
    except KeyError:
        return False
    return True
