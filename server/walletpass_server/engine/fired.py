"""The answer to whoever made something happen to passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from walletpass.lifecycle import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """
    The answer to a caller.

    Attributes:
        matched: Passes it concerned; None while a run with a filter has not looked yet.
        moved: Passes that it moved; None when a run is to do that.
        run_id: The run that carries it out; None when it is done.
        reasons: Why passes did not move (`lifecycle.Why`), by how many.
    """

    matched: int | None
    moved: int | None
    run_id: int | None = None
    reasons: Mapping[str, int]

    def document(self) -> dict[str, object]:
        """As it is kept with an idempotency key: `Fired(**document)` is the same answer."""
        return {"matched": self.matched, "moved": self.moved, "run_id": self.run_id, "reasons": dict(self.reasons)}


def summary(answers: Sequence[Sequence[Decision]]) -> Fired:
    """The answer to a caller, from what was decided for each pass."""
    moved = sum(any(decision.transition for decision in decisions) for decisions in answers)
    reasons: dict[str, int] = {}
    for decisions in answers:
        if not any(decision.transition for decision in decisions):
            why = decisions[-1].why
            reasons[why] = reasons.get(why, 0) + 1
    return Fired(matched=len(answers), moved=moved, reasons=reasons)
