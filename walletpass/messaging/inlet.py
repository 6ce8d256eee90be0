"""What comes in on transports, as events of the platform: a text may move a pass."""

from __future__ import annotations

import logging
from collections.abc import Collection

from walletpass.errors import UsageError
from walletpass.hooks import read_event_id
from walletpass.messaging.messages import Inbound, Receipt
from walletpass.modules import Happening, Platform

SMS_MO = "sms.mo"
"""Data: keyword, text, to. The Matrix declares `sms.mo: {keyword: text, text: text, to: text}`."""

_logger = logging.getLogger(__name__)


class Inlet:
    """
    A sink. It is found by its number or address whose pass a text concerns; nobody knows it, it concerns none.

    Receipts are told as `message.delivered`, `message.failed`…, if `tells` says so: the id of a message that carried a
    link is that of the event it answers.
    """

    def __init__(self, platform: Platform, *, tells: Collection[str] = (SMS_MO,)) -> None:
        """
        Args:
            platform: Who is told.
            tells: Events that Matrices declare; others are not told.
        """
        self._platform, self._tells = platform, frozenset(tells)

    async def inbound(self, message: Inbound) -> None:
        """As the port says."""
        name = f"{message.channel}.mo"
        if name not in self._tells:
            return
        data = {"keyword": message.keyword, "text": message.text[:1000], "to": message.to}
        subject = {"contact": message.sender}
        key = f"{name}-{message.id}"
        matched = await self._platform.tell(
            Happening(type=name, subject=subject, data=data, key=key, occurred_at=message.at)
        )
        _logger.info("%s %s: %d passes", name, message.id, matched)

    async def receipt(self, receipt: Receipt) -> None:
        """As the port says."""
        name = f"message.{receipt.state}"
        try:
            pass_id, _ = read_event_id(receipt.message_id)
        except UsageError:
            return
        if name in self._tells:
            await self._platform.tell(
                Happening(
                    type=name,
                    subject={"pass_id": pass_id},
                    key=f"{name}-{receipt.message_id}",
                    occurred_at=receipt.at,
                    cause=receipt.message_id,
                )
            )
