"""Widths of things that stand side by side."""

from __future__ import annotations

from collections.abc import Sequence


def share(wanted: Sequence[float], free: float) -> list[float]:
    """Widths that fit: the narrow columns get what they need, the wide ones divide the rest."""
    if sum(wanted) <= free:
        return list(wanted)
    shares = [0.0] * len(wanted)
    left, order = free, sorted(range(len(wanted)), key=lambda place: wanted[place])
    for done, place in enumerate(order):
        shares[place] = min(wanted[place], left / (len(order) - done))
        left -= shares[place]
    return shares
