"""Messages kept in memory: for tests."""

from __future__ import annotations

from walletpass.messaging.messages import Accepted, Inbound, Later, Outbound, Receipt, Refused, SubmitResult
from walletpass.messaging.transport import InboundSink


class MemoryTransport:
    """
    Keeps what it is given.

    Attributes:
        sent: By message id.
        answers: What the next submissions are answered instead, in order.
    """

    name = "memory"
    channels = frozenset({"sms", "email"})
    capabilities = frozenset({"dlr", "mo", "unicode", "alpha_sender", "idempotent"})

    def __init__(self) -> None:
        self.sent: dict[str, Outbound] = {}
        self.answers: list[Later | Refused] = []
        self._sink: InboundSink | None = None

    async def start(self, sink: InboundSink) -> None:
        """As the port says."""
        self._sink = sink

    async def submit(self, out: Outbound) -> SubmitResult:
        """As the port says."""
        if self.answers:
            return self.answers.pop(0)
        self.sent[out.id] = out
        return Accepted((f"memory-{out.id}",))

    async def stop(self, drain: float = 10.0) -> None:  # noqa: ARG002 - nothing is in hand
        """As the port says."""
        self._sink = None

    async def receive(self, message: Inbound | Receipt) -> None:
        """Let something come in, as if from outside; while stopped it is lost, as it would be."""
        if self._sink is None:
            return
        if isinstance(message, Inbound):
            await self._sink.inbound(message)
        else:
            await self._sink.receipt(message)
