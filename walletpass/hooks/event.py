"""The envelope of an event, its id, and the chain of events that answer one another."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from walletpass.errors import HookLoop, UsageError

VERSION = 1
"""Of the envelope. It grows when a reader of the one before would break; new keys come without that."""
MAX_CHAIN = 8
"""Events that may follow from one another by what subscribers do in answer to them."""
PARTS = 4
"""Places in the order of a pass that one fact takes: it may be told as several events."""


@dataclass(frozen=True, slots=True)
class Cause:
    """
    Why an event came about.

    Attributes:
        type: `apple.register`, `trigger`, `event`, `edit`…
        id: Which one: the name of the Trigger or of the event; may be empty.
        chain: Ids of the events in answer to which it was made, the first one first.
    """

    type: str
    id: str = ""
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    The envelope.

    Attributes:
        type: Its name: noun.past_participle.
        id: The same however often it is told: what consumers tell repeats by. Also the header `webhook-id`.
        timestamp: When it happened, UTC.
        client: The slug of the client.
        sequence: Grows with each event of the same pass, or other object.
        environment: test or production; empty for what has none.
        cause: Why.
        data: What is known of it; `data["pass"]` where a pass is concerned.
        version: Of the envelope.
    """

    type: str
    id: str
    timestamp: datetime
    client: str
    sequence: int
    environment: str = ""
    cause: Cause = Cause("platform")
    data: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        cause = {"type": self.cause.type, "id": self.cause.id or None, "chain": list(self.cause.chain)}
        return {
            "type": self.type,
            "id": self.id,
            "timestamp": self.timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "version": self.version,
            "client": self.client,
            "sequence": self.sequence,
            "environment": self.environment or None,
            "cause": cause,
            "data": dict(self.data),
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """
        The inverse of `document`, for consumers; keys it does not know are passed over.

        Raises:
            UsageError: It is no event, or of a version that this one cannot read.
        """
        try:
            cause = document.get("cause") or {}
            found = cls(
                type=str(document["type"]),
                id=str(document["id"]),
                timestamp=datetime.fromisoformat(document["timestamp"]),
                client=str(document["client"]),
                sequence=int(document["sequence"]),
                environment=document.get("environment") or "",
                cause=Cause(cause.get("type") or "", cause.get("id") or "", tuple(cause.get("chain") or ())),
                data=dict(document["data"]),
                version=int(document["version"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise UsageError(f"this is no event of walletpass: {type(exc).__name__}: {exc}") from exc
        if found.version > VERSION:
            raise UsageError(f"an event of version {found.version}, this walletpass reads {VERSION}: update it")
        return found


def follow(event: Event) -> tuple[str, ...]:
    """
    The chain of what is done in answer to an event: hand it over with that, so that loops end.

    Raises:
        HookLoop: The chain is as long as it may be.
    """
    return lengthen(event.cause.chain, event.id)


def lengthen(chain: Iterable[str], event_id: str) -> tuple[str, ...]:
    """A chain with one more event; raises HookLoop."""
    longer = (*chain, event_id)
    if len(longer) > MAX_CHAIN:
        raise HookLoop(f"{event_id}: answers {MAX_CHAIN} events one after the other: two systems answer each other")
    return longer


def event_id(pass_id: int, place: int) -> str:
    """
    The id of an event. It says of which pass and in which place, and nothing about people.

    Args:
        pass_id: 0 for an event that concerns no pass.
        place: Its place among the events of that pass; of the others, the id of its row.
    """
    return f"evt_{pass_id:x}_{place:x}"


def read_event_id(text: str) -> tuple[int, int]:
    """
    The pass and place that an id says.

    Raises:
        UsageError: It is none of ours.
    """
    found = re.fullmatch(r"evt_([0-9a-f]{1,15})_([0-9a-f]{1,15})", text)
    if found is None:
        raise UsageError(f"{text[:40]!r}: is no id of an event: take it as it was told, evt_…")
    return int(found[1], 16), int(found[2], 16)


def place_of(number: int, part: int) -> int:
    """Where an event stands among those of its pass: by its fact, then by its part of it."""
    return number * PARTS + part


def fact_of(place: int) -> tuple[int, int]:
    """The inverse of `place_of`: the number of the fact, and which part of it."""
    return divmod(place, PARTS)


Subscriber = Callable[["Event"], Awaitable[None] | None]
"""A function that is told of events in process."""
