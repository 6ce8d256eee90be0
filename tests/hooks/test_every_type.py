"""Each event that the core tells is told: by doing what it is about, on a whole platform, and reading what arrived."""

from __future__ import annotations

import asyncio
import io
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from walletpass.hooks import HIGH_VOLUME, TYPES
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.testing.apns import FakeApns, Reply
from walletpass.testing.authority import Authority
from walletpass.testing.life import matrix_document
from walletpass.testing.receiver import Receiver, receiver
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.cancelling import cancel_operation
from walletpass_server.engine.clients import create_client
from walletpass_server.engine.credentials import NewCredential, save_credential, stop_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.ends import tell_of_ends
from walletpass_server.engine.expiry import warn_of_ends
from walletpass_server.engine.firing import fire, void_pass
from walletpass_server.engine.housekeeping import seal_days
from walletpass_server.engine.operations import create_operation, load_operation
from walletpass_server.engine.plans import change_plan
from walletpass_server.engine.rollover import roll_over
from walletpass_server.engine.sending import send_some
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.hooks.endpoints import Wish, add_endpoint, pause_endpoint, send_test
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.settings import Settings
from walletpass_server.wallets.apple.provider import AppleProvider

PUBLIC = "https://passes.example"
LOCAL = ("127.0.0.0/8",)
PASS_TYPE, TEAM = "pass.example.one", "TEAMONE"
TESTER = Actor("staff", "tester")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
PASS = {"id", "serial", "external_id", "token_id", "operation", "matrix", "matrix_version", "model", "pass_type"}
TRIGGER = {"trigger", "passes", "due_at", "event", "event_id"}
DATA: Mapping[str, set[str]] = {
    "pass.issued": {"pass", "source"},
    "pass.generated": {"pass", "wallet", "first", "tags", "device_class", "referrer"},
    "pass.added": {"pass", "wallet", "device_hash", "first", "active_devices"},
    "pass.fetched": {"pass", "wallet", "model"},
    "pass.deleted": {"pass", "wallet", "device_hash", "certain", "active_devices"},
    "pass.updated": {"pass", "changed_fields", "reason", "from_model", "to_model"},
    "pass.model_changed": {"pass", "from_model", "to_model", "trigger"},
    "pass.redeemed": {"pass", "by", "place", "value"},
    "pass.scanned": {"pass", "by", "place", "value"},
    "pass.voided": {"pass", "reason"},
    "pass.expired": {"pass", "reason"},
    "device.registered": {"pass", "wallet", "device_hash"},
    "device.unregistered": {"pass", "wallet", "device_hash"},
    "trigger.scheduled": TRIGGER,
    "trigger.fired": {"pass", *TRIGGER, "from_model", "to_model"},
    "trigger.failed": {"pass", *TRIGGER, "why"},
    "trigger.skipped": {"pass", *TRIGGER, "why"},
    "notification.sent": {"pass", "wallet", "device_hash", "model"},
    "notification.failed": {"pass", "wallet", "device_hash", "model", "error"},
    "notification.deferred": {"pass", "wallet", "cap", "until"},
    "notification.suppressed": {"pass", "wallet", "cap", "until"},
    "link.opened": {"link", "token_id", "operation", "user_agent_class", "referrer", "tags"},
    "event.received": {"pass", "event"},
    "operation.created": {"operation", "matrix", "matrix_version"},
    "operation.started": {"operation"},
    "operation.ended": {"operation"},
    "operation.cancelled": {"operation"},
    "matrix.frozen": {"matrix"},
    "matrix.versioned": {"matrix"},
    "credential.expiring": {"credential", "not_after", "days"},
    "credential.expired": {"credential", "not_after", "days"},
    "credential.invalid": {"credential", "why"},
    "credential.replaced": {"credential", "operations"},
    "report.ready": {"operation", "days", "figures"},
    "quota.reached": {"what", "limit"},
    "hook.test": {"hook"},
    "hook.paused": {"hook", "why"},
}
"""What the data of an event say, at least."""


def _matrix() -> Matrix:
    picture = io.BytesIO()
    Image.new("RGB", (87, 87), "#145c3a").save(picture, "PNG")
    news = {"news": {"type": "text", "default": "none"}}
    document = matrix_document(
        {"a": news, "b": news, "c": {**news, "code": {"type": "text"}}},
        [
            {"name": "used", "from": "a", "to": "b", "on": "pass.redeemed", "set": {"news": "'used'"}, "notify": True},
            {"name": "again", "from": "b", "to": "a", "on": "coupon.back", "set": {"news": "'again'"}, "notify": True},
            {"name": "coded", "from": "a", "to": "c", "on": "code.given", "set": {"code": "event.code"}},
            {
                "name": "late",
                "from": "a",
                "to": "b",
                "after": {"event": "visit", "delay": {"hours": 9}, "rearm": "each"},
            },
            {"name": "over", "from": "a", "to": "b", "at": "operation.ends_at"},
        ],
        {"coupon.back": {}, "code.given": {"code": "text?"}, "visit": {}},
    )
    for model in document["models"].values():
        shown = {"key": "news", "label": "News", "value": "{{ news }}", "change_message": "%@"}
        model |= {"images": {"icon": {"data": picture.getvalue()}}, "fields": {"back": [shown]}}
    return Matrix.read(document)


