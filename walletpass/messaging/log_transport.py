"""Messages as lines of the log: that they went, never to whom or what they say."""

from __future__ import annotations

import logging

from walletpass.messaging.messages import Accepted, Outbound, SubmitResult
from walletpass.messaging.transport import InboundSink

_logger = logging.getLogger(__name__)


class LogTransport:
    """Takes everything, sends nothing."""

    name = "log"
    channels = frozenset({"sms", "email"})
    capabilities = frozenset({"unicode", "alpha_sender", "idempotent"})

    async def start(self, sink: InboundSink) -> None:
        """As the port says; nothing ever comes in."""

    async def submit(self, out: Outbound) -> SubmitResult:
        """As the port says."""
        _logger.info("message %s: %s, %s, %d characters", out.id, out.channel, out.category, len(out.content.text))
        return Accepted((f"log-{out.id}",))

    async def stop(self, drain: float = 10.0) -> None:
        """As the port says."""
