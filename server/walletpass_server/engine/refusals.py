"""
BadDeviceToken, told apart: a device that is gone, or a credential that is wrong for all.

APNs answers so for a token of another environment or topic too. Then nearly every push is refused, and to believe it
would delete every pass of the credential. So such refusals are held back until enough pushes show what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

WINDOW = 1000
"""Pushes of one credential that are judged together."""
MOST = 0.01
"""The share of them that may be refused."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    A push that APNs refused with BadDeviceToken.

    Attributes:
        client_id, device_id: Row of the device.
        push_token: As it was used.
        at: When the push was sent.
    """

    client_id: int
    device_id: int
    push_token: str
    at: datetime


@dataclass(slots=True)
class Refusals:
    """
    The refusals of one credential in one sender.

    ```python
    refusals.pushed()
    refusals.refused(Refusal(...))
    for refusal in refusals.believed():
        await push_refused(...)
    ```
    """

    pushes: int = 0
    held: list[Refusal] = field(default_factory=list)

    @property
    def alarming(self) -> bool:
        """More than the share of a whole window: stop the credential, tell its owner, delete nothing."""
        return len(self.held) > WINDOW * MOST

    def pushed(self, count: int = 1) -> None:
        """Pushes were answered, whatever the answer."""
        self.pushes += count

    def refused(self, refusal: Refusal) -> None:
        """One of them with BadDeviceToken."""
        self.held.append(refusal)

    def believed(self) -> list[Refusal]:
        """What may be deleted: nothing before the window is full or while it is alarming. Then a new window begins."""
        if self.pushes < WINDOW or self.alarming:
            return []
        found, self.held, self.pushes = self.held, [], 0
        return found
