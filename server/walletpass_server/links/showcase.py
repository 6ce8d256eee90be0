"""
What links show of an operation: looked up once a second at most, so that a crowd on one link asks the database little.

What is decided here only chooses a page. Whether a pass is issued is decided again, in the transaction that issues it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from sqlalchemy import select

from walletpass.errors import NotFound
from walletpass.lifecycle import Wallet
from walletpass.matrix import Matrix
from walletpass.model import PassModel
from walletpass.operation import Operation
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import find_operation, load_operation
from walletpass_server.engine.switches import stopped
from walletpass_server.persistence.tables import MatrixRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

FRESH_SECONDS = 1.0
KEPT = 512
"""Operations that a process remembers."""

Closed = Literal["early", "over", "full"]
"""Why an operation gives no new pass."""


@dataclass(frozen=True)
class Showcase:
    """
    An operation as its links show it.

    Attributes:
        client_id, operation_id, link: Which it is.
        matrix, operation: What it puts in force, and when.
        content_hash: Of the Matrix with its pictures.
        issued: Passes issued, where a limit counts them.
        wallets: Those that it has credentials and a Model for, and that are not switched off.
        stopped: Those it would have, but for a switch.
    """

    client_id: int
    operation_id: int
    link: str
    matrix: Matrix
    operation: Operation
    content_hash: str
    issued: int
    wallets: tuple[Wallet, ...]
    stopped: tuple[Wallet, ...] = ()

    @property
    def start(self) -> PassModel:
        """The Model of a new pass."""
        return self.matrix.models[self.matrix.start]

    @cached_property
    def personal(self) -> bool:
        """Whether its passes need values of their own, so that the link alone gives none."""
        return any(variable.needed for variable in self.start.variables.values())

    def closed(self, now: datetime) -> Closed | None:
        """Why there is no new pass at an instant; None while there is."""
        if now < self.operation.start:
            return "early"
        if now >= self.operation.end:
            return "over"
        limit = self.operation.limits.passes
        return "full" if limit is not None and self.issued >= limit else None


@dataclass(slots=True)
class Showcases:
    """The operations that links of a process show."""

    _kept: OrderedDict[str | int, tuple[float, Showcase]] = field(default_factory=OrderedDict)

    async def of_link(self, on: Platform, link: str) -> Showcase:
        """
        The operation of an operation link.

        Raises:
            NotFound: There is none.
        """
        return self._remembered(link) or await self._load(on, link)

    async def of_operation(self, on: Platform, operation_id: int) -> Showcase:
        """An operation by its id; raises NotFound."""
        return self._remembered(operation_id) or await self._load(on, operation_id)

    def _remembered(self, key: str | int) -> Showcase | None:
        at, found = self._kept.get(key, (0.0, None))
        return found if found is not None and time.monotonic() < at + FRESH_SECONDS else None

    async def _load(self, on: Platform, key: str | int) -> Showcase:
        began = time.monotonic()
        async with on.database.reading(ALL_CLIENTS) as unit:
            live = await (find_operation(unit, link=key) if isinstance(key, str) else load_operation(unit, key))
            found = await _showcase(unit, on, live)
        for name in (found.link, found.operation_id):
            self._kept[name] = (began, found)
            self._kept.move_to_end(name)
        while len(self._kept) > 2 * KEPT:
            self._kept.popitem(last=False)
        return found


async def _showcase(unit: Unit, on: Platform, live: LiveOperation) -> Showcase:
    row = live.row
    if row.state in ("draft", "cancelled"):
        raise NotFound(f"{row.name}: is {row.state}, its links lead nowhere")
    model = live.matrix.models[live.matrix.start]
    credentials: dict[Wallet, int | None] = {"apple": row.apple_credential_id, "google": row.google_credential_id}
    able: list[Wallet] = [
        wallet for wallet in model.wallets if credentials[wallet] is not None and wallet in on.wallets
    ]
    off = {wallet for wallet in able if await stopped(unit, row.client_id, wallet)}
    frozen = select(MatrixRow.content_hash).where(MatrixRow.client_id == row.client_id, MatrixRow.id == row.matrix_id)
    content_hash = await unit.connection.scalar(frozen)
    return Showcase(
        client_id=row.client_id,
        operation_id=row.id,
        link=row.link,
        matrix=live.matrix,
        operation=live.operation,
        content_hash=content_hash or "",
        issued=row.issued,
        wallets=tuple(wallet for wallet in able if wallet not in off),
        stopped=tuple(wallet for wallet in able if wallet in off),
    )
