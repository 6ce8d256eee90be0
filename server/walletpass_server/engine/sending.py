"""Empty the outbox: claim letters of a channel, hand them to its sender, keep what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from walletpass_server.engine import switches
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    What became of letters; those in no list were not tried, and are handed back.

    Attributes:
        sent: They arrived.
        failed: They did not, which counts as an attempt.
        postponed: The other side could not take any: they are due again after their wait, and nothing is counted.
        rest: How long to leave the other side alone; it is out of reach for everybody.
    """

    sent: Sequence[outbox.Letter] = ()
    failed: Sequence[outbox.Failure] = field(default=())
    postponed: Sequence[outbox.Failure] = field(default=())
    rest: timedelta = timedelta(0)


class Sender(Protocol):
    """What carries the letters of a channel outside: pushes to Apple, calls to Google, web hooks."""

    async def send(self, letters: Sequence[outbox.Letter]) -> Delivery:
        """
        Try each letter once, within the lease. A letter may have been sent before: at least once is the promise.

        Raises:
            Exception: All letters count as failed, and are tried again later.
        """
        ...


Senders = Mapping[str, Sender]
"""By channel."""


@dataclass(frozen=True, slots=True)
class Round:
    """
    One batch.

    Attributes:
        claimed: How many letters it had.
        rest: What the sender asked for, before the next one.
    """

    claimed: int
    rest: timedelta = timedelta(0)


async def send_some(
    database: Database,
    channel: str,
    sender: Sender,
    *,
    limit: int = 500,
    lease: timedelta = outbox.LEASE,
    fair: bool = False,
) -> Round:
    """
    Claim, send and acknowledge one batch. Letters of stopped wallets stay.

    Args:
        database: With the outbox.
        channel: Whose letters.
        sender: Who carries them.
        limit, lease, fair: As for `outbox.claim`.
    """
    held = await database.run(ALL_CLIENTS, lambda unit: _claim(unit, channel, limit, lease, fair))
    if not held.letters:
        return Round(0)
    try:
        delivery = await sender.send(held.letters)
    except asyncio.CancelledError:
        await asyncio.shield(database.run(ALL_CLIENTS, lambda unit: outbox.release(unit, held)))
        raise
    except Exception as exc:
        _logger.exception("the sender of %s failed with all %d letters", channel, len(held.letters))
        failures = [outbox.Failure(letter, f"{type(exc).__name__}: {exc}") for letter in held.letters]
        delivery = Delivery(failed=failures)
    done = {letter.id for letter in delivery.sent}
    done |= {failure.letter.id for failure in (*delivery.failed, *delivery.postponed)}
    untried = outbox.Claim(held.lease, tuple(letter for letter in held.letters if letter.id not in done))

    async def keep(unit: Unit) -> None:
        await outbox.sent(unit, held, delivery.sent)
        await outbox.failed(unit, held, delivery.failed)
        await outbox.postponed(unit, held, delivery.postponed)
        if untried.letters:
            await outbox.release(unit, untried)

    await database.run(ALL_CLIENTS, keep)
    return Round(len(held.letters), delivery.rest)


async def _claim(unit: Unit, channel: str, limit: int, lease: timedelta, fair: bool) -> outbox.Claim:
    stopped = await switches.stopped_clients(unit, channel)
    if ALL_CLIENTS in stopped:
        return outbox.Claim(0, ())
    return await outbox.claim(unit, channel, limit=limit, lease=lease, without=stopped, fair=fair)
