"""Apple's web service over HTTP: codes, headers and bodies of every endpoint, and what is kept."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select, update

from walletpass.testing.authority import Authority
from walletpass.testing.life import END
from walletpass_server.engine.erasure import erase
from walletpass_server.persistence.tables import CredentialRow, DeviceRow, OutboxRow, PassRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.wallets.apple.deferred import release_notice

SERIALS = ("C-1", "a/b", "été 2027", "100%", "a+b", "dots.in..it", "x?y#z", "%2F", "..", "z" * 128)


def pass_json(response: httpx.Response) -> Any:
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.content)) as bundle:
        return json.loads(bundle.read("pass.json"))


def notice(response: httpx.Response) -> str | None:
    """The change message of the one field that has one."""
    message: str | None = pass_json(response)["coupon"]["backFields"][0].get("changeMessage")
    return message


async def rows(counter: Any, table: Any) -> list[Any]:
    async with counter.shop.database.reading(ALL_CLIENTS) as unit:
        return list((await unit.connection.execute(select(table.__table__))).all())


# registering


async def test_registering_is_created_once_and_then_known(counter: Any) -> None:
    await counter.issue()
    first, second = await counter.register(), await counter.register()
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.content, second.content) == (b"", b"")
    assert len(await rows(counter, RegistrationRow)) == 1


async def test_registering_again_keeps_the_new_push_token(counter: Any) -> None:
    await counter.issue()
    await counter.register(token="old")
    assert (await counter.register(token="new")).status_code == 200
    assert [row.push_token for row in await rows(counter, DeviceRow)] == ["new"]


async def test_many_phones_may_register_at_once(counter: Any) -> None:
    await counter.issue()
    answers = await asyncio.gather(*(counter.register(device=f"phone-{n % 5}") for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201] * 5
    assert (await counter.row()).apple_holdings == 5


async def test_a_serial_may_have_any_characters(counter: Any) -> None:
    for serial in SERIALS:
        await counter.issue(serial)
        auth = await counter.auth(serial)
        path = counter.registration(serial, "a phone/né").replace("..", "%2E%2E")
        assert (await counter.http.post(path, json={"pushToken": "t"}, headers=auth)).status_code == 201
        found = await counter.http.get(counter.address(serial).replace("..", "%2E%2E"), headers=auth)
        assert pass_json(found)["serialNumber"] == serial
    assert sorted((await counter.changed(device="a phone/né")).json()["serialNumbers"]) == sorted(SERIALS)


async def test_a_body_without_push_token_is_refused(counter: Any) -> None:
    await counter.issue()
    auth = await counter.auth()
    for body in (
        b"", b"{", b"[]", b'"t"', b"{}", b'{"pushToken": 5}', b'{"pushToken": ""}', b'{"pushToken": "\\u0000"}',
        b'{"pushToken": "\\ud800"}', b"\xff", b'{"pushToken": "' + b"a" * 201 + b'"}', b"[" * 5000,
    ):  # fmt: skip
        refused = await counter.http.post(counter.registration(), content=body, headers=auth)
        assert refused.status_code == 400, body
    assert await rows(counter, DeviceRow) == []


async def test_unknown_members_of_a_body_do_no_harm(counter: Any) -> None:
    await counter.issue()
    body = {"pushToken": "t", "pushEnvironment": "sandbox", "more": {"than": ["known"]}}
    answer = await counter.http.post(counter.registration(), json=body, headers=await counter.auth())
    assert answer.status_code == 201


async def test_a_body_that_is_too_large_is_refused(counter: Any) -> None:
    await counter.issue()
    body = {"pushToken": "t", "more": "x" * 70_000}
    answer = await counter.http.post(counter.registration(), json=body, headers=await counter.auth())
    assert answer.status_code == 413


async def test_a_device_identifier_beyond_its_column_is_refused(counter: Any) -> None:
    await counter.issue()
    assert (await counter.register(device="d" * 201)).status_code == 400
    assert (await counter.register(device="d\0")).status_code == 400
    assert (await counter.changed(device="d" * 201)).status_code == 204
    assert (await counter.changed(device="d\0")).status_code == 204
    assert (await counter.unregister(device="d\0")).status_code == 200


async def test_registering_a_version_that_may_be_old_queues_a_push(counter: Any) -> None:
    await counter.issue()
    await counter.fire()
    await counter.register()
    assert [row.channel for row in await rows(counter, OutboxRow)] == ["apns"]


async def test_unregistering_may_be_repeated(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    assert [(await counter.unregister()).status_code for _ in range(3)] == [200, 200, 200]
    assert await rows(counter, DeviceRow) == []
    assert (await counter.changed()).status_code == 204


# listing


async def test_what_changed_is_listed_until_the_phone_has_the_tag(counter: Any) -> None:
    for serial in ("C-1", "C-2"):
        await counter.issue(serial)
        await counter.register(serial)
    first = await counter.changed()
    assert first.headers["content-type"] == "application/json"
    assert first.json()["serialNumbers"] == ["C-1", "C-2"]
    tag = first.json()["lastUpdated"]
    assert "+" not in tag
    nothing = await counter.changed(tag)
    assert (nothing.status_code, nothing.content) == (204, b"")
    await counter.fire(serial="C-2")
    assert (await counter.changed(tag)).json()["serialNumbers"] == ["C-2"]


async def test_an_unknown_tag_lists_everything(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    for tag in ("", "nonsense", "0", "ffff.1", "a.b.c", "1" * 400, "é", "\0", "2027-03-01T08:00:00Z"):
        assert (await counter.changed(tag)).json()["serialNumbers"] == ["C-1"], tag


async def test_an_unknown_phone_has_nothing_to_fetch(counter: Any) -> None:
    assert (await counter.changed()).status_code == 204


# fetching


async def test_a_fetched_pass_is_signed_and_says_when_it_changed(counter: Any) -> None:
    await counter.issue(values={"amount": "12.50 EUR"})
    found = await counter.fetch()
    assert found.headers["content-type"] == "application/vnd.apple.pkpass"
    assert found.headers["content-disposition"] == 'attachment; filename="C-1.pkpass"'
    assert found.headers["last-modified"] == "Mon, 01 Mar 2027 08:00:00 GMT"
    assert "no-store" in found.headers["cache-control"]
    assert int(found.headers["content-length"]) == len(found.content)
    document = pass_json(found)
    assert document["serialNumber"] == "C-1"
    assert (document["passTypeIdentifier"], document["teamIdentifier"]) == ("pass.example.one", "TEAMONE")
    assert document["webServiceURL"] == "https://passes.example/passkit"
    assert document["authenticationToken"] == await counter.secret()


async def test_head_is_get_without_the_body(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    for path in (counter.address(), counter.registration(None)):
        got = await counter.http.get(path, headers=await counter.auth())
        head = await counter.http.head(path, headers=await counter.auth())
        assert (head.status_code, head.content) == (200, b"")
        assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}


SINCE = {
    "Mon, 01 Mar 2027 08:00:00 GMT": 304,
    "Monday, 01-Mar-27 08:00:00 GMT": 304,
    "Mon Mar  1 08:00:00 2027": 304,
    "Mon, 01 Mar 2027 08:00:01 GMT": 304,
    "Mon, 01 Mar 2027 07:59:59 GMT": 200,
    "Thu, 01 Jan 1970 00:00:00 GMT": 200,
    "nonsense": 200,
    "1803888000": 200,
}


async def test_a_pass_the_phone_has_is_not_sent_again(counter: Any) -> None:
    await counter.issue()
    for since, status in SINCE.items():
        answer = await counter.fetch(since=since)
        assert answer.status_code == status, since
        assert answer.headers["last-modified"] == "Mon, 01 Mar 2027 08:00:00 GMT"
        assert bool(answer.content) == (status == 200)


async def test_no_change_hides_in_the_second_of_a_download(counter: Any) -> None:
    await counter.issue()
    seen = (await counter.fetch()).headers["last-modified"]
    for number in range(5):
        await counter.edit({"news": f"number {number}"})
        answer = await counter.fetch(since=seen)
        assert pass_json(answer)["coupon"]["backFields"][0]["value"] == f"number {number}"
        seen = answer.headers["last-modified"]
        assert seen == "Mon, 01 Mar 2027 08:00:00 GMT"
    counter.later(seconds=3)
    settled = await counter.fetch(since=seen)
    assert settled.status_code == 200
    assert (await counter.fetch(since=settled.headers["last-modified"])).status_code == 304


async def test_a_version_is_signed_once_in_a_process(counter: Any) -> None:
    await counter.issue()
    first = await counter.fetch()
    counter.later(minutes=5)
    assert (await counter.fetch()).content == first.content
    await counter.fire()
    changed = await counter.fetch()
    assert pass_json(changed)["coupon"]["backFields"][0]["value"] == "used"


async def test_a_pass_is_served_after_its_operation_has_ended(counter: Any) -> None:
    await counter.issue()
    counter.now = END + timedelta(days=3)
    assert (await counter.fetch()).status_code == 200
    assert (await counter.register()).status_code == 201
    assert (await counter.unregister()).status_code == 200


async def test_a_void_pass_is_served_without_its_code_and_may_register(counter: Any) -> None:
    await counter.issue()
    assert "barcodes" in pass_json(await counter.fetch())
    counter.later(seconds=10)
    await counter.void()
    document = pass_json(await counter.fetch())
    assert document["voided"] is True
    assert "barcodes" not in document
    assert (await counter.register()).status_code == 201
    assert (await counter.changed()).json()["serialNumbers"] == ["C-1"]


async def test_a_phone_fetches_an_erased_pass_empty_and_void_once_more_and_lets_go(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    before = pass_json(await counter.fetch())
    auth = await counter.auth()
    counter.later(seconds=10)
    await erase(counter.shop.database, counter.shop.client_id, counter.now, serial="C-1")
    assert (await counter.changed()).json()["serialNumbers"] == ["C-1"]
    found = await counter.http.get(counter.address(), headers=auth)
    document = pass_json(found)
    assert (document["voided"], document["serialNumber"]) == (True, before["serialNumber"])
    assert "barcodes" not in document
    assert (await counter.http.delete(counter.registration(), headers=auth)).status_code == 200
    assert (await counter.http.get(counter.address(), headers=auth)).status_code == 401
    assert (await counter.changed()).status_code == 204


async def test_an_erased_pass_that_no_phone_holds_is_opened_by_nothing(counter: Any) -> None:
    await counter.issue()
    await counter.fetch()
    auth = await counter.auth()
    await erase(counter.shop.database, counter.shop.client_id, counter.now, serial="C-1")
    assert (await counter.http.get(counter.address(), headers=auth)).status_code == 401
    assert (await counter.http.delete(counter.registration(), headers=auth)).status_code == 401


# notices


async def test_a_change_that_notifies_carries_its_message_and_a_silent_one_none(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    assert notice(await counter.fetch()) is None
    counter.now = counter.now.replace(hour=12)
    await counter.fire("coupon.used")
    assert notice(await counter.fetch()) == "%@"
    counter.later(hours=1)
    await counter.edit({"news": "by hand"})
    assert notice(await counter.fetch()) is None


async def test_a_notice_of_the_quiet_hours_is_shown_when_they_are_over(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    tag = (await counter.changed()).json()["lastUpdated"]
    counter.now = counter.now.replace(hour=22)
    await counter.fire("coupon.used")
    changes = (await counter.changed(tag)).json()
    assert changes["serialNumbers"] == ["C-1"]
    night = await counter.fetch()
    assert notice(night) is None
    counter.later(hours=9, minutes=1)  # past eight in Paris
    assert await counter.shop.database.run(
        counter.shop.client_id, lambda unit: release_notice(unit, counter.passes["C-1"], counter.now)
    )
    assert (await counter.changed(changes["lastUpdated"])).json()["serialNumbers"] == ["C-1"]
    morning = await counter.fetch(since=night.headers["last-modified"])
    assert notice(morning) == "%@"
    shown = [pass_json(one)["coupon"]["backFields"][0]["value"] for one in (night, morning)]
    assert shown == ["used\u2060", "used"]  # to a phone they differ, to its holder they do not


async def test_nothing_is_released_for_a_pass_that_is_gone_or_has_moved_on(counter: Any) -> None:
    await counter.issue()
    await counter.register()

    async def release(pass_id: int) -> bool:
        released: bool = await counter.shop.database.run(
            counter.shop.client_id, lambda unit: release_notice(unit, pass_id, counter.now)
        )
        return released

    assert not await release(10**9)
    assert not await release(counter.passes["C-1"])
    before = await counter.row()
    assert (before.change, before.last_modified) == ((row := await counter.row()).change, row.last_modified)


# who may


HEADERS = (
    None, "", "ApplePass", "ApplePass ", "ApplePass wrong", "Bearer {secret}", "applepass {secret}",
    "APPLEPASS {secret}", "ApplePass{secret}", "ApplePass {secret}x", "ApplePass é", "Basic QTpC", "{secret}",
    "ApplePass {other}",
)  # fmt: skip


async def test_a_pass_is_opened_by_its_own_secret_alone(counter: Any) -> None:
    for serial in ("C-1", "C-2"):
        await counter.issue(serial)
    secrets = {"secret": await counter.secret("C-1"), "other": await counter.secret("C-2")}
    asked = [
        ("GET", counter.address()),
        ("POST", counter.registration()),
        ("DELETE", counter.registration()),
        ("GET", counter.address("nobody's")),
        ("POST", counter.registration("nobody's")),
        ("GET", counter.address("\0")),
        ("GET", counter.address("C-1").replace("pass.example.one", "pass.example.other")),
    ]
    answers = [
        await counter.http.request(method, path, headers=headers, json={"pushToken": "t"})
        for header in HEADERS
        for headers in [{} if header is None else {"Authorization": header.format(**secrets).encode("latin-1")}]
        for method, path in asked
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"ApplePass"}
    assert await rows(counter, DeviceRow) == []


async def test_spaces_around_the_secret_do_no_harm(counter: Any) -> None:
    await counter.issue()
    header = f"  ApplePass   {await counter.secret()}  "
    assert (await counter.http.get(counter.address(), headers={"Authorization": header})).status_code == 200


# what cannot be done


async def test_a_credential_that_may_not_push_still_signs(counter: Any) -> None:
    await counter.issue()
    async with counter.shop.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(update(CredentialRow).values(stopped_at=counter.now, stopped_why="topic"))
    assert (await counter.fetch()).status_code == 200


async def test_an_ended_certificate_makes_phones_come_again(counter: Any, authority: Authority) -> None:
    await counter.issue()
    counter.now = END + timedelta(days=800)
    answer = await counter.fetch()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert (await counter.fetch(since=answer.headers.get("date") or "")).status_code == 503


async def test_a_secret_without_its_key_makes_phones_come_again(counter: Any) -> None:
    await counter.issue()
    auth = await counter.auth()
    async with counter.shop.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(update(PassRow).values(secret=b"\x01\x04gone" + b"-" * 60))
    assert (await counter.http.get(counter.address(), headers=auth)).status_code == 503


async def test_paths_and_methods_that_are_not_there(counter: Any) -> None:
    for method, path, status in (
        ("GET", "/passkit", 404),
        ("GET", "/passkit/v1/nothing", 404),
        ("POST", "/passkit/v1/passes/t/s/personalize", 404),
        ("GET", "/passkit/v1/log", 405),
        ("PUT", "/passkit/v1/passes/t/s", 405),
        ("GET", "/passkit/v1/devices/d/registrations/t/s", 405),
        ("POST", "/passkit/v1/devices/d/registrations/t", 405),
    ):
        answer = await counter.http.request(method, path)
        assert answer.status_code == status, path
        assert ("allow" in answer.headers) == (status == 405)
