"""A platform that remembers what modules ask of it: `walletpass.modules.Platform` without a server."""

from __future__ import annotations

from collections.abc import Sequence

from walletpass.errors import WalletPassError
from walletpass.modules import Happening


class FakePlatform:
    """
    Answers at once.

    Attributes:
        told: What happened, each key once, in order.
        remembered: Pass to its contacts.
        faults: What the next calls of `tell` raise, in order.
    """

    def __init__(self) -> None:
        self.told: list[Happening] = []
        self.remembered: dict[int, list[str]] = {}
        self.faults: list[WalletPassError] = []

    async def tell(self, happening: Happening) -> int:
        """As the port says: one pass each."""
        if self.faults:
            raise self.faults.pop(0)
        if happening.key not in {each.key for each in self.told}:
            self.told.append(happening)
        return 1

    async def link(self, token_id: int) -> str:
        """As the port says."""
        return f"https://pass.example/p/token-{token_id}"

    async def remember(self, pass_id: int, contacts: Sequence[str]) -> None:
        """As the port says."""
        self.remembered[pass_id] = list(contacts)
