"""Google Wallet, as the platform sees it: objects kept in step over an API, saved from a link."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from walletpass.lifecycle import Wallet
from walletpass_server import metrics
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.sending import Delivery
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import Letter
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.settings import Settings
from walletpass_server.wallets.google.due import IDLE, claim
from walletpass_server.wallets.provider import Redirect, Round

if TYPE_CHECKING:
    from walletpass_server.wallets.google.parts import Parts


class GoogleProvider:
    """Google's wallet; see `WalletProvider`."""

    wallet: Wallet = "google"
    channel = "google"

    def __init__(self, settings: Settings, database: Database, keyring: Keyring) -> None:
        """
        Args:
            settings: Google's addresses and ours.
            database: Where passes are.
            keyring: Opens credentials.
        """
        self._made_of = (settings, database, keyring)

    @cached_property
    def parts(self) -> Parts:
        """What it is made of: loaded with the first letter or link, as it brings httpx and google-auth along."""
        from walletpass_server.wallets.google.parts import Parts

        return Parts.of(*self._made_of)

    async def send(self, letters: Sequence[Letter]) -> Delivery:
        """See `Sender.send`."""
        return await self.parts.sender.send(letters)

    async def hand_over(self, client_id: int, pass_id: int, now: datetime) -> Redirect:
        """See `WalletProvider.hand_over`. GoogleError too, when Google refuses the pass or is out of reach."""
        link = await self.parts.saving.link(client_id, pass_id, now)
        metrics.SERVED.labels(self.wallet).inc()
        return Redirect(link.url)

    async def warm(self, live: LiveOperation) -> None:
        """See `WalletProvider.warm`: Google makes the pass."""

    def rounds(self) -> Sequence[Round]:
        """See `WalletProvider.rounds`."""
        return (Round("google-holders", IDLE, self._reconcile),)

    async def _reconcile(self) -> bool:
        due = await claim(self._made_of[1], datetime.now(UTC))
        return due is not None and await self.parts.reconciler.look(due, datetime.now(UTC))

    def forget(self, client_id: int, pass_ids: Collection[int]) -> None:
        """See `WalletProvider.forget`: nothing is kept of a pass."""

    async def close(self) -> None:
        """See `WalletProvider.close`."""
        if "parts" in vars(self):
            await self.parts.api.close()
