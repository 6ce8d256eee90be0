"""Writing facts about a pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from walletpass.events import Fact
from walletpass.lifecycle.state import Pass
from walletpass.matrix import Matrix
from walletpass.operation import Operation


def fact(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    name: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    *,
    occurred_at: datetime | None = None,
    wallet: str = "",
    model: str = "",
) -> Fact:
    """A fact about a pass; it counts for the Model the pass has, unless another is given."""
    return Fact(
        name=name,
        serial=state.serial,
        occurred_at=occurred_at or now,
        recorded_at=now,
        wallet=wallet,
        operation=operation.operation,
        model=model or state.model,
        pass_type=matrix.pass_type,
        source=state.source,
        data=data or {},
    )
