"""Idempotency keys for requests that make something: the same again makes nothing and is answered alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel

from walletpass_server.engine.keys import Key
from walletpass_server.persistence import idempotency
from walletpass_server.persistence.unit_of_work import Unit

Made = dict[str, Any]
"""What was made, by id: never a secret, since it is kept."""


async def once(
    unit: Unit,
    caller: Key,
    key: str | None,
    request: tuple[str, BaseModel | None],
    work: Callable[[], Awaitable[Made]],
) -> tuple[Made, bool]:
    """
    Do the work of a request, unless it was done before.

    Args:
        unit: The transaction of the work.
        caller: Who asks; keys of tests mean nothing in production.
        key: As sent; without one the work is done each time.
        request: What tells requests apart: method with path, and body.
        work: Makes it, and says by which ids it is found again.

    Returns:
        What was made, and whether it was now.

    Raises:
        IdempotencyKeyReused: The key came before with another request.
    """
    if key is None:
        return await work(), True
    place, body = request
    digest = idempotency.request_digest(place, body.model_dump_json() if body is not None else b"")
    before = await idempotency.begin(unit, caller.environment, key, digest)
    if before is not None:
        return before.answer, False
    made = await work()
    await idempotency.finish(unit, caller.environment, key, made)
    return made, True
