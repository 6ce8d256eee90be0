"""Messages as files: what development starts with."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from walletpass.errors import WalletPassError
from walletpass.messaging.messages import Accepted, Inbound, Outbound, Receipt, Refused, SubmitResult
from walletpass.messaging.transport import InboundSink
from walletpass.writing import write_file

_LOOK = 0.2
"""Seconds between two looks into the inbox."""
_logger = logging.getLogger(__name__)


class FileTransport:
    """
    Writes each message to `outbox/`: an SMS as JSON, an e-mail as .eml. Files are the owner's alone.

    It reads `inbox/*.json`: `{"inbound": {…}}` or `{"receipt": {…}}` with the keys of `Inbound` and `Receipt`, where
    `id` is the file's name if left out. What was taken goes to `done/`, what cannot be read to `unread/`; what the sink
    does not take is told again.
    """

    name = "file"
    channels = frozenset({"sms", "email"})
    capabilities = frozenset({"dlr", "mo", "unicode", "alpha_sender", "idempotent"})

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("outbox", "inbox", "done", "unread"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._listening: asyncio.Task[None] | None = None

    async def start(self, sink: InboundSink) -> None:
        """As the port says."""
        self._listening = asyncio.create_task(self._listen(sink))

    async def submit(self, out: Outbound) -> SubmitResult:
        """As the port says: the same message again is the same file."""
        if out.channel == "email":
            try:
                written = _email(out)
            except ValueError:
                return Refused("address", "an address or subject that no e-mail can have")
        else:
            sent = {"id": out.id, "to": out.to, "sender": out.sender, "text": out.content.text}
            written = json.dumps(sent, ensure_ascii=False).encode()
        suffix = ".eml" if out.channel == "email" else ".json"
        await asyncio.to_thread(write_file, self._folder / "outbox" / f"{out.id}{suffix}", written, private=True)
        return Accepted((f"file-{out.id}",))

    async def stop(self, drain: float = 10.0) -> None:
        """As the port says: what is in the inbox now is still told."""
        listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(drain):
                    while any((self._folder / "inbox").glob("*.json")) and not listening.done():
                        await asyncio.sleep(_LOOK / 4)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, sink: InboundSink) -> None:
        while True:
            try:
                for file in sorted((self._folder / "inbox").glob("*.json")):
                    await self._tell(sink, file)
            except OSError as exc:
                _logger.warning("%s: cannot be read (%s), it is tried again", self._folder / "inbox", exc.strerror)
            await asyncio.sleep(_LOOK)

    async def _tell(self, sink: InboundSink, file: Path) -> None:
        try:
            found = _read(file)
        except (ValueError, TypeError, KeyError) as exc:
            _logger.warning("%s: is no message (%s), put aside", file.name, type(exc).__name__)
            file.replace(self._folder / "unread" / file.name)
            return
        try:
            await (sink.inbound(found) if isinstance(found, Inbound) else sink.receipt(found))
        except WalletPassError as exc:
            _logger.warning("%s: was not taken (%s), it is told again", file.name, type(exc).__name__)
            return
        file.replace(self._folder / "done" / file.name)


def _read(file: Path) -> Inbound | Receipt:
    ((kind, given),) = json.loads(file.read_text("utf-8")).items()
    named: dict[str, Any] = {"id": file.stem, **given, "at": datetime.fromisoformat(given["at"])}
    if kind not in ("inbound", "receipt"):
        raise ValueError(kind)
    return Inbound(**named) if kind == "inbound" else Receipt(**named)


def _email(out: Outbound) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{out.id}@walletpass.invalid>"
    message["To"], message["Subject"] = out.to, out.content.subject
    if out.sender:
        message["From"] = out.sender
    message.set_content(out.content.text)
    if out.content.html:
        message.add_alternative(out.content.html, subtype="html")
    return message.as_bytes()
