"""What a click on a wallet's link does: a pass issued if need be, handed over, and noted as displayed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from walletpass.errors import NotFound, OperationClosed, WalletStopped
from walletpass.lifecycle import Wallet
from walletpass_server.bootstrap import Platform
from walletpass_server.engine import phones
from walletpass_server.engine.anonymous import Visitor, anonymous_token
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.tokens import Token, keep_tags
from walletpass_server.links.showcase import Showcase
from walletpass_server.links.tags import Tags
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.provider import HandOver


def require_offered(showcase: Showcase, wallet: Wallet) -> None:
    """
    Whether the operation gives passes for a wallet now.

    Raises:
        NotFound: It has none for it.
        WalletStopped: It was switched off.
    """
    if wallet in showcase.stopped:
        raise WalletStopped(f"{wallet} was switched off: 'walletpass wallet list' says why and since when")
    if wallet not in showcase.wallets:
        raise NotFound(f"{showcase.operation.operation}: has no pass for {wallet}")


async def take_token(on: Platform, showcase: Showcase, visitor: Visitor, now: datetime) -> str:
    """
    The token of someone who clicked on an operation link: the one of before, or a new one.

    Raises:
        TokenNeeded: The passes are personal.
        OperationClosed: Outside the period, or all are issued.
        TooManyPasses: The network asked for too many.
        WriterBusy, DatabaseBusy: Nothing was written.
    """

    async def work(unit: Unit) -> str:
        live = await load_operation(unit, showcase.operation_id)
        return await anonymous_token(unit, on.keyring, live, visitor, now)

    if visitor.token is None and showcase.closed(now) == "full":  # a token that opens nothing is not worth its row
        raise OperationClosed(f"{showcase.operation.operation}: all passes are issued")
    return await on.writer.write(showcase.client_id, work)


async def hand_over(
    on: Platform, token: Token, wallet: Wallet, tags: Tags, now: datetime, seen: Mapping[str, str] | None = None
) -> HandOver:
    """
    The pass of a token, for its holder.

    The fact is written once the wallet has given something to show, and before that leaves.

    Args:
        on: The platform.
        token: Found just now.
        wallet: Offered.
        tags: Of the link.
        now: The instant.
        seen: As `phones.display` takes it.

    Raises:
        TokenRevoked, OperationClosed, ValuesError, WriterBusy: As `IssuingDesk.issue`.
        Others: As `WalletProvider.hand_over`.
    """
    opened = await on.desk.issue(token)
    given = await on.wallets[wallet].hand_over(token.client_id, opened.pass_id, now)

    async def work(unit: Unit) -> None:
        if tags:
            await keep_tags(unit, token.id, tags)
        await phones.display(unit, opened.operation_id, opened.pass_id, wallet, now, tags, seen=seen)

    await on.writer.write(token.client_id, work)
    return given
