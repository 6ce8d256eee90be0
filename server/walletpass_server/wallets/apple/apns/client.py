"""What the sender needs of a push service, whoever carries it out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import uuid4


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """
    One push. Its body is always `{}`: Wallet looks at nothing in it.

    Attributes:
        token: The device's push token, as it was registered.
        topic: The pass type identifier.
        push_type: `apns-push-type`; None leaves it out.
        priority: `apns-priority`: 5 is the only one that Apple takes for the type background.
        expires_at: Until when APNs keeps it for a phone that is off, in seconds since 1970.
        apns_id: Our name for it, in our log and in Apple's.
    """

    token: str = field(repr=False)
    topic: str
    push_type: str | None = "background"
    priority: int = 5
    expires_at: int
    apns_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What APNs says to one push.

    Attributes:
        status: 200: taken by APNs, which is neither delivered nor fetched.
        reason: Apple's word for why not; empty where it gave none.
        timestamp: Of a 410: since when the token is gone.
    """

    status: int
    reason: str = ""
    timestamp: datetime | None = None


class ApnsClient(Protocol):
    """Pushes by one credential, over connections that stay open."""

    async def push(self, push: Push) -> Answer:
        """
        Send one push; any number at once.

        Raises:
            ApnsUnreachable: There was no answer.
            ApnsRefusesCertificate: It ended the handshake because of our certificate.
        """
        ...

    def close(self) -> None:
        """Cut the connections; pushes under way have no answer."""
        ...


def expires_at(days: int) -> int:
    """Some days ahead, in whole hours, so that pushes of an hour share the header."""
    return (int(time.time()) // 3600 + 24 * days + 1) * 3600
