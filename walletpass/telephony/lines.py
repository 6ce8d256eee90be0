"""Lines, as values. A line is named by the operator's id, never by its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

CommandKind = Literal[
    "activate",
    "change_options",
    "suspend",
    "bar",
    "reactivate",
    "terminate",
    "swap_sim",
    "port_in",
    "cancel_port",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCommand:
    """
    What a carrier is asked to do.

    Attributes:
        id: The same again is the same command.
        line: Which.
        kind: What.
        actor: Who decided it: a client's reactivation lifts no suspension of a provider's.
        reason: Why: lost, stolen, unpaid…
        data: What it needs: options, an ICCID, a RIO.
        cause: The event it answers; the carrier's answer says it again.
    """

    id: str
    line: str
    kind: CommandKind
    actor: Literal["client", "provider", "authority"] = "client"
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class CommandAck:
    """
    Whether a carrier has a command; what becomes of it comes as an event.

    Attributes:
        state: sent, or rejected for good.
        why: Of a rejection.
        reference: The carrier's.
    """

    state: Literal["sent", "rejected"]
    why: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierEvent:
    """
    What a carrier tells. It may come twice.

    Attributes:
        id: The carrier's; the same again is the same event.
        type: line.activated, line.suspended, line.reactivated, sim.swapped, port_in.completed…
        line: Which.
        at: When it happened.
        data: What else is known.
        cause: That of the command which led to it.
    """

    id: str
    type: str
    line: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class CdrFile:
    """Call records, as the carrier delivered them."""

    name: str
    delivered_at: datetime
    path: Path
