"""
The life of a pass, as pure functions: the same values in give the same Decision out.

`commands` say what people, phones and clients do to a pass; `decide` says what Triggers make of a cause; `follow` runs
a cause and everything it causes. The engine stores Decisions, the simulation prints them.
"""

from walletpass.lifecycle.commands import (
    accept_event,
    display,
    due_instants,
    edit,
    expire,
    issue,
    register,
    unregister,
    void,
)
from walletpass.lifecycle.decide import MAX_CHAIN, constants, decide, follow
from walletpass.lifecycle.due import next_due
from walletpass.lifecycle.notices import GOOGLE_LIMIT, GOOGLE_WINDOW, Notice, plan_notice, quiet_until
from walletpass.lifecycle.state import (
    Cause,
    Decision,
    DelayDue,
    EventHappened,
    Holding,
    InstantReached,
    Pass,
    Timer,
    Transition,
)
from walletpass.lifecycle.validity import EndOfValidity, end_of_validity
from walletpass.lifecycle.values import read_values, shown_values
from walletpass.model.fields import Wallet

__all__ = [
    "GOOGLE_LIMIT",
    "GOOGLE_WINDOW",
    "MAX_CHAIN",
    "Cause",
    "Decision",
    "DelayDue",
    "EndOfValidity",
    "EventHappened",
    "Holding",
    "InstantReached",
    "Notice",
    "Pass",
    "Timer",
    "Transition",
    "Wallet",
    "accept_event",
    "constants",
    "decide",
    "display",
    "due_instants",
    "edit",
    "end_of_validity",
    "expire",
    "follow",
    "issue",
    "next_due",
    "plan_notice",
    "quiet_until",
    "read_values",
    "register",
    "shown_values",
    "unregister",
    "void",
]
