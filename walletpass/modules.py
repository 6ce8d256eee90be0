"""
What the modules beside the wallet (messaging, telephony) ask of the platform: one port, whatever is behind it.

They are told by hooks what happened to passes, and tell in return what happened to messages and lines. An answer names
the event that it answers, so that two systems which answer each other are stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """
    Something that a module tells the platform.

    Attributes:
        type: `sms.mo`, `line.suspended`…
        subject: Whom it concerns: `{"contact": …}`, `{"external_id": …}`, `{"pass_id": …}`.
        data: As the Matrix declares.
        key: Names it: told again, it changes nothing.
        occurred_at: When it happened; by default now.
        cause: Id of the event that it answers.
    """

    type: str
    subject: Mapping[str, str | int] = field(repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    key: str
    occurred_at: datetime | None = None
    cause: str | None = None


class Platform(Protocol):
    """The wallet platform, as modules see it. `walletpass.client.ApiPlatform` is one."""

    async def tell(self, happening: Happening) -> int:
        """
        Tell of something; how many passes it concerned.

        It concerns none if no Matrix of theirs declares it, if its operation has ended, if it would go round in
        circles: whatever is refused for good, so that nobody tells it for ever.

        Raises:
            WalletPassError: It was not taken now; told again later, with the same key, it is not done twice.
        """
        ...

    async def link(self, token_id: int) -> str:
        """The address behind a token. Whoever has it has the pass: never into a log."""
        ...

    async def remember(self, pass_id: int, contacts: Sequence[str]) -> None:
        """Let these numbers and addresses, and no others, lead to a pass. Only keyed hashes are kept of them."""
        ...
