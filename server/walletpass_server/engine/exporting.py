"""Tokens shown again: for whoever sends the links."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import func, select

from walletpass_server.engine.tokens import state_of
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import TokenRow
from walletpass_server.persistence.unit_of_work import Unit

PAGE = 2_000


@dataclass(frozen=True, slots=True)
class ShownToken:
    """
    A token in clear: whoever has it has the pass.

    Attributes:
        state: new, opened or revoked.
    """

    external_id: str | None
    token: str
    state: str


async def count_tokens(unit: Unit, operation_id: int, skip: int) -> tuple[int, int]:
    """How many tokens an operation has, and the id of the last of the first `skip` of them; 0 for none."""
    own = TokenRow.client_id == unit.client_id, TokenRow.operation_id == operation_id
    count = (await unit.connection.execute(select(func.count()).select_from(TokenRow).where(*own))).scalar_one()
    if not 0 < skip <= count:
        return count, 0
    place = select(TokenRow.id).where(*own).order_by(TokenRow.id).offset(skip - 1).limit(1)
    return count, (await unit.connection.execute(place)).scalar_one()


async def show_tokens(
    database: Database, keyring: Keyring, client_id: int, operation_id: int, *, after: int = 0
) -> AsyncIterator[ShownToken]:
    """
    Every token of an operation, in the order they were made; read in pages, so no transaction is long.

    Args:
        after: The id of a token, behind which to begin.

    Raises:
        SecretUnreadable: From the iteration: no key opens one.
    """
    last = after
    while True:
        query = (
            select(TokenRow.id, TokenRow.external_id, TokenRow.sealed, TokenRow.pass_id, TokenRow.revoked_at)
            .where(TokenRow.client_id == client_id, TokenRow.operation_id == operation_id, TokenRow.id > last)
            .order_by(TokenRow.id)
            .limit(PAGE)
        )
        async with database.reading(client_id) as unit:
            rows = (await unit.connection.execute(query)).all()
        for row in rows:
            text = keyring.unseal(row.sealed, "token", "sealed", row.id).decode()
            yield ShownToken(row.external_id, text, state_of(row))
        if len(rows) < PAGE:
            return
        last = rows[-1].id
