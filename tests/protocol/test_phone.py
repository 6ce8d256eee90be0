"""The fake iPhone does what phones do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from walletpass import PassMaker
from walletpass.errors import PassRefused, WebServiceFault
from walletpass.testing import Authority, FakePhone
from walletpass.testing.held_pass import SEVERAL
from walletpass.testing.protocol.reference import Answer, Push, ReferenceService, Request

PASS_TYPE = "pass.example.protocol"


class Recorded(ReferenceService):
    """A service that remembers what was asked, and fails when told to."""

    def __init__(self, maker: PassMaker, url: str, pass_type: str) -> None:
        super().__init__(maker, url, pass_type)
        self.asked: list[str] = []
        self.failing = ""

    def route(self, request: Request) -> Answer:
        line = f"{request.method} {'/'.join(request.parts[:2])}"
        self.asked.append(line)
        return Answer(503) if self.failing and self.failing in line else super().route(request)

    def registered(self, phone: FakePhone) -> set[str]:
        return set(self.registrations.get(phone.device, ("", {}))[1])


@pytest.fixture
def service(maker: PassMaker) -> Recorded:
    return Recorded(maker, "http://localhost", PASS_TYPE)


@pytest.fixture
async def phone(service: Recorded, authority: Authority) -> AsyncIterator[FakePhone]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service)) as http:
        made = FakePhone(http, anchors=[authority.root_pem])
        service.listen(made.hear)
        yield made


async def test_adding_registers_then_lists_then_fetches(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    assert service.asked == ["POST v1/devices", "GET v1/devices", "GET v1/passes"]
    assert phone.passes == {(PASS_TYPE, "A"): held}
    assert held.last_modified is not None
    assert service.registrations[phone.device][0] == phone.push_token


async def test_a_push_brings_the_newest_version_and_its_notice(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    service.change("A", gate="B7")
    await phone.wait_for_push(1)
    (notice,) = await phone.answer_pushes()
    assert (notice.text, notice.organization, notice.fields) == ("Now at gate B7", "Protocol", ("gate",))
    assert phone.notices == [notice]
    assert phone.passes[held.key].fields()["gate"]["value"] == "B7"
    assert await phone.answer_pushes() == []


async def test_a_phone_reads_the_notice_in_its_language_and_form(service: Recorded, authority: Authority) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service)) as http:
        phone = FakePhone(http, anchors=[authority.root_pem], language="fr")
        await phone.add(service.issue("A"))
        service.change("A", price="1234.50 EUR")
        (notice,) = await phone.pushed(PASS_TYPE)
        assert notice.text == "Prix : 1\u202f234,50\xa0€"


async def test_several_changed_fields_make_one_general_notice(phone: FakePhone, service: Recorded) -> None:
    await phone.add(service.issue("A"))
    service.change("A", gate="B7", seat="9")
    (notice,) = await phone.answer_pushes()
    assert (notice.text, notice.fields) == (SEVERAL, ("gate", "seat"))


async def test_a_field_without_change_message_changes_in_silence(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    service.change("A", **{"class": "1"})
    assert await phone.answer_pushes() == []
    assert phone.passes[held.key].fields()["class"]["value"] == "1"


async def test_pushes_for_another_phone_pass_by(phone: FakePhone, service: Recorded) -> None:
    await phone.add(service.issue("A"))
    before = list(service.asked)
    phone.hear(Push("0a1b", PASS_TYPE))
    assert await phone.answer_pushes() == []
    assert service.asked == before


async def test_a_new_push_token_is_told_at_once(phone: FakePhone, service: Recorded) -> None:
    await phone.add(service.issue("A"))
    await phone.renew_push_token()
    assert service.registrations[phone.device][0] == phone.push_token


async def test_updates_turned_off_unregister_and_turned_on_catch_up(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    await phone.turn_updates(held, on=False)
    assert service.registered(phone) == set()
    service.change("A", gate="B7")
    assert service.pushes == []
    await phone.turn_updates(held, on=True)
    assert phone.passes[held.key].fields()["gate"]["value"] == "B7"
    assert [notice.text for notice in phone.notices] == ["Now at gate B7"]


async def test_deleting_unregisters_and_keeps_the_other_pass(phone: FakePhone, service: Recorded) -> None:
    first, second = await phone.add(service.issue("A")), await phone.add(service.issue("B"))
    await phone.delete(first)
    assert list(phone.passes) == [second.key]
    assert service.registered(phone) == {"B"}


async def test_pull_to_refresh_needs_no_push(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    service.change("A", gate="B7")
    notice = await phone.refresh(held)
    assert notice is not None
    assert notice.text == "Now at gate B7"


async def test_what_failed_is_complained_of_and_done_again(phone: FakePhone, service: Recorded) -> None:
    service.failing = "POST v1/devices"
    with pytest.raises(WebServiceFault, match=r"Register task .* 503") as failed:
        await phone.add(service.issue("A"))
    assert failed.value.status == 503
    assert service.registered(phone) == set()
    service.failing = ""
    await phone.retry()
    assert service.registered(phone) == {"A"}
    await phone.send_logs()
    assert phone.log == []
    assert "Register task" in service.log[0]
    assert phone.push_token not in service.log[0]


async def test_a_deletion_that_was_not_heard_is_told_again(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    service.failing = "DELETE"
    with pytest.raises(WebServiceFault):
        await phone.delete(held)
    assert phone.passes == {}
    service.failing = ""
    await phone.retry()
    assert service.registered(phone) == set()


async def test_a_failed_fetch_keeps_the_old_tag_so_that_nothing_is_missed(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    service.change("A", gate="B7")
    service.failing = "GET v1/passes"
    with pytest.raises(WebServiceFault):
        await phone.answer_pushes()
    service.failing = ""
    assert [notice.text for notice in await phone.answer_pushes()] == ["Now at gate B7"]
    assert phone.passes[held.key].fields()["gate"]["value"] == "B7"


async def test_an_unsound_pass_is_refused(phone: FakePhone, service: Recorded) -> None:
    with pytest.raises(PassRefused, match="refuses the pass"):
        await phone.add(service.issue("A")[:-1])
    assert (phone.passes, service.asked) == ({}, [])


async def test_a_pass_of_an_unknown_authority_is_refused(service: Recorded) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service)) as http:
        with pytest.raises(PassRefused, match="nobody it trusts"):
            await FakePhone(http).add(service.issue("A"))


async def test_a_new_version_that_is_another_pass_is_refused(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    service.issue("B")
    service.change("A", gate="B7")
    service.passes["A"].bundle = service.passes["B"].bundle
    with pytest.raises(PassRefused, match="keep type and serial"):
        await phone.answer_pushes()
    assert phone.passes == {held.key: held}


async def test_a_new_version_with_another_secret_is_refused(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    known, service.passes["A"].secret = service.passes["A"].secret, "0" * 20
    service.change("A", gate="B7")
    service.passes["A"].secret = known
    with pytest.raises(PassRefused, match="another web service or secret"):
        await phone.answer_pushes()
    assert phone.passes == {held.key: held}


async def test_a_link_that_gives_no_pass_is_a_fault(phone: FakePhone) -> None:
    with pytest.raises(WebServiceFault, match="the link gives 404"):
        await phone.add("http://localhost/p/unknown")


async def test_a_list_that_no_phone_understands_is_a_fault(phone: FakePhone, service: Recorded) -> None:
    await phone.add(service.issue("A"))
    service.list_changed = lambda *_: Answer(200, b'{"serialNumbers": "A"}')  # type: ignore[method-assign]
    with pytest.raises(WebServiceFault, match="the list is not"):
        await phone.pushed(PASS_TYPE)


async def test_a_silent_server_is_a_fault_without_status(authority: Authority, service: Recorded) -> None:
    bundle = service.issue("A")
    transport = httpx.MockTransport(_nobody)
    async with httpx.AsyncClient(transport=transport) as http:
        phone = FakePhone(http, anchors=[authority.root_pem])
        with pytest.raises(WebServiceFault, match="no answer") as failed:
            await phone.add(bundle)
        assert failed.value.status == 0
        assert len(phone.passes) == 1  # it installs, and is not registered


async def test_waiting_for_a_push_that_does_not_come_ends(phone: FakePhone) -> None:
    with pytest.raises(TimeoutError):
        await phone.wait_for_push(0.01)


async def test_a_phone_does_one_thing_at_a_time(phone: FakePhone, service: Recorded) -> None:
    held = await phone.add(service.issue("A"))
    for gate in ("B1", "B2", "B3"):
        service.change("A", gate=gate)
    await asyncio.gather(*(phone.pushed(PASS_TYPE) for _ in range(5)), phone.refresh(held))
    assert [notice.text for notice in phone.notices] == ["Now at gate B3"]


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)
