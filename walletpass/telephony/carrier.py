"""The port to a carrier."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Protocol

from walletpass.telephony.lines import CarrierEvent, CdrFile, CommandAck, LineCommand


class CarrierAdapter(Protocol):
    """A carrier. It never decides whether a command is allowed: whoever sends it has."""

    @property
    def name(self) -> str:
        """As configured."""
        ...

    async def execute(self, command: LineCommand) -> CommandAck:
        """Hand a command over; the same again is one command."""
        ...

    def poll(self) -> AsyncIterator[CarrierEvent]:
        """
        Confirmations, port tickets, loss of service, as far as there are any.

        One is done with when the next is asked for: what its reader raises leaves it, and all after it, for next time.
        """
        ...

    def cdr_files(self, since: datetime) -> Iterator[CdrFile]:
        """Call records delivered since then, the oldest first."""
        ...
