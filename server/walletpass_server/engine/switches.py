"""
The kill switch of a wallet, for one client or for all.

While a wallet is stopped its letters stay in the outbox and no link offers it. Phones that ask are answered as ever,
so nothing that was shown goes stale for longer than it must.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from walletpass.errors import WalletStopped
from walletpass.lifecycle import Wallet
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import ClientRow, WalletSwitchRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

CHANNELS: dict[str, Wallet] = {"apns": "apple", "google": "google"}
"""Channel of the outbox to the wallet whose letters it holds."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """
    A wallet that was switched off.

    Attributes:
        client: Slug of the client; None for all.
        wallet: apple or google.
        at: Since when.
        why: What whoever stopped it gave as the reason.
    """

    client: str | None
    wallet: str
    at: datetime
    why: str


async def stop(unit: Unit, client_id: int, wallet: Wallet, why: str, now: datetime) -> None:
    """
    Switch a wallet off. May be repeated: the first instant and the last reason count.

    Args:
        unit: Of the client, or of ALL_CLIENTS.
        client_id: Whose passes; ALL_CLIENTS for every client's.
        wallet: Which.
        why: The reason, for the list.
        now: The instant.
    """
    row = upsert(unit.connection.dialect, WalletSwitchRow)
    values = {"client_id": client_id, "wallet": wallet, "stopped_at": now, "why": why[:200]}
    await unit.connection.execute(
        row.values(values).on_conflict_do_update(index_elements=["client_id", "wallet"], set_={"why": why[:200]})
    )


async def start(unit: Unit, client_id: int, wallet: Wallet) -> bool:
    """Switch a wallet on again; returns whether it was off. What waits in the outbox goes out."""
    done = await unit.connection.execute(
        delete(WalletSwitchRow).where(WalletSwitchRow.client_id == client_id, WalletSwitchRow.wallet == wallet)
    )
    return done.rowcount > 0


async def stopped(unit: Unit, client_id: int, wallet: str) -> bool:
    """Whether a wallet is off for a client, by its own switch or the server's."""
    query = select(WalletSwitchRow.client_id).where(
        WalletSwitchRow.client_id.in_((ALL_CLIENTS, client_id)), WalletSwitchRow.wallet == wallet
    )
    return (await unit.connection.execute(query.limit(1))).first() is not None


async def require_running(unit: Unit, client_id: int, wallet: Wallet) -> None:
    """Raises WalletStopped when a wallet is off for a client."""
    if await stopped(unit, client_id, wallet):
        raise WalletStopped(f"{wallet} was switched off: 'walletpass wallet list' says why and since when")


async def stopped_clients(unit: Unit, channel: str) -> Collection[int]:
    """Clients whose letters of a channel must stay; ALL_CLIENTS among them means everyone's."""
    wallet = CHANNELS.get(channel)
    if wallet is None:
        return ()
    rows = await unit.connection.execute(select(WalletSwitchRow.client_id).where(WalletSwitchRow.wallet == wallet))
    return frozenset(rows.scalars())


async def all_stopped(unit: Unit) -> list[Stopped]:
    """Every switch that is off. The unit is of ALL_CLIENTS."""
    rows = await unit.connection.execute(
        select(ClientRow.slug, WalletSwitchRow.wallet, WalletSwitchRow.stopped_at, WalletSwitchRow.why)
        .outerjoin(ClientRow, ClientRow.id == WalletSwitchRow.client_id)
        .order_by(WalletSwitchRow.wallet, ClientRow.slug)
    )
    return [Stopped(*row) for row in rows]
