"""
Events out: what the platform tells whoever subscribed, in process or by web hook.

The envelope, the names, which subscription wants which event, and the guard against loops. All pure; the server keeps,
orders, signs and delivers. In process, a package offers a function in the entry-point group `walletpass.hooks`:

    def on_event(event: Event) -> None: ...

It may be a coroutine function. It is told the events of every client, those of one pass in order, at least once: an
event may come again, with the same id. What it raises is tried again later, and holds up nothing but later events of
the same pass. Its attribute `events`, a sequence of names and wildcards, says what it wants to hear of; without one it
hears of everything but what comes in masses, devices excepted.
"""

from walletpass.hooks.event import (
    MAX_CHAIN,
    PARTS,
    VERSION,
    Cause,
    Event,
    Subscriber,
    event_id,
    fact_of,
    follow,
    lengthen,
    place_of,
    read_event_id,
)
from walletpass.hooks.tellings import Telling, tellings
from walletpass.hooks.types import HIGH_VOLUME, NAME, OURS, TYPES, WILDCARD, check_subscriptions, matches, subscriptions

ENTRY_POINTS = "walletpass.hooks"
"""The group in which packages offer subscribers."""

__all__ = [
    "ENTRY_POINTS",
    "HIGH_VOLUME",
    "MAX_CHAIN",
    "NAME",
    "OURS",
    "PARTS",
    "TYPES",
    "VERSION",
    "WILDCARD",
    "Cause",
    "Event",
    "Subscriber",
    "Telling",
    "check_subscriptions",
    "event_id",
    "fact_of",
    "follow",
    "lengthen",
    "matches",
    "place_of",
    "read_event_id",
    "subscriptions",
    "tellings",
]
