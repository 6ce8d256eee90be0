"""Which endpoint wants which event."""

from __future__ import annotations

from collections.abc import Collection

from walletpass.hooks import matches
from walletpass_server.persistence.tables import HookEndpointRow

PYTHON = "python:"
"""How the `url` of a subscriber in process begins."""


def wants(
    endpoint: HookEndpointRow, type_: str, *, environment: str | None, operation_id: int | None, models: Collection[str]
) -> bool:
    """
    Whether an endpoint wants an event.

    Args:
        endpoint: Whose subscriptions and filters count.
        type_: The name of the event.
        environment: test or production; None where that means nothing.
        operation_id: The operation it concerns. Who is held to some operations hears of nothing else.
        models: The Models it concerns: of a move, both. None of them means nothing.
    """
    if endpoint.environment is not None and environment not in (None, endpoint.environment):
        return False
    if endpoint.operations is not None and operation_id not in endpoint.operations:
        return False
    if endpoint.models is not None and models and not set(models) & set(endpoint.models):
        return False
    return any(matches(pattern, type_) for pattern in endpoint.events)
