"""What is delivered, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from walletpass.hooks import Event
from walletpass_server.persistence.tables import HookDeliveryRow, HookEndpointRow


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery with its envelope."""

    row: HookDeliveryRow
    event: Event

    @property
    def lane(self) -> tuple[int, int]:
        """Parcels of one lane arrive one after the other: those of a pass; others are alone in theirs."""
        return (self.row.pass_id, 0) if self.row.pass_id else (0, self.row.place)


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    What came of delivering one.

    Attributes:
        parcel: Which.
        arrived: Whether it is done.
        status: Of the HTTP answer; None without one.
        error: Why it failed, in a line, nothing of what the other side said.
        wait: What the other side asked for (Retry-After).
        gone: The endpoint says that it wants no more (410).
    """

    parcel: Parcel
    arrived: bool
    status: int | None = None
    error: str = ""
    wait: timedelta | None = None
    gone: bool = False


class Carrier(Protocol):
    """What brings events to an endpoint."""

    async def carry(self, endpoint: HookEndpointRow, lanes: Sequence[Sequence[Parcel]]) -> list[Attempt]:
        """
        Deliver lanes side by side, the parcels of each in order, up to the first that fails.

        It ends well within the lease of the endpoint; what was not tried by then is in no attempt.
        """
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
