"""Transports by their contract, links that go out, texts that come in."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from walletpass.errors import ApiUnreachable, MessageDelayed, UsageError
from walletpass.hooks import MAX_CHAIN, Cause, Event
from walletpass.messaging import (
    Accepted,
    Address,
    Content,
    FileTransport,
    Inbound,
    Inlet,
    Later,
    LinkSender,
    LogTransport,
    MemoryTransport,
    Outbound,
    Receipt,
    Refused,
    Transport,
    register,
    transport,
)
from walletpass.testing.platform import FakePlatform

AT = datetime(2027, 3, 20, 8, tzinfo=UTC)
NUMBER, MAIL = "+33639980001", "lou@example.com"
ISSUED = Event(
    type="pass.issued",
    id="evt_19c_4",
    timestamp=AT,
    client="shop",
    sequence=4,
    data={"pass": {"id": 412, "external_id": "K-1", "token_id": 9}},
)


@pytest.fixture(params=["memory", "log", "file"])
def any_transport(request: pytest.FixtureRequest, tmp_path: Path) -> Transport:
    return transport(request.param, {"folder": tmp_path} if request.param == "file" else {})


def message(**changes: Any) -> Outbound:
    sms = {"id": "m-1", "channel": "sms", "to": NUMBER, "content": Content("Bonjour à tous")}
    return Outbound(**{**sms, **changes})


def words(link: str, _: Address) -> Content:
    return Content(f"Here: {link}", subject="Your pass")


def sender(platform: FakePlatform, sms: MemoryTransport, address: Address | None) -> LinkSender:
    async def addresses(_: Mapping[str, Any]) -> Address | None:
        return address

    return LinkSender(platform, addresses, {"sms": sms}, words)


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_the_same_message_again_has_the_same_ids_and_no_log_knows_whom_it_is_for(
    any_transport: Transport, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await any_transport.start(Inlet(FakePlatform()))
    out = message(channel=channel, to=MAIL if channel == "email" else NUMBER)
    first, again = await any_transport.submit(out), await any_transport.submit(out)
    assert isinstance(first, Accepted)
    assert first == again
    assert "idempotent" in any_transport.capabilities
    assert channel in any_transport.channels
    await any_transport.stop()
    logged = caplog.text + repr(out) + repr(Address(channel, out.to))
    assert not any(secret in logged for secret in (NUMBER, MAIL, "Bonjour"))


async def test_files_are_one_for_each_message_and_the_owners_alone(tmp_path: Path) -> None:
    files = FileTransport(tmp_path)
    for out in (message(), message(), message(id="m-2", channel="email", to=MAIL, content=Content("Hello", "Hi"))):
        await files.submit(out)
    sms, mail = sorted((tmp_path / "outbox").iterdir())
    assert json.loads(sms.read_text("utf-8"))["text"] == "Bonjour à tous"
    assert b"To: lou@example.com" in mail.read_bytes()
    assert sms.stat().st_mode & 0o077 == 0
    forged = message(id="m-3", channel="email", to="a@example.com\nBcc: all@example.com")
    assert isinstance(await files.submit(forged), Refused)


@pytest.mark.parametrize("wrong", ["", "../m", "a/b", "a.b", "x" * 121])
def test_the_id_of_a_message_is_no_path(wrong: str) -> None:
    with pytest.raises(UsageError):
        message(id=wrong)


async def test_what_is_in_the_inbox_is_told_until_it_is_taken(tmp_path: Path) -> None:
    files, platform = FileTransport(tmp_path), FakePlatform()
    platform.faults.append(ApiUnreachable("down"))
    written = {"channel": "sms", "sender": NUMBER, "to": "38000", "text": "play it", "at": AT.isoformat()}
    (tmp_path / "inbox/a.json").write_text(json.dumps({"inbound": written}))
    (tmp_path / "inbox/b.json").write_text('{"other": {}}')
    await files.start(Inlet(platform))
    await files.stop()
    (told,) = platform.told
    assert (told.type, told.key, told.subject) == ("sms.mo", "sms.mo-a", {"contact": NUMBER})
    assert told.data == {"keyword": "PLAY", "text": "play it", "to": "38000"}
    assert [file.name for file in (tmp_path / "unread").iterdir()] == ["b.json"]


def test_transports_are_found_by_name_and_say_what_settings_they_have() -> None:
    register("mine", lambda _: LogTransport())
    assert isinstance(transport("mine", {}), LogTransport)
    for name, settings in (("none", {}), ("memory", {"x": 1}), ("file", {})):
        with pytest.raises(UsageError):
            transport(name, settings)


async def test_an_issued_pass_sends_its_link_once_and_its_number_leads_to_it() -> None:
    platform, sms = FakePlatform(), MemoryTransport()
    on_event = sender(platform, sms, Address("sms", NUMBER))
    await on_event(ISSUED)
    await on_event(ISSUED)
    (out,) = sms.sent.values()
    assert (out.to, out.content.text) == (NUMBER, "Here: https://pass.example/p/token-9")
    assert platform.remembered == {412: [NUMBER]}


async def test_a_transport_that_is_busy_lets_the_event_come_again_and_a_refusal_ends_it() -> None:
    platform, sms = FakePlatform(), MemoryTransport()
    sms.answers = [Later(3, "busy"), Refused("unknown", "no such number")]
    on_event = sender(platform, sms, Address("sms", NUMBER))
    with pytest.raises(MessageDelayed, match="busy: again in 3 s") as delayed:
        await on_event(ISSUED)
    assert NUMBER not in str(delayed.value)
    await on_event(ISSUED)
    assert (sms.sent, platform.remembered) == ({}, {})


async def test_other_events_and_people_without_an_address_get_no_message() -> None:
    platform, sms = FakePlatform(), MemoryTransport()
    other = Event(type="pass.added", id="evt_1_8", timestamp=AT, client="shop", sequence=8, data=ISSUED.data)
    await sender(platform, sms, Address("sms", NUMBER))(other)
    await sender(platform, sms, None)(ISSUED)
    await sender(platform, sms, Address("rcs", NUMBER))(ISSUED)
    assert sms.sent == {}


async def test_a_pass_that_a_long_chain_of_answers_issued_sends_nothing() -> None:
    chain = tuple(f"evt_1_{n}" for n in range(MAX_CHAIN))
    looping = Event(
        type=ISSUED.type, id=ISSUED.id, timestamp=AT, client="shop", sequence=4, data=ISSUED.data,
        cause=Cause("platform", chain=chain),
    )  # fmt: skip
    sms = MemoryTransport()
    await sender(FakePlatform(), sms, Address("sms", NUMBER))(looping)
    assert sms.sent == {}


async def test_a_receipt_is_an_event_of_the_pass_whose_link_it_carried_where_matrices_want_it() -> None:
    platform, sms = FakePlatform(), MemoryTransport()
    await sms.start(Inlet(platform, tells={"message.failed"}))
    for state in ("failed", "failed", "delivered"):
        await sms.receive(Receipt(id="memory-1", message_id=ISSUED.id, state=state, at=AT))
    await sms.receive(Receipt(id="x", message_id="m-1", state="failed", at=AT))
    await sms.receive(Inbound(id="i", channel="sms", sender=NUMBER, to="38000", text="", at=AT))
    (told,) = platform.told
    assert (told.type, told.subject, told.cause) == ("message.failed", {"pass_id": 412}, ISSUED.id)
    await sms.stop()
    await sms.receive(Receipt(id="memory-1", message_id="evt_1_4", state="failed", at=AT))
    assert len(platform.told) == 1
