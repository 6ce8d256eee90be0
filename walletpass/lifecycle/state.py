"""What the pure life of a pass is made of: the pass, what may befall it, what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from walletpass.events import Fact
from walletpass.lifecycle.notices import Notice
from walletpass.model.fields import Wallet
from walletpass.model.variables import Value


@dataclass(frozen=True, slots=True)
class Holding:
    """A place that has the pass: a device for Apple, the one holder's account for Google."""

    wallet: Wallet
    device: str


@dataclass(frozen=True, slots=True)
class Timer:
    """
    A delay that is running for a pass.

    Attributes:
        trigger: The `after` Trigger.
        due: When it ends, UTC.
        anchored_at: When the event it counts from occurred.
        event: The data of that event, as far as the Trigger reads it.
    """

    trigger: str
    due: datetime
    anchored_at: datetime
    event: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """
    The instance, as far as its life is concerned.

    Attributes:
        serial: Its number, unique in its pass type.
        model: The Model it has now, by its name in the Matrix.
        values: What its variables hold; defaults of the Models are not stored.
        version: Grows by one with every change a phone would see.
        issued_at: When it was issued, UTC.
        voided: The final flag beside the Model.
        fired: `at` Triggers that have had their turn: they moved it, or failed on it.
        armed: `after` Triggers whose first anchor has come (and was not cancelled since).
        timers: Delays that are running.
        holdings: Where it is now.
        added_under: Wallet to the Model it had when last added there; also tells which wallets ever had it.
        displayed_under: Wallet to the Model it had when first displayed there.
        notified: Wallet to the instants of the Notifications shown or promised.
        source: `utm_source` of the link by which it was first displayed; empty when nothing was said. It never changes
            once the pass has counted in a figure, so that each source has active = added − deleted.
    """

    serial: str
    model: str
    issued_at: datetime
    values: Mapping[str, Value] = field(default_factory=dict)
    version: int = 1
    voided: bool = False
    fired: frozenset[str] = frozenset()
    armed: frozenset[str] = frozenset()
    timers: tuple[Timer, ...] = ()
    holdings: frozenset[Holding] = frozenset()
    added_under: Mapping[Wallet, str] = field(default_factory=dict)
    displayed_under: Mapping[Wallet, str] = field(default_factory=dict)
    notified: Mapping[Wallet, tuple[datetime, ...]] = field(default_factory=dict)
    source: str = ""

    @property
    def wallets(self) -> tuple[Wallet, ...]:
        """The wallets that have it now."""
        return tuple(sorted({holding.wallet for holding in self.holdings}))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHappened:
    """
    An event that concerns a pass.

    Attributes:
        event: Its name.
        data: Its data, as `events.read_data` gives them.
        occurred_at: When it happened, UTC: delays count from it.
        accepted_at: When the server took it, UTC: it covers the passes issued until then.
        before: For pass.changed, the values before; None when there were none.
        chain: The Triggers that led to it, in this chain of causes.
    """

    event: str
    occurred_at: datetime
    accepted_at: datetime
    data: Mapping[str, Value] = field(default_factory=dict)
    before: Mapping[str, Value] | None = None
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstantReached:
    """The instant of an `at` Trigger is there, or was when the pass came to the Trigger's Model."""

    trigger: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DelayDue:
    """A running delay has ended."""

    timer: Timer


Cause = EventHappened | InstantReached | DelayDue

Why = Literal[
    "moved",
    "recorded",
    "nobody-waits",
    "condition-false",
    "no-edge",
    "elsewhere",
    "void",
    "issued-later",
    "operation-ended",
    "not-due",
    "already-fired",
    "timer-gone",
    "already-in-chain",
    "chain-too-long",
    "failed",
]
"""Why a Decision is as it is: `moved` by a Trigger, `recorded` by a command, else the reason nothing moved."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A move that was decided."""

    trigger: str
    from_model: str
    to_model: str
    changed: tuple[str, ...]
    """Variables with a new value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What becomes of a pass; stored in one transaction.

    Attributes:
        state: The pass afterwards.
        why: `moved`, `recorded`, or why not.
        transition: The move, if any.
        detail: More about `why`, in words; may be empty.
        armed, dropped: Delays that start and stop.
        notices: What each wallet shows; none when the Trigger does not notify.
        facts: What is recorded.
        causes: What follows, each to be decided next on the new state.
    """

    state: Pass
    why: Why
    transition: Transition | None = None
    detail: str = ""
    armed: tuple[Timer, ...] = ()
    dropped: tuple[Timer, ...] = ()
    notices: tuple[Notice, ...] = ()
    facts: tuple[Fact, ...] = ()
    causes: tuple[Cause, ...] = ()
