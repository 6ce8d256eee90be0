"""Carriers that keep files, log, or remember: for development and tests."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from walletpass.errors import UsageError
from walletpass.telephony.lines import CarrierEvent, CdrFile, CommandAck, LineCommand
from walletpass.writing import write_file

_logger = logging.getLogger(__name__)


class MemoryCarrier:
    """
    Remembers.

    Attributes:
        commands: By id, as they came.
        events: What it tells next.
    """

    name = "memory"

    def __init__(self) -> None:
        self.commands: dict[str, LineCommand] = {}
        self.events: list[CarrierEvent] = []

    async def execute(self, command: LineCommand) -> CommandAck:
        """As the port says."""
        self.commands.setdefault(command.id, command)
        return CommandAck("sent", reference=f"memory-{command.id}")

    async def poll(self) -> AsyncIterator[CarrierEvent]:
        """As the port says."""
        while self.events:
            yield self.events[0]
            self.events.pop(0)

    def cdr_files(self, since: datetime) -> Iterator[CdrFile]:  # noqa: ARG002 - it has none
        """As the port says."""
        return iter(())


class LogCarrier:
    """Takes every command, does nothing, and tells nothing."""

    name = "log"

    async def execute(self, command: LineCommand) -> CommandAck:
        """As the port says."""
        _logger.info("command %s: %s of line %s", command.id, command.kind, command.line)
        return CommandAck("sent", reference=f"log-{command.id}")

    async def poll(self) -> AsyncIterator[CarrierEvent]:
        """As the port says."""
        nothing: tuple[CarrierEvent, ...] = ()
        for event in nothing:
            yield event

    def cdr_files(self, since: datetime) -> Iterator[CdrFile]:  # noqa: ARG002 - it has none
        """As the port says."""
        return iter(())


class FileCarrier:
    """
    Writes commands to `commands/<id>.json`; reads `events/*.json`, with the keys of `CarrierEvent`, in the order of
    their names, and moves them to `done/`; call records are `cdr/*`.
    """

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("commands", "events", "done", "cdr"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def execute(self, command: LineCommand) -> CommandAck:
        """As the port says."""
        if not command.id.replace("-", "").replace("_", "").isalnum():
            return CommandAck("rejected", why="the id of a command is letters, digits, - and _")
        file = self._folder / "commands" / f"{command.id}.json"
        if not file.exists():
            write_file(file, json.dumps(asdict(command)).encode(), private=True)
        return CommandAck("sent", reference=f"file-{command.id}")

    async def poll(self) -> AsyncIterator[CarrierEvent]:
        """As the port says; raises UsageError for a file that is no event."""
        for file in sorted((self._folder / "events").glob("*.json")):
            try:
                given = json.loads(file.read_text("utf-8"))
                event = CarrierEvent(**{"id": file.stem, **given, "at": datetime.fromisoformat(given["at"])})
            except (ValueError, TypeError, KeyError) as exc:
                raise UsageError(f"{file}: is no event of a carrier ({type(exc).__name__}): mend or remove it") from exc
            yield event
            file.replace(self._folder / "done" / file.name)

    def cdr_files(self, since: datetime) -> Iterator[CdrFile]:
        """As the port says; a file was delivered when it was last changed."""
        found = [
            CdrFile(file.name, datetime.fromtimestamp(file.stat().st_mtime, UTC), file)
            for file in (self._folder / "cdr").iterdir()
        ]
        return iter(sorted((each for each in found if each.delivered_at >= since), key=lambda each: each.delivered_at))
