"""A sender that sends nothing: it remembers, and fails as told. For tests of what empties an outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    How a sending fails.

    Attributes:
        error: What the other side says.
        wait: Its Retry-After, if any.
        final: Trying again cannot help.
    """

    error: str
    wait: timedelta | None = None
    final: bool = False


@dataclass(slots=True)
class FakeSender(Generic[L]):
    """
    Stands for APNs, Google or a hook's target.

    Attributes:
        key: What tells letters apart, for counting.
        refuse: Asked for each letter: a Refusal, or None to take it.
        taken: Letters taken, in order.
    """

    key: Callable[[L], str]
    refuse: Callable[[L], Refusal | None] = field(default=lambda _: None)
    taken: list[L] = field(default_factory=list)

    async def send(self, letters: Iterable[L]) -> tuple[list[L], list[tuple[L, Refusal]]]:
        """Take letters; gives those that arrived, and those refused with the reason."""
        arrived: list[L] = []
        refused: list[tuple[L, Refusal]] = []
        for letter in letters:
            refusal = self.refuse(letter)
            if refusal is None:
                self.taken.append(letter)
                arrived.append(letter)
            else:
                refused.append((letter, refusal))
        return arrived, refused

    @property
    def times(self) -> Counter[str]:
        """How often each was taken."""
        return Counter(self.key(letter) for letter in self.taken)
