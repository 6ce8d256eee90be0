"""What each fact is told as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from walletpass.events import (
    ADDED,
    CHANGED,
    DELETED,
    DEVICE_REGISTERED,
    DEVICE_UNREGISTERED,
    DISPLAYED,
    EXPIRED,
    ISSUED,
    MOVED,
    NOTIFICATION_DEFERRED,
    NOTIFICATION_SUPPRESSED,
    REDEEMED,
    REPORTED,
    SCANNED,
    TRIGGER_FAILED,
    TRIGGER_SCHEDULED,
    TRIGGER_SKIPPED,
    VOIDED,
)
from walletpass.hooks.event import Cause, event_id, place_of


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that a fact is told as: its name, its cause, its data beside `pass`."""

    type: str
    cause: Cause
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact as it is told."""

    name: str
    wallet: str
    model: str
    data: Mapping[str, Any]
    pass_id: int
    number: int

    def tell(self, cause: str, data: Mapping[str, Any], *, as_: str = "", id: str = "") -> Telling:  # noqa: A002 - of the cause
        return Telling(as_ or self.name, Cause(cause, id, tuple(self.data.get("causes", ()))), data)

    @property
    def trigger(self) -> str:
        return str(self.data.get("trigger") or "")

    @property
    def turn(self) -> dict[str, Any]:
        """Which Trigger, for how many passes, and why it was its turn: an instant, or an event that was told before."""
        told_before = self.number - self.data["back"] if "back" in self.data else 0
        return {
            "trigger": {"id": self.data.get("trigger"), "kind": self.data.get("kind")},
            "passes": 1,
            "due_at": self.data.get("due"),
            "event": self.data.get("event"),
            "event_id": event_id(self.pass_id, place_of(told_before, 0)) if told_before > 0 else None,
        }


def tellings(
    name: str, wallet: str, model: str, data: Mapping[str, Any], *, pass_id: int = 0, number: int = 0
) -> tuple[Telling, ...]:
    """
    What a fact is told as; at most `PARTS` events, always the same ones in the same order.

    Args:
        name: Of the fact: one of `walletpass.events.FACTS`, or an event from outside.
        wallet, model, data: Of the fact.
        pass_id, number: Where it stands, for what is told of other facts of the pass.
    """
    return _TOLD.get(name, _received)(_Fact(name, wallet, model, data, pass_id, number))


def _issued(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("platform", {"source": fact.data.get("source")}),)


def _displayed(fact: _Fact) -> tuple[Telling, ...]:
    data = {
        "wallet": fact.wallet,
        "first": bool(fact.data.get("first")),
        "tags": dict(fact.data.get("tags") or {}),
        "device_class": fact.data.get("device_class"),
        "referrer": fact.data.get("referrer"),
    }
    return (fact.tell("link.opened", data, as_="pass.generated"),)


def _added(fact: _Fact) -> tuple[Telling, ...]:
    data = {**_device(fact), "first": bool(fact.data.get("first")), "active_devices": 1}
    return (fact.tell(_WALLET_CAUSES.get((fact.wallet, ADDED), ""), data),)


def _deleted(fact: _Fact) -> tuple[Telling, ...]:
    data = {**_device(fact), "certain": bool(fact.data.get("certain")), "active_devices": 0}
    if fact.data.get("reason"):
        data["reason"] = fact.data["reason"]
    return (fact.tell(_WALLET_CAUSES.get((fact.wallet, DELETED), ""), data),)


def _device_told(fact: _Fact) -> tuple[Telling, ...]:
    way = ADDED if fact.name == DEVICE_REGISTERED else DELETED
    return (fact.tell(_WALLET_CAUSES.get((fact.wallet, way), ""), _device(fact)),)


def _device(fact: _Fact) -> dict[str, Any]:
    return {"wallet": fact.wallet, "device_hash": fact.data.get("device")}


def _changed(fact: _Fact) -> tuple[Telling, ...]:
    edited = fact.data.get("reason") == "edit"
    data = {
        "changed_fields": list(fact.data.get("changed", ())),
        "reason": "edit" if edited else "trigger",
        "from_model": fact.data.get("from", fact.model),
        "to_model": fact.model,
    }
    by = ("edit", "") if edited else ("trigger", str(fact.data.get("reason")))
    return (fact.tell(by[0], data, as_="pass.updated", id=by[1]),)


def _moved(fact: _Fact) -> tuple[Telling, ...]:
    way = {"from_model": fact.data.get("from"), "to_model": fact.data.get("to")}
    fired = fact.tell("trigger", {**fact.turn, **way}, as_="trigger.fired", id=fact.trigger)
    if way["from_model"] == way["to_model"]:
        return (fired,)
    moved = {**way, "trigger": fact.data.get("trigger")}
    return (fired, fact.tell("trigger", moved, as_="pass.model_changed", id=fact.trigger))


def _reported(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("event", {said: fact.data.get(said) for said in REPORTED[fact.name]}, id=fact.name),)


def _voided(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("api", {"reason": fact.data.get("reason") or None}),)


def _expired(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("clock", {"reason": fact.data.get("reason")}),)


def _scheduled(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("trigger", fact.turn, id=fact.trigger),)


def _not_fired(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("trigger", {**fact.turn, "why": fact.data.get("why")}, id=fact.trigger),)


def _not_shown(fact: _Fact) -> tuple[Telling, ...]:
    data = {"wallet": fact.wallet, "cap": fact.data.get("why"), "until": fact.data.get("until")}
    return (fact.tell("trigger", data, id=fact.trigger),)


def _received(fact: _Fact) -> tuple[Telling, ...]:
    return (fact.tell("event", {"event": fact.name}, as_="event.received", id=fact.name),)


_TOLD: Mapping[str, Callable[[_Fact], tuple[Telling, ...]]] = {
    ISSUED: _issued,
    DISPLAYED: _displayed,
    ADDED: _added,
    DELETED: _deleted,
    CHANGED: _changed,
    MOVED: _moved,
    REDEEMED: _reported,
    SCANNED: _reported,
    VOIDED: _voided,
    EXPIRED: _expired,
    DEVICE_REGISTERED: _device_told,
    DEVICE_UNREGISTERED: _device_told,
    TRIGGER_SCHEDULED: _scheduled,
    TRIGGER_FAILED: _not_fired,
    TRIGGER_SKIPPED: _not_fired,
    NOTIFICATION_DEFERRED: _not_shown,
    NOTIFICATION_SUPPRESSED: _not_shown,
}
"""A fact that is not here is an event from outside."""

_WALLET_CAUSES: Mapping[tuple[str, str], str] = {
    ("apple", ADDED): "apple.register",
    ("apple", DELETED): "apple.unregister",
    ("google", ADDED): "google.save",
    ("google", DELETED): "google.delete",
}
