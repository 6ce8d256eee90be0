"""What becomes of each part of a Model in a wallet: nothing is lost silently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from walletpass.errors import MappingRejected

Provider = Literal["apple", "google"]
Action = Literal["exact", "adapted", "moved", "dropped", "rejected"]


@dataclass(frozen=True, slots=True)
class LossEntry:
    """
    One part of a Model in one wallet.

    Attributes:
        field: Path in the Model ("images.background").
        provider: The wallet.
        action: `exact`: as written. `adapted`: shown otherwise. `moved`: shown elsewhere. `dropped`: not shown.
            `rejected`: no pass can be made.
        reason: Why, in a sentence; empty when exact.
    """

    field: str
    provider: Provider
    action: Action
    reason: str = ""

    def as_dict(self) -> dict[str, str]:
        """The entry as JSON-ready text values."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.field}: {self.action}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class LossReport:
    """All entries of one Model; the same for every pass made from it."""

    entries: tuple[LossEntry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[LossEntry], *, strict: bool = False) -> LossReport:
        """
        A report, each entry once. A part that is anything else besides is not exact.

        Args:
            entries: In any number, repeats allowed.
            strict: Whether a part that would be dropped is rejected instead.
        """
        once = tuple(dict.fromkeys(entries))
        lossy = {entry.field for entry in once if entry.action != "exact"}
        once = tuple(entry for entry in once if entry.action != "exact" or entry.field not in lossy)
        if strict:
            once = tuple(replace(e, action="rejected") if e.action == "dropped" else e for e in once)
        return cls(once)

    @property
    def losses(self) -> tuple[LossEntry, ...]:
        """All that is not exact."""
        return tuple(entry for entry in self.entries if entry.action != "exact")

    @property
    def rejected(self) -> tuple[LossEntry, ...]:
        """What stops passes from being made."""
        return tuple(entry for entry in self.entries if entry.action == "rejected")

    def require(self, model: str) -> None:
        """
        Refuse a Model of which something is rejected.

        Args:
            model: Its name, for the message.

        Raises:
            MappingRejected: Names every part.
        """
        if self.rejected:
            says = "; ".join(f"{entry.field}: {entry.reason}" for entry in self.rejected)
            raise MappingRejected(f"model {model}: {says}")
