"""
Events out: what the platform tells whoever subscribed, in process or by web hook.

The envelope, the names, which subscription wants which event, and the guard against loops. All pure; the server keeps,
orders, signs and delivers. In process, a package offers a function in the entry-point group `walletpass.hooks`:

    def on_event(event: Event) -> None: ...

It may be a coroutine function. It is told every event of every client, those of one pass in order, at least once: an
event may come again, with the same id. What it raises is tried again later, and holds up nothing but later events of
the same pass.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from walletpass.errors import HookLoop, UsageError
from walletpass.events import (
    ADDED,
    CHANGED,
    DELETED,
    DEVICE_REGISTERED,
    DEVICE_UNREGISTERED,
    DISPLAYED,
    ISSUED,
    MOVED,
    NOTIFICATION_DEFERRED,
    NOTIFICATION_SUPPRESSED,
    TRIGGER_FAILED,
    TRIGGER_SKIPPED,
    VOIDED,
)

VERSION = 1
"""Of the envelope. It grows when a reader of the one before would break; new keys come without that."""
MAX_CHAIN = 8
"""Events that may follow from one another by what subscribers do in answer to them."""
ENTRY_POINTS = "walletpass.hooks"
"""The group in which packages offer subscribers."""
PARTS = 4
"""Places in the order of a pass that one fact takes: it may be told as several events."""

TYPES: tuple[str, ...] = (
    "pass.issued", "pass.generated", "pass.added", "pass.deleted", "pass.updated", "pass.model_changed", "pass.voided",
    "device.registered", "device.unregistered",
    "trigger.fired", "trigger.failed", "trigger.skipped",
    "notification.deferred", "notification.suppressed",
    "event.received",
    "operation.created", "operation.started", "operation.ended", "operation.cancelled",
    "matrix.frozen", "matrix.versioned",
    "credential.expiring", "credential.expired", "credential.invalid", "credential.replaced",
    "report.ready", "quota.reached",
    "hook.test", "hook.paused",
)  # fmt: skip
"""What the core tells. Modules tell more, under nouns of their own (`message.delivered`)."""

HIGH_VOLUME = frozenset({"device.registered", "device.unregistered"})
"""Told only to those who subscribe by the exact name."""

Subscriber = Callable[["Event"], Awaitable[None] | None]
"""A function that is told of events in process."""

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
_WILDCARD = re.compile(r"(?:[a-z][a-z0-9_]*\.)*\*")
_NOUNS = frozenset(name.partition(".")[0] for name in TYPES)


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


def check_subscriptions(patterns: Iterable[str]) -> list[str]:
    """
    Subscriptions, each once, in order.

    Raises:
        UsageError: None at all, one that is no name or wildcard, or a name under a noun of the core that never comes.
    """
    wanted = list(dict.fromkeys(patterns))
    if not wanted:
        raise UsageError("a hook without an event is never told: subscribe to * or to names such as pass.added")
    for pattern in wanted:
        if not (_NAME.fullmatch(pattern) or _WILDCARD.fullmatch(pattern)) or len(pattern) > 80:
            raise UsageError(f"{pattern[:80]!r}: is no event: write a name such as pass.added, or pass.*, or *")
        ours = pattern.partition(".")[0] in _NOUNS
        if ours and not any(matches(pattern, name) for name in TYPES):
            raise UsageError(f"{pattern}: no such event; there are: {', '.join(TYPES)}")
    return wanted


def matches(pattern: str, name: str) -> bool:
    """Whether a subscription wants an event: by its exact name, or by a wildcard if it is not of high volume."""
    if pattern == name:
        return True
    return pattern.endswith("*") and name.startswith(pattern[:-1]) and name not in HIGH_VOLUME


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that a fact is told as: its name, its cause, its data beside `pass`."""

    type: str
    cause: Cause
    data: Mapping[str, Any]


def tellings(name: str, wallet: str, model: str, data: Mapping[str, Any]) -> tuple[Telling, ...]:
    """
    What a fact is told as; at most `PARTS` events, always the same ones in the same order.

    Args:
        name: Of the fact: one of `walletpass.events.FACTS`, or an event from outside.
        wallet, model, data: Of the fact.
    """
    chain = tuple(data.get("causes", ()))
    of = _WALLET_CAUSES.get(wallet, {})
    if name == MOVED:
        return _moved(data, chain)
    if name == ISSUED:
        source = {"source": data.get("source")} if data.get("source") else {}
        return (Telling("pass.issued", Cause("platform", chain=chain), source),)
    if name == DISPLAYED:
        shown = {"wallet": wallet, "first": bool(data.get("first")), "tags": dict(data.get("tags") or {})}
        return (Telling("pass.generated", Cause("link.opened", chain=chain), shown),)
    if name == ADDED:
        added = {"wallet": wallet, "first": bool(data.get("first")), "active_devices": 1}
        return (Telling("pass.added", Cause(of.get("added", ""), chain=chain), added),)
    if name == DELETED:
        gone = {"wallet": wallet, "certain": bool(data.get("certain")), "active_devices": 0}
        if data.get("reason"):
            gone["reason"] = data["reason"]
        return (Telling("pass.deleted", Cause(of.get("deleted", ""), chain=chain), gone),)
    if name in (DEVICE_REGISTERED, DEVICE_UNREGISTERED):
        cause = of.get("added" if name == DEVICE_REGISTERED else "deleted", "")
        return (Telling(name, Cause(cause, chain=chain), {"wallet": wallet}),)
    if name == CHANGED:
        return (_changed(model, data, chain),)
    if name == VOIDED:
        return (Telling("pass.voided", Cause("api", chain=chain), {"reason": data.get("reason") or None}),)
    if name in (TRIGGER_FAILED, TRIGGER_SKIPPED):
        trigger = {"id": data.get("trigger"), "kind": data.get("kind")}
        why = {"trigger": trigger, "why": data.get("why"), "due_at": data.get("due")}
        return (Telling(name, Cause("trigger", str(data.get("trigger") or ""), chain), why),)
    if name in (NOTIFICATION_DEFERRED, NOTIFICATION_SUPPRESSED):
        cap = {"wallet": wallet, "cap": data.get("why"), "until": data.get("until")}
        return (Telling(name, Cause("trigger", str(data.get("trigger") or ""), chain), cap),)
    return (Telling("event.received", Cause("event", name, chain), {"event": name}),)


def _moved(data: Mapping[str, Any], chain: tuple[str, ...]) -> tuple[Telling, ...]:
    trigger, way = data.get("trigger"), {"from_model": data.get("from"), "to_model": data.get("to")}
    fired = {"trigger": {"id": trigger, "kind": data.get("kind")}, **way, "passes": 1}
    told = Telling("trigger.fired", Cause("trigger", str(trigger), chain), fired)
    if way["from_model"] == way["to_model"]:
        return (told,)
    return (told, Telling("pass.model_changed", Cause("trigger", str(trigger), chain), {**way, "trigger": trigger}))


def _changed(model: str, data: Mapping[str, Any], chain: tuple[str, ...]) -> Telling:
    edited = data.get("reason") == "edit"
    cause = Cause("edit", chain=chain) if edited else Cause("trigger", str(data.get("reason")), chain)
    changed = {"changed_fields": list(data.get("changed", ())), "reason": "edit" if edited else "trigger"}
    return Telling("pass.updated", cause, {**changed, "model": model})


_WALLET_CAUSES: Mapping[str, Mapping[str, str]] = {
    "apple": {"added": "apple.register", "deleted": "apple.unregister"},
    "google": {"added": "google.save", "deleted": "google.delete"},
}


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
