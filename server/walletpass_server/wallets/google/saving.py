"""
The link that saves a pass, made when somebody taps it.

Class and object are sent by the API first, so that the link only names them: short, never stale, and it tells nothing
about its holder. When the API does not answer in time the link carries the pass itself, and a letter brings it later.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from walletpass.errors import GoogleQuota, GoogleUnavailable, LinkTooLong, NotFound
from walletpass.google.links import SaveLink, save_link
from walletpass_server.engine import switches
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import GoogleClassRow, GoogleObjectRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.google.lean import leaner
from walletpass_server.wallets.google.objects import CHANNEL, Objects, know
from walletpass_server.wallets.google.reading import Reader, ReadPass, Unreadable

PATIENCE = 3.0
"""Seconds that whoever tapped the link waits for Google's API."""

_logger = logging.getLogger(__name__)


class Saving:
    """Makes save links."""

    def __init__(self, database: Database, reader: Reader, objects: Objects, *, patience: float = PATIENCE) -> None:
        self._database = database
        self._reader = reader
        self._objects = objects
        self._patience = patience

    async def link(self, client_id: int, pass_id: int, now: datetime) -> SaveLink:
        """
        The link for a pass; the same pass each time.

        Raises:
            NotFound: There is no such pass.
            WalletStopped: Google was switched off.
            CredentialUnfit, MappingRejected: The operation cannot show it at Google.
            GoogleCallFailed: Google refuses it, or does not answer and the pass is too long for a link.
        """
        async with self._database.reading(client_id) as unit:
            await switches.require_running(unit, client_id, "google")
        found = await self._reader.read(client_id, [pass_id], now)
        if not found:
            raise NotFound("there is no such pass any more: ask who sent it")
        read = found[0]
        if isinstance(read, Unreadable):
            raise read.error
        if read.known is None:
            read = replace(read, known=await self._database.run(client_id, partial(know, read=read, now=now)))
        if not read.is_current and not await self._sent(read, now):
            return await self._fat(read, now)
        account = read.account
        return save_link(read.google, account.signer, form="skinny", origins=account.origins, issued_at=now)

    async def _sent(self, read: ReadPass, now: datetime) -> bool:
        """Whether the pass is at Google now. Where Google is slow or in trouble, a letter will bring it there."""
        try:
            async with asyncio.timeout(self._patience):
                written = await self._objects.write(read)
        except (GoogleUnavailable, GoogleQuota, TimeoutError) as exc:
            _logger.info("pass %d: its link carries it, since %s", read.id, str(exc) or "Google is slow")
            await self._database.run(read.client_id, lambda unit: _send_later(unit, read))
            return False
        await self._objects.keep(read.client_id, [written], now)
        return True

    async def _fat(self, read: ReadPass, now: datetime) -> SaveLink:
        """A link that carries as much of the pass as has room; the letter brings the rest."""
        async with self._database.reading(read.client_id) as unit:
            class_ = await unit.session.get(GoogleClassRow, (read.client_id, read.google.class_id))
        is_there = class_ is not None and class_.sent_hash is not None
        for carried in leaner(read.google):
            with suppress(LinkTooLong):
                return save_link(carried, read.account.signer, form="fat", class_is_there=is_there, issued_at=now)
        says = "Google does not answer, and a link cannot carry this pass: try again in a minute"
        raise GoogleUnavailable(f"pass {read.id}: {says}")


async def _send_later(unit: Unit, read: ReadPass) -> None:
    own = (read.client_id, read.id)
    if await unit.session.get(GoogleObjectRow, own) is not None:
        await outbox.put(unit, [outbox.NewLetter(CHANNEL, str(read.id))])