@dataclass
class World:
    """A platform, a client who listens, Apple's pushes, and somebody with an iPhone."""

    on: Platform
    client_id: int
    authority: Authority
    apns: FakeApns
    http: httpx.AsyncClient
    listener: Receiver
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    operations: dict[str, int] = field(default_factory=dict)

    async def run(self, work: Callable[[Unit], Awaitable[Any]]) -> Any:
        return await self.on.database.run(self.client_id, work)

    async def listen(self, *events: str) -> int:
        wish = Wish(name="Tool", url=self.listener.url, events=events)
        new = await self.run(lambda unit: add_endpoint(unit, self.on.keyring, wish, TESTER, self.now, private=LOCAL))
        return int(new.row.id)

    async def keep_credential(self) -> int:
        issued = self.authority.issue_pass_certificate(PASS_TYPE, TEAM, key="ec")
        parts = {
            "certificate": issued.certificate_pem,
            "key": issued.key_pem(),
            "intermediate": issued.intermediate_pem,
        }
        new = NewCredential(
            wallet="apple", name="main", secret={name: b64encode(part).decode() for name, part in parts.items()},
            public=issued.certificate_pem, pass_type_identifier=PASS_TYPE, team_identifier=TEAM,
            not_after=self.now + timedelta(days=400),
        )  # fmt: skip
        return int((await self.run(lambda unit: save_credential(unit, self.on.keyring, new, self.now))).id)

    async def open(self, name: str, start: timedelta, end: timedelta, **more: Any) -> int:
        period = {"starts_at": (self.now + start).isoformat(), "ends_at": (self.now + end).isoformat(), "zone": "UTC"}
        operation = Operation.read({"operation": name, "matrix": "small", **period, **more})
        row = await self.run(lambda unit: create_operation(unit, operation, self.now, apple_credential="main"))
        self.operations[name] = row.id
        return int(row.id)

    async def person(self, operation: str = "spring") -> Holder:
        """Somebody with a link of their own, who opens it and takes the pass."""

        async def work(unit: Unit) -> str:
            live = await load_operation(unit, self.operations[operation])
            (text,) = await mint(unit, self.on.keyring, live, [NewToken(external_id=secrets.token_hex(4))], self.now)
            return text

        text: str = await self.run(work)
        from_mail = {"user-agent": IPHONE, "referer": "https://mail.example/inbox"}
        page = await self.http.get(f"/p/{text}?utm_source=mail", headers=from_mail)
        bytes_of = await self.http.get(f"/p/{text}.pkpass?utm_source=mail", headers=from_mail)
        assert (page.status_code, bytes_of.status_code) == (200, 200)
        token = await self.run(lambda unit: find_token(unit, text))
        asked = await self._apple.reads.by_id(self.client_id, token.pass_id)
        assert asked is not None
        return Holder(self, token.pass_id, asked.serial, self._apple.secret(asked))

    @property
    def _apple(self) -> AppleProvider:
        found = self.on.wallets["apple"]
        assert isinstance(found, AppleProvider)
        return found

    async def push(self) -> None:
        """Letters to phones go out."""
        while (await send_some(self.on.database, "apns", self._apple)).claimed:
            pass

    async def told(self) -> list[dict[str, Any]]:
        """What has arrived, all that is due delivered."""
        assert self.on.hooks is not None
        await self.on.hooks.drain()
        return [request.event for request in self.listener.accepted]


@dataclass
class Holder:
    """A pass, and the phone it is on."""

    world: World
    pass_id: int
    serial: str
    secret: str
    token: str = field(default_factory=lambda: secrets.token_hex(32))

    async def asks(self, method: str, path: str, **more: Any) -> int:
        headers = {"Authorization": f"ApplePass {self.secret}"}
        answer = await self.world.http.request(method, f"/passkit/v1/{path}", headers=headers, **more)
        return answer.status_code

    @property
    def _registration(self) -> str:
        return f"devices/phone-{self.pass_id}/registrations/{PASS_TYPE}/{self.serial}"

    async def add(self) -> None:
        assert await self.asks("POST", self._registration, json={"pushToken": self.token}) == 201

    async def fetch(self) -> None:
        assert await self.asks("GET", f"passes/{PASS_TYPE}/{self.serial}") == 200

    async def delete(self) -> None:
        assert await self.asks("DELETE", self._registration) == 200

    async def happens(self, event: str, **data: object) -> None:
        subject, now = Subject(pass_id=self.pass_id), datetime.now(UTC)
        await self.world.run(lambda unit: fire(unit, event, subject, data, now))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(key="ec")


