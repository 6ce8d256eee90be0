"""What the rules are tried on: a running service, some of its passes, and devices made for each rule."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import httpx

from walletpass.errors import UsageError
from walletpass.testing.held_pass import HeldPass
from walletpass.testing.web_service import PassAddress, WebServiceClient


class Push(Protocol):
    """A push that was sent: to which token, with which topic."""

    @property
    def token(self) -> str: ...
    @property
    def topic(self) -> str: ...


@dataclass(slots=True)
class Subject:
    """
    A service under test.

    Attributes:
        http: What carries requests.
        passes: Passes of the service, all of one pass type; the rules register and change them, and put nothing back
            but registrations.
        anchors: Certificates to trust besides Apple's, PEM or DER.
        change: Changes the pass of a serial, so that its next bundle differs.
        void: Takes the pass of a serial back; done to the last of `passes`, once.
        pushes: Gives all pushes sent so far, newest last, as those of `FakeApns.accepted`.
        patience: Seconds to wait for what may take its time: a push, a date that lies ahead.
    """

    http: httpx.AsyncClient
    passes: Sequence[HeldPass]
    anchors: Iterable[bytes] = ()
    change: Callable[[str], Awaitable[None]] | None = None
    void: Callable[[str], Awaitable[None]] | None = None
    pushes: Callable[[], Sequence[Push]] | None = None
    patience: float = 10.0
    devices: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        """
        Raises:
            UsageError: There is no pass, one has no web service, or they differ in type.
        """
        if not self.passes or any(held.address is None for held in self.passes):
            raise UsageError("the protocol suite needs passes that have a webServiceURL: give --pass at least one")
        if len({(held.key[0], self.address(held).service) for held in self.passes}) > 1:
            raise UsageError("the passes are of several types or services: give passes of one")

    @property
    def client(self) -> WebServiceClient:
        """Makes the requests of a phone."""
        return WebServiceClient(self.http)

    @property
    def one(self) -> PassAddress:
        """The first pass."""
        return self.address(self.passes[0])

    @property
    def other(self) -> PassAddress:
        """The second pass."""
        return self.address(self.passes[1])

    @property
    def service(self) -> str:
        """`webServiceURL`, without a slash at its end."""
        return self.one.service

    @property
    def pass_type(self) -> str:
        """The pass type of all passes."""
        return self.one.pass_type

    def address(self, held: HeldPass) -> PassAddress:
        """Where a pass is updated."""
        if held.address is None:
            raise UsageError(f"pass {held.serial} has no webServiceURL: give another")
        return held.address

    def device(self, identifier: str | None = None) -> Device:
        """A device that nobody has seen before."""
        made = Device(self, identifier or f"suite-{uuid4().hex}", secrets.token_hex(32))
        self.devices.append(made)
        return made

    async def get(self, path: str, method: str = "GET", **headers: str | None) -> httpx.Response:
        """Any request below the service, without a body."""
        return await self.client.send(method, self.service, path, headers=headers)

    async def held(self, which: PassAddress | None = None) -> HeldPass:
        """The newest version of a pass, fetched without a condition."""
        answer = await self.client.fetch(which or self.one)
        return HeldPass.read(answer.content, self.anchors, answer.headers.get("Last-Modified"))

    async def make_change(self, which: PassAddress | None = None) -> None:
        """Change a pass. Rules that do so declare the need."""
        if self.change is None:
            raise UsageError("this rule needs a way to change a pass: give --change")
        await self.change((which or self.one).serial)

    async def tidy(self) -> None:
        """Take back the registrations that a rule left."""
        for device in self.devices:
            for which in device.registered:
                await self.client.unregister(which, device.identifier)
        self.devices.clear()


@dataclass(slots=True)
class Device:
    """
    A device that knows how to ask.

    Attributes:
        subject: Whose service it talks to.
        identifier: `deviceLibraryIdentifier`.
        push_token: What it tells when it registers.
        registered: The passes that it has tried to register.
    """

    subject: Subject
    identifier: str
    push_token: str
    registered: set[PassAddress] = field(default_factory=set)

    async def register(
        self, which: PassAddress | None = None, *, push_token: str | None = None, **headers: str | None
    ) -> httpx.Response:
        """Register a pass, the first by default."""
        which = which or self.subject.one
        self.registered.add(which)
        return await self.subject.client.register(which, self.identifier, push_token or self.push_token, **headers)

    async def register_with(self, body: bytes, **headers: str | None) -> httpx.Response:
        """Register the first pass with a body of one's own."""
        which = self.subject.one
        self.registered.add(which)
        sent = {"Authorization": which.authorization, **headers}
        path = which.registration(self.identifier)
        return await self.subject.client.send("POST", which.service, path, headers=sent, content=body)

    async def unregister(self, which: PassAddress | None = None, **headers: str | None) -> httpx.Response:
        """Unregister a pass, the first by default."""
        return await self.subject.client.unregister(which or self.subject.one, self.identifier, **headers)

    async def list_changed(self, tag: str | None = None, **headers: str | None) -> httpx.Response:
        """List what changed since a tag."""
        subject = self.subject
        return await subject.client.list_changed(subject.service, self.identifier, subject.pass_type, tag, **headers)

    async def changed(self, tag: str | None = None) -> tuple[set[str], str | None]:
        """The serials that changed since a tag, and the next tag: the one it has when there are none."""
        answer = await self.list_changed(tag)
        if answer.status_code != 200:
            return set(), tag
        content: dict[str, Any] = json.loads(answer.content)
        return set(content["serialNumbers"]), content["lastUpdated"]
