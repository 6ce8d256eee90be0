"""The names of events, and which of them a subscription wants."""

from __future__ import annotations

import re
from collections.abc import Iterable

from walletpass.errors import UsageError

TYPES: tuple[str, ...] = (
    "pass.issued", "pass.generated", "pass.added", "pass.fetched", "pass.deleted", "pass.updated", "pass.model_changed",
    "pass.redeemed", "pass.scanned", "pass.voided", "pass.expired",
    "device.registered", "device.unregistered",
    "trigger.scheduled", "trigger.fired", "trigger.failed", "trigger.skipped",
    "notification.sent", "notification.failed", "notification.deferred", "notification.suppressed",
    "link.opened",
    "event.received",
    "operation.created", "operation.started", "operation.ended", "operation.cancelled",
    "matrix.frozen", "matrix.versioned",
    "credential.expiring", "credential.expired", "credential.invalid", "credential.replaced",
    "report.ready", "quota.reached",
    "hook.test", "hook.paused",
)  # fmt: skip
"""What the core tells. Modules tell more, under nouns of their own (`message.delivered`)."""

HIGH_VOLUME = frozenset(
    {
        "device.registered", "device.unregistered", "pass.fetched", "notification.sent", "notification.failed",
        "link.opened",
    }
)  # fmt: skip
"""Told only to those who subscribe by the exact name."""

NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+"
"""The name of an event, as a pattern."""
WILDCARD = r"(?:[a-z][a-z0-9_]*\.)*\*"
"""Or of several."""
_NOUNS = sorted({name.partition(".")[0] for name in TYPES})
OURS = rf"^(?:{'|'.join(_NOUNS)})\."
"""How names begin that only the core tells of."""


def subscriptions() -> list[str]:
    """What may be subscribed to of what the core tells: names, and wildcards that mean some of them."""
    return [*TYPES, *(wild for noun in _NOUNS if any(matches(wild := f"{noun}.*", name) for name in TYPES))]


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
        if not re.fullmatch(f"{NAME}|{WILDCARD}", pattern) or len(pattern) > 80:
            raise UsageError(f"{pattern[:80]!r}: is no event: write a name such as pass.added, or pass.*, or *")
        if re.match(OURS, pattern) and pattern not in subscriptions():
            raise UsageError(f"{pattern}: no such event; there are: {', '.join(TYPES)}")
    return wanted


def matches(pattern: str, name: str) -> bool:
    """Whether a subscription wants an event: by its exact name, or by a wildcard if it is not of high volume."""
    if pattern == name:
        return True
    return pattern.endswith("*") and name.startswith(pattern[:-1]) and name not in HIGH_VOLUME
