"""
Anonymous passes: the operation link gives each visitor a token of their own, and keeps a flood within bounds.

Three bounds: a visitor who comes back with the token of before gets that one (the door keeps it in a signed cookie);
one network gets so many an hour; the operation's own limit counts the passes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from walletpass.errors import NotFound, TooManyPasses
from walletpass_server.engine.issuing import refuse_personalised
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.persistence import rate
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import Unit

PER_HOUR = 60
"""Anonymous passes of one operation for one network, in the long run."""
AT_ONCE = 30
"""... and as many at once, before that pace counts: a class, a queue, a family behind one address."""

_BUCKET_DIGITS = 4
"""Hexadecimal digits kept of a network's digest: rows of `rate` stay bounded, and no address is stored."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    Who follows an operation link.

    Attributes:
        network: The prefix of the address, as the door cuts it: /24 of IPv4, /56 of IPv6.
        token: The one this visitor got before, if it came back.
    """

    network: str
    token: str | None = None


async def anonymous_token(unit: Unit, keyring: Keyring, live: LiveOperation, visitor: Visitor, now: datetime) -> str:
    """
    The token of a visitor without one.

    Raises:
        TokenNeeded: The start Model is personalised.
        OperationClosed: Outside the period.
        TooManyPasses: The network asked for too many.
    """
    refuse_personalised(live)
    if visitor.token is not None and await _still_good(unit, live, visitor.token):
        return visitor.token
    live.operation.admit(now)
    bucket = hashlib.sha256(visitor.network.encode()).hexdigest()[:_BUCKET_DIGITS]
    slot = await rate.reserve(unit, f"anonymous:{live.row.id}:{bucket}", 1, per_second=PER_HOUR / 3600)
    if slot.wait > (AT_ONCE - 1) * slot.interval:
        wait = slot.wait - (AT_ONCE - 1) * slot.interval
        minutes = -(-wait // timedelta(minutes=1))
        says = f"too many passes for one network: try again in {minutes} min, or from another network"
        raise TooManyPasses(says, wait)
    (text,) = await mint(unit, keyring, live, [NewToken(origin="link")], now)
    return text


async def _still_good(unit: Unit, live: LiveOperation, text: str) -> bool:
    try:
        token = await find_token(unit, text)
    except NotFound:
        return False
    return token.operation_id == live.row.id and token.revoked_at is None
