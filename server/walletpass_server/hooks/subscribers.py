"""Subscribers in process: functions that installed packages offer by the entry-point group `walletpass.hooks`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from inspect import isawaitable
from time import monotonic

from walletpass.errors import UsageError
from walletpass.hooks import ENTRY_POINTS, Subscriber, check_subscriptions
from walletpass_server.hooks.outcomes import Attempt, Parcel
from walletpass_server.hooks.web import AT_ONCE, SPELL
from walletpass_server.hooks.wishes import PYTHON
from walletpass_server.persistence.tables import HookEndpointRow

TIMEOUT = 15.0
"""Seconds a coroutine function has; one that is no coroutine function holds its thread until it returns."""

Subscribers = Mapping[str, Subscriber]
"""By the name of the entry point."""

EVERYTHING = ("*", "device.registered", "device.unregistered")
"""What a function is told that does not say by its attribute `events` what it wants to hear of."""

_logger = logging.getLogger(__name__)


def installed() -> dict[str, Subscriber]:
    """
    Those of the installed packages.

    Raises:
        UsageError: One cannot be loaded, or is no function.
    """
    found: dict[str, Subscriber] = {}
    for point in entry_points(group=ENTRY_POINTS):
        try:
            subscriber = point.load()
        except Exception as exc:
            raise UsageError(
                f"the subscriber {point.name} cannot be loaded ({exc}): mend or remove its package"
            ) from exc
        if not callable(subscriber):
            raise UsageError(f"the subscriber {point.name} is no function: mend or remove its package")
        found[point.name] = subscriber
    return found


def subscriptions_of(subscribers: Subscribers) -> dict[str, list[str]]:
    """
    What each wants to hear of.

    Raises:
        UsageError: One subscribes to what never comes.
    """
    found = {}
    for name, subscriber in subscribers.items():
        try:
            found[name] = check_subscriptions(getattr(subscriber, "events", EVERYTHING))
        except UsageError as fault:
            raise UsageError(f"the subscriber {name}: {fault}") from fault
    return found


class ProcessCarrier:
    """Calls subscribers of this process."""

    def __init__(self, subscribers: Subscribers) -> None:
        self._subscribers = subscribers

    async def carry(self, endpoint: HookEndpointRow, lanes: Sequence[Sequence[Parcel]]) -> list[Attempt]:
        """As `Carrier.carry`."""
        subscriber, end = self._subscribers[endpoint.url.removeprefix(PYTHON)], monotonic() + SPELL
        waiting, attempts = iter(lanes), []

        async def work() -> None:
            for lane in waiting:
                for parcel in lane:
                    if monotonic() >= end:
                        return
                    attempt = await _call(endpoint.name, subscriber, parcel)
                    attempts.append(attempt)
                    if not attempt.arrived:
                        break

        async with asyncio.TaskGroup() as working:
            for _ in range(AT_ONCE):
                working.create_task(work())
        return attempts

    async def close(self) -> None:
        """Nothing is open."""


async def _call(name: str, subscriber: Subscriber, parcel: Parcel) -> Attempt:
    try:
        async with asyncio.timeout(TIMEOUT):
            if asyncio.iscoroutinefunction(subscriber):
                await subscriber(parcel.event)
            else:
                answer = await asyncio.to_thread(subscriber, parcel.event)
                if isawaitable(answer):
                    await answer
    except Exception as exc:  # a package of others: whatever it raises, the others are told
        _logger.warning("the subscriber %s failed at %s, it is told again", name, parcel.event.id, exc_info=exc)
        return Attempt(parcel, arrived=False, error=type(exc).__name__)
    return Attempt(parcel, arrived=True)
