"""Colours as passes write them, and what stands out on them."""

from __future__ import annotations

import re
from typing import NamedTuple

_RGB = re.compile(r"\s*rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)\s*", re.IGNORECASE)
_HEX = re.compile(r"\s*#([0-9a-f]{3}|[0-9a-f]{6})\s*", re.IGNORECASE)


class Colour(NamedTuple):
    """Red, green, blue, each 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it."""
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in self)
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    @property
    def dark(self) -> bool:
        """Whether white text reads better on it than black text."""
        return self.luminance < 0.36

    def towards(self, other: Colour, share: float) -> Colour:
        """Mixed with another: share 0 is this colour, 1 the other."""
        return Colour(*(round(a + (b - a) * share) for a, b in zip(self, other, strict=True)))


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)


def parse_colour(value: object) -> Colour | None:
    """`rgb(1, 2, 3)`, `#abc` or `#aabbcc`; None for anything else."""
    if not isinstance(value, str):
        return None
    if match := _RGB.fullmatch(value):
        parts = [int(part) for part in match.groups()]
        return Colour(*parts) if max(parts) <= 255 else None
    if match := _HEX.fullmatch(value):
        digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
        return Colour(*bytes.fromhex(digits))
    return None


def text_on(background: Colour) -> Colour:
    """Black or white, whichever reads better."""
    return WHITE if background.dark else BLACK
