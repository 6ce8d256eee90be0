"""`pass.issued`: the link of the pass goes out to its holder."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from walletpass.errors import HookLoop, MessageDelayed
from walletpass.hooks import Event, follow
from walletpass.messaging.messages import Accepted, Content, Later, Outbound
from walletpass.messaging.transport import Transport
from walletpass.modules import Platform

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where somebody is reached.

    Attributes:
        channel: sms, email…
        to: A number in E.164, or an address.
        language: Of the message.
    """

    channel: str
    to: str = field(repr=False)
    language: str = "en"


Addresses = Callable[[Mapping[str, Any]], Awaitable[Address | None]]
"""`data["pass"]` of an event to where its holder is reached; None for nobody. The platform keeps no addresses."""
Words = Callable[[str, Address], Content]
"""The link, and to whom: what the message says."""


class LinkSender:
    """
    A subscriber of hooks. An event that comes again makes no second message: its id is the message's.

    Once the link has gone out, the number or address leads to the pass, so that what is written back finds it.
    """

    def __init__(
        self, platform: Platform, addresses: Addresses, transports: Mapping[str, Transport], words: Words
    ) -> None:
        """
        Args:
            platform: Knows links.
            addresses: Knows people.
            transports: By channel.
            words: Of the message.
        """
        self._platform, self._addresses, self._transports, self._words = platform, addresses, transports, words

    async def __call__(self, event: Event) -> None:
        """
        Take an event; any but `pass.issued` is none of its business.

        Raises:
            MessageDelayed: The transport cannot take it now: the event is to come again.
        """
        held = event.data.get("pass") or {}
        if event.type != "pass.issued" or held.get("token_id") is None:
            return
        try:
            follow(event)
        except HookLoop as loop:
            _logger.warning("%s", loop)
            return
        address = await self._addresses(held)
        if address is None or address.channel not in self._transports:
            _logger.info("%s: its holder is reached on no channel that there is", event.id)
            return
        content = self._words(await self._platform.link(int(held["token_id"])), address)
        out = Outbound(id=event.id, channel=address.channel, to=address.to, content=content)
        result = await self._transports[address.channel].submit(out)
        if isinstance(result, Later):
            raise MessageDelayed(f"{event.id}: {result.why}: again in {result.after:g} s")
        if isinstance(result, Accepted):
            await self._platform.remember(int(held["id"]), [address.to])
        else:
            _logger.warning("%s: refused for good: %s (%s)", event.id, result.code, result.why)
