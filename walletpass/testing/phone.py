"""
What an iPhone does with passes, over HTTP: for tests and rehearsals of any server.

    async with FakePhone(anchors=[root_pem]) as phone:
        apns.listen(phone.hear)  # a FakeApns
        held = await phone.add("https://tickets.example/p/TOKEN.pkpass")
        ...                      # the server changes the pass, and pushes
        await phone.wait_for_push()
        for notice in await phone.answer_pushes():
            print(notice.text)
        await phone.delete(held)

It is as strict as a phone, and less patient: where a phone would give up in silence, this one raises. Sources:
Apple's Wallet developer guide and web service reference, and what was seen of devices.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from typing import Protocol, Self
from uuid import uuid4

import httpx

from walletpass.errors import PassRefused, WebServiceFault
from walletpass.testing.errands import Errands
from walletpass.testing.held_pass import HeldPass, Notice, PassKey
from walletpass.testing.web_service import PassAddress

__all__ = ["FakePhone", "HeldPass", "Notice", "PassKey", "Push"]

_SECONDS = 30.0


_Place = tuple[str, str]
"""A service and a pass type: what a list is asked of, and what a tag belongs to."""


class Push(Protocol):
    """
    What a phone hears of a push.

    Attributes:
        token: The push token it was sent to.
        topic: Its `apns-topic`, the pass type identifier.
    """

    @property
    def token(self) -> str: ...
    @property
    def topic(self) -> str: ...


class FakePhone:
    """
    A phone, its passes, and what it has told the services behind them.

    Its methods follow one another however they are called: a phone does one thing at a time.

    Attributes:
        device: `deviceLibraryIdentifier`.
        push_token: Where it hears pushes; `renew_push_token` changes it.
        passes: The version it holds of each pass.
        notices: All that the lock screen ever showed, oldest first.
        log: Lines for the services' logs that are not sent yet, in Apple's words.
    """

    def __init__(
        self,
        http: httpx.AsyncClient | None = None,
        *,
        anchors: Iterable[bytes] = (),
        language: str | None = None,
        device: str | None = None,
    ) -> None:
        """
        Args:
            http: What carries requests, and is closed by whoever made it; by default a client of the phone's own.
            anchors: Certificates to trust besides Apple's, PEM or DER.
            language: The phone's ("fr"); by default what the pass has first.
            device: Its identifier; by default a random one.
        """
        self.device = device or uuid4().hex
        self.push_token = secrets.token_hex(32)
        self.passes: dict[PassKey, HeldPass] = {}
        self.notices: list[Notice] = []
        self.log: list[str] = []
        self._anchors = tuple(anchors)
        self._language = language
        self._own_http = None if http else httpx.AsyncClient(timeout=_SECONDS)
        self._errands = Errands(http or self._own_http or httpx.AsyncClient(), self.device, self.log)
        self._silent: set[PassKey] = set()  # automatic updates turned off
        self._told: dict[PassKey, PassAddress] = {}  # registrations that a service may have
        self._confirmed: set[PassKey] = set()  # of them those it has, with the push token of now
        self._tags: dict[_Place, str] = {}
        self._behind: set[_Place] = set()  # where something may have changed that is not fetched yet
        self._heard: set[str] = set()
        self._bell = asyncio.Event()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """The phone."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what is the phone's own."""
        if self._own_http:
            await self._own_http.aclose()

    @property
    def registered(self) -> set[PassKey]:
        """The passes for which a service has confirmed the registration, and that are to stay so."""
        return {key for key in self._confirmed if key in self.passes and key not in self._silent}

    async def add(self, source: bytes | str) -> HeldPass:
        """
        Add a pass: then register, list, and fetch what the list names.

        Args:
            source: The bundle, or an address to open in Safari; redirects are followed.

        Returns:
            The version held at the end.

        Raises:
            PassRefused: It is not sound; nothing was added.
            WebServiceFault: The download failed, and nothing was added; or its web service failed, and it is added,
                but not registered: `retry` goes on.
        """
        async with self._turn:
            bundle = source if isinstance(source, bytes) else await self._errands.download(source)
            held = HeldPass.read(bundle, self._anchors)
            self._keep(held)
            await self._settle()
            return self.passes[held.key]

    async def delete(self, held: HeldPass) -> None:
        """Delete a pass and unregister it. Raises WebServiceFault when that failed: `retry` tells it again."""
        async with self._turn:
            self.passes.pop(held.key, None)
            self._silent.discard(held.key)
            await self._settle()

    async def turn_updates(self, held: HeldPass, *, on: bool) -> None:
        """Automatic updates of one pass: off unregisters, on registers and brings it up to date. Raises as `add`."""
        async with self._turn:
            if on:
                self._silent.discard(held.key)
            else:
                self._silent.add(held.key)
            await self._settle()

    async def refresh(self, held: HeldPass) -> Notice | None:
        """Pull to refresh: fetch one pass, without any push. Raises WebServiceFault, PassRefused."""
        async with self._turn:
            return await self._fetch(held.key)

    async def renew_push_token(self) -> None:
        """Get another push token, as after a restore, and tell it for every pass. Raises WebServiceFault."""
        async with self._turn:
            self.push_token = secrets.token_hex(32)
            self._confirmed.clear()
            await self._settle()

    def hear(self, push: Push) -> None:
        """A push arrives, in the phone's own event loop: what `FakeApns.listen` calls. Those of others pass by."""
        if push.token == self.push_token:
            self._heard.add(push.topic)
            self._bell.set()

    async def wait_for_push(self, seconds: float = _SECONDS) -> None:
        """Wait until a push has come that is not answered yet. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._bell.wait()

    async def answer_pushes(self) -> list[Notice]:
        """
        Do what the pushes heard so far call for.

        Returns:
            What the lock screen shows.

        Raises:
            WebServiceFault, PassRefused: As `pushed`; that pass type's push counts as not answered yet.
        """
        shown: list[Notice] = []
        while self._heard:
            pass_type = next(iter(self._heard))
            self._heard.discard(pass_type)
            try:
                shown += await self.pushed(pass_type)
            except (WebServiceFault, PassRefused):
                self._heard.add(pass_type)
                raise
        self._bell.clear()
        return shown

    async def pushed(self, pass_type: str) -> list[Notice]:
        """
        A push for a pass type: ask what changed since the last time, and fetch each.

        Returns:
            What the lock screen shows: nothing for silent updates.

        Raises:
            WebServiceFault: A request failed, after all others were made; the next push asks for the same again.
            PassRefused: What was fetched is not sound, or not a version of the pass.
        """
        async with self._turn:
            self._behind |= {(at.service, pass_type) for at in self._told.values() if at.pass_type == pass_type}
            return await self._catch_up()

    async def retry(self) -> list[Notice]:
        """Do again what failed, and nothing else: registrations, deletions, lists, fetches. Raises as `pushed`."""
        async with self._turn:
            return await self._settle()

    async def send_logs(self) -> None:
        """Send the log to the services of all passes, and empty it. Raises WebServiceFault."""
        async with self._turn:
            services = {held.address.service for held in self.passes.values() if held.address}
            for service in sorted(services):
                await self._errands.send_log(service)
            self.log.clear()

    def _keep(self, held: HeldPass) -> Notice | None:
        """Put a version in the place of the one before."""
        older = self.passes.get(held.key)
        if older and older.address and older.address != held.address:
            raise PassRefused(f"pass {held.serial}: its new version has another web service or secret: keep both")
        self.passes[held.key] = held
        notice = held.notice_after(older, self._language) if older else None
        if notice:
            self.notices.append(notice)
        return notice

    async def _agree(self) -> None:
        """Make the services' registrations those that the phone wants."""
        wanted = {key: held.address for key, held in self.passes.items() if held.address and key not in self._silent}
        for key, address in wanted.items():
            if key not in self._confirmed:
                self._told[key] = address  # even if no answer comes
                await self._errands.register(address, self.push_token)
                self._confirmed.add(key)
                self._behind.add((address.service, address.pass_type))
        for key, address in list(self._told.items()):
            if key not in wanted:
                self._confirmed.discard(key)
                try:
                    await self._errands.unregister(address)
                except WebServiceFault as fault:
                    if fault.status == 401:  # the service knows no such pass: nothing is left to tell it
                        del self._told[key]
                    raise
                del self._told[key]

    async def _settle(self) -> list[Notice]:
        """Tell the services what they do not know yet, then fetch what may have changed."""
        await self._agree()
        return await self._catch_up()

    async def _catch_up(self) -> list[Notice]:
        """Wherever something may have changed, ask for it."""
        shown: list[Notice] = []
        for place in sorted(self._behind):
            shown += await self._fetch_changed(place)
            self._behind.discard(place)
        return shown

    async def _fetch_changed(self, place: _Place) -> list[Notice]:
        """List what changed since the last time, and fetch it; the tag counts once all is here."""
        _, pass_type = place
        changed = await self._errands.list_changed(*place, self._tags.get(place))
        if changed is None:
            return []
        serials, tag = changed
        shown: list[Notice] = []
        faults: list[WebServiceFault | PassRefused] = []
        for serial in serials:
            try:
                notice = await self._fetch((pass_type, serial))
            except (WebServiceFault, PassRefused) as fault:
                faults.append(fault)
            else:
                shown += [notice] if notice else []
        if faults:
            raise faults[0]
        self._tags[place] = tag
        return shown

    async def _fetch(self, key: PassKey) -> Notice | None:
        """The newest version of a pass, if it is still held."""
        held = self.passes.get(key)
        if held is None or held.address is None:
            return None
        found = await self._errands.fetch(held.address, held.last_modified)
        if found is None:
            return None
        newer = HeldPass.read(found.content, self._anchors, found.headers.get("Last-Modified"))
        if newer.key != key:
            raise PassRefused(f"pass {held.serial}: its new version is pass {newer.serial}: keep type and serial")
        return self._keep(newer)
