"""
What is asked after what, when, and how often: without input or output, so that both clients share it.

A conversation yields the next request with the seconds to wait before it, and is sent the answer, or the error
instead of one.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from itertools import count
from typing import Any, NamedTuple, TypeVar

import httpx

from walletpass.client.call import Call
from walletpass.client.faults import answer_of

T = TypeVar("T")

ATTEMPTS = 6
"""How often a request is sent at most."""
LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more is given up, and the caller told how long."""
_FIRST_WAIT = 0.25
_UNCERTAIN = frozenset({500, 502, 504})
"""A gateway, or a fault: the request may have been carried out."""
_REFUSED = frozenset({429, 503})
"""Nothing was done."""


class Step(NamedTuple):
    """A request, and the seconds to wait before it."""

    call: Call[Any]
    after: float = 0.0


Got = httpx.Response | httpx.TransportError
Conversation = Generator[Step, Got, T]


def ask(call: Call[T], after: float = 0.0) -> Conversation[T]:
    """
    Send a request, again if need be; what it answers.

    Raises:
        ApiError: It was refused, or all attempts failed.
    """
    for attempt in count(1):
        got = yield Step(call, after)
        wait = pause(call, got, attempt)
        if wait is None:
            break
        after = wait
    return answer_of(call, got)


def pause(call: Call[Any], got: Got, attempt: int) -> float | None:
    """
    Seconds to wait before the same request is sent again; None when it is not to be.

    Args:
        call: The request.
        got: What came of it.
        attempt: Which one this was, from 1.
    """
    if attempt >= ATTEMPTS or not _worth_it(call, got):
        return None
    told: str = got.headers.get("retry-after", "") if isinstance(got, httpx.Response) else ""
    if told.isdecimal():
        return float(told) + random.uniform(0, 0.5) if float(told) <= LONGEST_WAIT else None  # noqa: S311 - spreads
    return random.uniform(0.5, 1) * _FIRST_WAIT * 2.0**attempt  # noqa: S311 - spreads callers


def _worth_it(call: Call[Any], got: Got) -> bool:
    if isinstance(got, httpx.Response):
        return got.status_code in _REFUSED or (call.repeatable and got.status_code in _UNCERTAIN)
    return call.repeatable or isinstance(got, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
