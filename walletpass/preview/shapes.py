"""Outlines of cards, as SVG path data."""

from __future__ import annotations

from walletpass.preview.svg import number

_RADIUS = 12.0


def rounded(width: float, height: float, radius: float = _RADIUS, x: float = 0, y: float = 0) -> str:
    """Store card, generic pass: a plain card."""
    return _path(
        ("M", x + radius, y),
        ("h", width - 2 * radius),
        ("q", radius, 0, radius, radius),
        ("v", height - 2 * radius),
        ("q", 0, radius, -radius, radius),
        ("h", 2 * radius - width),
        ("q", -radius, 0, -radius, -radius),
        ("v", 2 * radius - height),
        ("q", 0, -radius, radius, -radius),
        ("z",),
    )


def torn(width: float, height: float, teeth: int = 31, depth: float = 5.0) -> str:
    """Coupon: torn off at the top and at the bottom."""
    step = width / teeth
    half = step / 2
    down = [("l", half, -depth), ("l", half, depth)] * teeth
    back = [("l", -half, depth), ("l", -half, -depth)] * teeth
    return _path(("M", 0, depth), *down, ("V", height - depth), *back, ("z",))


def ticket(width: float, height: float, notch: float = 26.0, radius: float = _RADIUS) -> str:
    """Event ticket: a notch in the middle of the top edge."""
    side = (width - 2 * notch) / 2 - radius
    return _path(
        ("M", radius, 0),
        ("h", side),
        ("q", notch * 0.35, notch * 0.62, notch, notch * 0.62),
        ("q", notch * 0.65, 0, notch, -notch * 0.62),
        ("h", side),
        ("q", radius, 0, radius, radius),
        ("v", height - 2 * radius),
        ("q", 0, radius, -radius, radius),
        ("h", 2 * radius - width),
        ("q", -radius, 0, -radius, -radius),
        ("v", 2 * radius - height),
        ("q", 0, -radius, radius, -radius),
        ("z",),
    )


def stub(width: float, height: float, fold: float, bite: float = 8.0, radius: float = _RADIUS) -> str:
    """Boarding pass: bites at both ends of the fold, `fold` points below the top."""
    return _path(
        ("M", radius, 0),
        ("h", width - 2 * radius),
        ("q", radius, 0, radius, radius),
        ("V", fold - bite),
        ("a", bite, bite, 0, 0, 0, 0, 2 * bite),
        ("V", height - radius),
        ("q", 0, radius, -radius, radius),
        ("h", 2 * radius - width),
        ("q", -radius, 0, -radius, -radius),
        ("V", fold + bite),
        ("a", bite, bite, 0, 0, 0, 0, -2 * bite),
        ("V", radius),
        ("q", 0, -radius, radius, -radius),
        ("z",),
    )


def _path(*steps: tuple[str | float, ...]) -> str:
    return "".join(str(step[0]) + " ".join(number(float(part)) for part in step[1:]) for step in steps)