@pytest.fixture
async def world(url: str, authority: Authority) -> AsyncIterator[World]:
    async with FakeApns(client_roots=authority.root_pem) as apns, receiver() as listener:
        settings = Settings(
            database_url=url, secret_keys=Keyring.new_key("test"), public_url=PUBLIC, hooks_private=LOCAL,
            apns_url=apns.url, apns_ca=apns.ca_file,
        )  # fmt: skip
        async with platform(settings) as on:
            async with on.database.writing(ALL_CLIENTS) as unit:
                client_id = (await create_client(unit, "shop", "Shop", datetime.now(UTC))).id
            transport = httpx.ASGITransport(create_app(on))  # type: ignore[arg-type] # Litestar's own ASGI types
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
                yield World(on, client_id, authority, apns, http, listener)


async def _everything(world: World) -> int:
    """A campaign in which everything happens once; the pass to which most of it happens."""
    now = world.now
    everything = await world.listen("*", *HIGH_VOLUME)
    paused = await world.listen("pass.issued")
    await world.run(lambda unit: send_test(unit, everything, TESTER, now))
    await world.run(lambda unit: pause_endpoint(unit, paused, TESTER, now, "asked for"))
    await world.keep_credential()
    await world.run(lambda unit: save_matrix(unit, _matrix(), now))
    spring = await world.open("spring", timedelta(days=-1), timedelta(days=30))
    await world.open("short", timedelta(seconds=1), timedelta(seconds=2))
    quiet = {"from": f"{now - timedelta(hours=3):%H:%M}", "to": f"{now + timedelta(hours=3):%H:%M}"}
    await world.open("quiet", timedelta(days=-1), timedelta(days=30), notifications={"quiet": quiet, "max": 1})

    holder = await world.person()
    await holder.add()
    await holder.happens("pass.scanned", by="till-2", place="Lyon")
    await holder.happens("pass.redeemed", by="till-2", place="Lyon", value=12)
    await world.push()
    await holder.fetch()
    await holder.happens("coupon.back")
    for _ in range(17):
        await holder.happens("visit")
    await holder.happens("code.given")
    await holder.delete()
    await world.run(lambda unit: void_pass(unit, Subject(pass_id=holder.pass_id), now, reason="lost"))

    asleep = await world.person("quiet")
    await asleep.add()
    await asleep.happens("pass.redeemed")
    await asleep.happens("coupon.back")

    gone = await world.person()
    await gone.add()
    gone_at = int((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000)
    world.apns.refuse(gone.token, Reply(410, "Unregistered", timestamp=gone_at))
    await gone.happens("pass.redeemed")
    await world.push()

    await world.run(lambda unit: change_plan(unit, TESTER, now, max_passes=4))
    await world.person()
    async with world.on.database.reading(world.client_id) as unit:
        operation = await unit.session.get_one(OperationRow, (world.client_id, spring))
    await seal_days(world.on.database, operation, now + timedelta(days=3))
    await tell_of_ends(world.on.database, now + timedelta(days=31))
    await world.run(lambda unit: cancel_operation(unit, spring, TESTER, now))

    new = await world.keep_credential()
    await world.run(lambda unit: roll_over(unit, new, TESTER, now))
    await warn_of_ends(world.on.database, now + timedelta(days=380))
    await warn_of_ends(world.on.database, now + timedelta(days=400))
    await world.run(lambda unit: stop_credential(unit, new, "403 BadCertificate", now))
    return holder.pass_id


async def test_each_event_is_told_with_what_is_known(world: World) -> None:
    assert set(DATA) == set(TYPES)
    pass_id = await _everything(world)
    while "operation.ended" not in {event["type"] for event in await world.told()}:  # a second or two
        await asyncio.sleep(0.05)
    told = await world.told()
    assert {event["type"] for event in told} == set(TYPES)
    for event in told:
        data = event["data"]
        assert set(data) >= DATA[event["type"]], event
        assert set(data.get("pass", PASS)) >= PASS, event
        assert event["client"] == "shop"
        assert event["environment"] in ("test", None)
    about = [event for event in told if event["data"].get("pass", {"id": pass_id})["id"] == pass_id]
    first = {event["type"]: event["data"] for event in reversed(about)}
    ids = {event["id"]: event for event in told}
    assert first["pass.issued"]["source"] == "api"
    assert first["pass.generated"]["device_class"] == first["link.opened"]["user_agent_class"] == "iphone"
    assert first["pass.generated"]["referrer"] == first["link.opened"]["referrer"] == "mail.example"
    assert first["link.opened"]["tags"] == {"utm_source": "mail"}
    assert first["pass.redeemed"] | {"pass": None} == {"pass": None, "by": "till-2", "place": "Lyon", "value": 12}
    assert ids[first["trigger.fired"]["event_id"]]["type"] == "pass.redeemed"
    assert [each["data"]["error"] for each in told if each["type"] == "notification.failed"] == ["410 Unregistered"]
    hashes = {first[name]["device_hash"] for name in ("pass.added", "device.registered", "notification.sent")}
    assert len(hashes) == 1
    assert hashes.pop().startswith("h:")
    assert {each["data"]["reason"] for each in told if each["type"] == "pass.expired"} == {"operation"}
    assert first["report.ready"]["figures"] == {"displayed": 3, "generated": 1, "added": 2, "deleted": 2, "active": 0}
    assert "phone-" not in "".join(request.body.decode() for request in world.listener.accepted)
