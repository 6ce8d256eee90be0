"""The callback address: what Google posts becomes facts, once, and nobody else's words do."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walletpass.google.ids import object_suffix
from walletpass.testing import Fault
from walletpass.testing.google_api import CallbackSigner

Counter = Any
"""Of conftest.py."""
ISSUER = "3388000000000000001"
NONCE = "00000000-0000-4000-8000-000000000001"


async def test_a_save_and_a_deletion_become_facts(counter: Counter) -> None:
    await counter.issue()
    assert await counter.tell("save") == 200
    assert await counter.facts() == ["pass.added"]
    assert await counter.tell("del") == 200
    assert await counter.facts() == ["pass.added", "pass.deleted"]
    assert await counter.tell("save") == 200
    assert await counter.facts() == ["pass.added", "pass.deleted", "pass.added"]


async def test_an_answer_has_no_body(door: Counter) -> None:
    await door.issue()
    answer = await door.post(door.body("save"))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_ten_repeats_are_answered_200_and_make_one_fact(door: Counter) -> None:
    await door.issue()
    body = door.body("save")
    assert [(await door.post(body)).status_code for _ in range(10)] == [200] * 10
    assert await door.facts() == ["pass.added"]


async def test_ten_repeats_at_once_make_one_fact(counter: Counter) -> None:
    await counter.issue()
    body = counter.body("save")
    answers = await asyncio.gather(*(counter.post(body) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert await counter.facts() == ["pass.added"]


async def test_a_late_repeat_of_a_save_does_not_undo_the_deletion_since(door: Counter) -> None:
    await door.issue()
    save = door.body("save")
    await door.post(save)
    await door.tell("del")
    assert (await door.post(save)).status_code == 200
    assert await door.facts() == ["pass.added", "pass.deleted"]


async def test_a_nonce_counts_once_whatever_comes_with_it(door: Counter) -> None:
    await door.issue()
    assert await door.tell("save", nonce=NONCE) == 200
    assert await door.tell("del", nonce=NONCE) == 200
    assert await door.facts() == ["pass.added"]


async def test_callbacks_out_of_order_are_taken_as_they_come(door: Counter) -> None:
    await door.issue()
    save, delete = door.body("save"), door.body("del")
    assert (await door.post(delete)).status_code == 200
    assert await door.facts() == []
    assert (await door.post(save)).status_code == 200
    assert await door.facts() == ["pass.added"]


async def test_a_pass_that_is_not_here_is_answered_200(door: Counter) -> None:
    assert await door.tell("save", "unknown") == 200
    assert await door.facts() == []


async def test_a_pass_of_any_serial_is_found_by_what_was_sent(counter: Counter) -> None:
    serial = "ü" * 128
    pass_id = await counter.issue(serial)
    await counter.sent(pass_id, f"{ISSUER}.{object_suffix(serial)}")
    assert await counter.tell("save", serial) == 200
    assert await counter.facts() == ["pass.added"]


async def test_a_pass_saved_by_a_fat_link_is_found_by_its_serial(counter: Counter) -> None:
    await counter.issue("é_1")
    assert await counter.tell("save", "é_1") == 200
    assert await counter.facts() == ["pass.added"]


async def test_a_serial_under_another_issuer_is_no_pass_of_ours(door: Counter) -> None:
    await door.issue()
    other = "3388000000000000002"
    body = door.body("save", object_id=f"{other}.C-1", class_id=f"{other}.program")
    assert (await door.post(body, other)).status_code == 200
    assert await door.facts() == []


async def test_a_callback_for_another_issuer_is_refused(door: Counter) -> None:
    await door.issue()
    answer = await door.post(door.body("save"), "3388000000000000002")
    assert (answer.status_code, answer.content) == (401, b"")
    assert await door.facts() == []


async def test_a_pass_of_ours_signed_for_another_issuer_is_refused(door: Counter) -> None:
    await door.issue()
    body = door.body("save", issuer_id="3388000000000000002")
    assert (await door.post(body)).status_code == 401
    assert (await door.post(body, "3388000000000000002")).status_code == 401
    assert await door.facts() == []


async def test_clients_of_one_issuer_hear_of_their_own_passes_only(counter: Counter) -> None:
    other = await counter.beside("other")
    await counter.issue("C-1")
    await other.issue("C-2")
    assert await counter.tell("save", "C-2") == 200
    assert (await counter.facts(), await other.facts()) == ([], ["pass.added"])


async def test_another_clients_class_with_a_pass_of_ours_is_refused(counter: Counter) -> None:
    other = replace(await counter.beside("other"), class_id=f"{ISSUER}.other")
    await counter.sent(await counter.issue("C-1"), f"{ISSUER}.C-1")
    await other.sent(await other.issue("C-2"), f"{ISSUER}.C-2")
    assert await other.tell("save", "C-1") == 401
    assert (await counter.facts(), await other.facts()) == ([], [])
    assert await counter.tell("save", "C-1") == 200
    assert await counter.facts() == ["pass.added"]


async def test_a_pass_that_moved_from_another_class_of_its_client_is_found(door: Counter) -> None:
    await door.sent(await door.issue(), f"{ISSUER}.C-1", f"{ISSUER}.newer")
    assert await door.tell("save", class_id=f"{ISSUER}.older") == 200
    assert await door.facts() == ["pass.added"]


async def test_an_address_that_names_no_issuer_is_not_there(door: Counter) -> None:
    for issuer in ["abc", "1" * 21, "%2e%2e", "3388%00"]:
        assert (await door.post(door.body("save"), issuer)).status_code == 404


async def test_a_forged_callback_is_refused_without_detail(door: Counter) -> None:
    await door.issue()
    stranger = CallbackSigner.create("stranger")
    for signer in (stranger, replace(door.signer, signs_message=stranger.root), replace(door.signer, sender="G")):
        body = signer.callback(door.class_id, f"{ISSUER}.C-1", "save", door.now)
        answer = await door.post(body)
        assert (answer.status_code, answer.content) == (401, b"")
    assert await door.facts() == []


async def test_an_expired_callback_is_refused(door: Counter) -> None:
    await door.issue()
    assert await door.tell("save", now=door.now - timedelta(hours=2)) == 401
    assert await door.facts() == []


async def test_a_malformed_body_is_refused_without_detail(door: Counter) -> None:
    for body in (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 60_000, b'{"signature": 1}'):
        answer = await door.post(body)
        assert (answer.status_code, answer.content) == (400, b"")


async def test_a_body_over_64_kilobytes_is_refused(door: Counter) -> None:
    assert (await door.post(b" " * (64 * 1024 + 1))).status_code == 413


async def test_only_post_is_understood(door: Counter) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert (await door.http.request(method, f"/google/callback/{ISSUER}")).status_code == 405


async def test_forgeries_cost_no_call_of_google(door: Counter) -> None:
    stranger = CallbackSigner.create("stranger")
    for _ in range(20):
        await door.post(stranger.callback(door.class_id, f"{ISSUER}.C-1", "save", door.now))
    assert len(door.google.calls("/issuer/keys")) == 1


async def test_without_root_keys_google_is_asked_to_come_again(door: Counter) -> None:
    await door.issue()
    door.google.fail(Fault(status=500, path="/issuer/keys"))
    body = door.body("save")
    answer = await door.post(body)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert (await door.post(body)).status_code == 503
    assert len(door.google.calls("/issuer/keys")) == 1
    assert await door.facts() == []


async def test_what_is_no_callback_is_told_so_without_asking_for_keys(door: Counter) -> None:
    door.google.fail(Fault(status=500, path="/issuer/keys"))
    assert (await door.post(b"{}")).status_code == 400
    assert door.google.calls("/issuer/keys") == []


async def test_nothing_that_names_a_pass_is_logged(door: Counter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "walletpass_server")
    await door.issue("secret-serial")
    await door.tell("save", "secret-serial")
    await door.tell("save", "secret-unknown")
    await door.post(CallbackSigner.create("x").callback(door.class_id, f"{ISSUER}.secret", "save", door.now))
    assert "secret" not in caplog.text


async def test_robots_may_post_callbacks_and_fetch_pictures_but_not_open_links(door: Counter) -> None:
    assert (await door.http.head("/robots.txt")).status_code == 200
    robots = RobotFileParser()
    robots.parse((await door.http.get("/robots.txt")).text.splitlines())
    callback, picture, links = (
        f"/google/callback/{ISSUER}",
        "/images/abc.png",
        ("/p/token", "/o/link", "/p/token/google"),
    )
    assert robots.can_fetch("Googlebot", callback)
    assert robots.can_fetch("Googlebot", picture)
    assert not any(robots.can_fetch(agent, link) for agent in ("Googlebot", "bingbot") for link in links)
    assert not robots.can_fetch("bingbot", callback)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
async def test_any_bytes_are_refused_in_one_way(door: Counter, body: bytes) -> None:
    assert (await door.post(body)).status_code == 400
