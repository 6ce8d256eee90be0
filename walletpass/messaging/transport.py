"""The ports: what takes messages outside, and whom it tells of what comes in."""

from __future__ import annotations

from typing import Protocol

from walletpass.messaging.messages import Inbound, Outbound, Receipt, SubmitResult


class InboundSink(Protocol):
    """Who is told of what comes in. What it raises means: not taken, tell it again."""

    async def receipt(self, receipt: Receipt) -> None:
        """A message has ended, somewhere."""
        ...

    async def inbound(self, message: Inbound) -> None:
        """Somebody wrote."""
        ...


class Transport(Protocol):
    """
    A way for messages.

    The same message submitted twice is sent once, or `capabilities` lacks `idempotent`.
    """

    @property
    def name(self) -> str:
        """As registered."""
        ...

    @property
    def channels(self) -> frozenset[str]:
        """sms, email…"""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """Of dlr, mo, unicode, alpha_sender, schedule, tls, idempotent."""
        ...

    async def start(self, sink: InboundSink) -> None:
        """Begin to listen; returns at once."""
        ...

    async def submit(self, out: Outbound) -> SubmitResult:
        """Hand a message over."""
        ...

    async def stop(self, drain: float = 10.0) -> None:
        """Take no more, and finish what is in hand within so many seconds."""
        ...
