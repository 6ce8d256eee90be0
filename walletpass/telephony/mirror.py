"""A card that mirrors a line: what the carrier tells moves it, and what moves it may command the carrier."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from walletpass.errors import HookLoop
from walletpass.hooks import Event, follow
from walletpass.modules import Happening, Platform
from walletpass.telephony.carrier import CarrierAdapter
from walletpass.telephony.lines import CommandKind, LineCommand

Lines = Callable[[str], Awaitable[str | None]]
"""A line to what the client calls its holder (`external_id` of the card); None for a line without a card."""
LineOf = Callable[[Mapping[str, Any]], Awaitable[str | None]]
"""`data["pass"]` of an event to the line of its holder; None for a card without a line."""

_logger = logging.getLogger(__name__)


async def mirror(carrier: CarrierAdapter, platform: Platform, lines: Lines) -> int:
    """
    Tell the platform what a carrier has to tell, once; how many passes it concerned.

    Again it goes on where it was: an event that was told before changes nothing, by the carrier's own id of it.

    Raises:
        WalletPassError: The platform did not take one: it, and all after it, come next time.
    """
    concerned = 0
    async for event in carrier.poll():
        holder = await lines(event.line)
        if holder is None:
            _logger.info("%s %s: line %s has no card", event.type, event.id, event.line)
            continue
        concerned += await platform.tell(
            Happening(
                type=event.type,
                subject={"external_id": holder},
                data=event.data,
                key=f"{carrier.name}-{event.id}",
                occurred_at=event.at,
                cause=event.cause,
            )
        )
    return concerned


class LineSwitch:
    """
    A subscriber of hooks: a card that came to a Model commands the carrier.

    Loops end: a carrier's answer to a command says the event that the command answers, so the platform counts the
    chain; and a move that a line itself led to commands nothing.
    """

    def __init__(
        self, carrier: CarrierAdapter, line_of: LineOf, commands: Mapping[str, CommandKind], by: frozenset[str]
    ) -> None:
        """
        Args:
            carrier: Whom to command.
            line_of: Which line a card is of.
            commands: Model of the card to the command that it stands for.
            by: Triggers whose moves are commands: those on events of people. Moves by others only mirror the line.
        """
        self._carrier, self._line_of, self._commands, self._by = carrier, line_of, commands, by

    async def __call__(self, event: Event) -> None:
        """Take an event; any but `pass.model_changed` by one of those Triggers is none of its business."""
        kind = self._commands.get(str(event.data.get("to_model")))
        if event.type != "pass.model_changed" or kind is None or event.data.get("trigger") not in self._by:
            return
        try:
            follow(event)
        except HookLoop as loop:
            _logger.warning("%s", loop)
            return
        line = await self._line_of(event.data["pass"])
        if line is not None:
            told = await self._carrier.execute(LineCommand(id=event.id, line=line, kind=kind, cause=event.id))
            _logger.info("%s: %s of line %s is %s", event.id, kind, line, told.state)
