"""
What the platform asks of a wallet. One class for each wallet answers; nothing else knows how Apple or Google work.

Nothing here assumes that a pass is a file, or that telling a phone carries no content: a wallet hands over bytes or an
address, and what it sends outside is its own affair. docs/wallets.md says how to add one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from walletpass.lifecycle import Wallet
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.sending import Sender


@dataclass(frozen=True, slots=True)
class Download:
    """
    A pass that is a file.

    Attributes:
        parts: Its bytes, to be sent one after the other without joining them.
        media_type: For Content-Type.
        file_name: For Content-Disposition, safe in every file system.
        last_modified: Whole seconds since 1970, for Last-Modified.
    """

    parts: tuple[bytes, ...] = field(repr=False)
    media_type: str
    file_name: str
    last_modified: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """
    A pass that is saved at the wallet's own address.

    Attributes:
        url: Absolute. It gives access to the pass: for its holder alone, never into a log.
    """

    url: str = field(repr=False)


HandOver = Download | Redirect
"""What a consumer is given who asks for a pass."""


@dataclass(frozen=True, slots=True)
class Round:
    """
    Slow work that workers do again and again, behind everything else.

    Attributes:
        name: What it is called in logs.
        every: How long to wait when there is nothing to do.
        work: One short step of it; returns whether to go on at once. Several processes may do it at the same time.
    """

    name: str
    every: timedelta
    work: Callable[[], Awaitable[bool]]


class WalletProvider(Sender, Protocol):
    """
    One wallet.

    `send` (of Sender) takes the letters of `channel` and tells phones, or the wallet's maker, that passes changed.

    Attributes:
        wallet: Which.
        channel: The channel of the outbox that it empties.
    """

    wallet: Wallet
    channel: str

    async def hand_over(self, client_id: int, pass_id: int, now: datetime) -> HandOver:
        """
        The pass as it is now, for its holder.

        Raises:
            NotFound: There is no such pass.
            CredentialUnfit: The operation has no credential for this wallet, or it cannot be used now.
            WalletStopped: The wallet was switched off.
        """
        ...

    async def warm(self, live: LiveOperation) -> None:
        """
        Make ready what the first holder of an operation's pass would wait for. What cannot be is left to who asks.

        Raises:
            WalletPassError: Why it cannot be.
        """
        ...

    def rounds(self) -> Sequence[Round]:
        """What workers do for it now and then, besides its letters."""
        ...

    def forget(self, client_id: int, pass_ids: Collection[int]) -> None:
        """Drop whatever is kept in memory about passes: they were erased."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
