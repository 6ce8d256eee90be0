"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """
    What one check found.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be.
        says: What was found; what to do, where it is not as it should be.
    """

    name: str
    ok: bool
    says: str
