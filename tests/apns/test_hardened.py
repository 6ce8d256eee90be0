"""The push client under each fault of the server: every push ends, what is lost is sent again, memory stays flat."""

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from walletpass.errors import ApnsRefusesCertificate, ApnsUnreachable
from walletpass.testing.apns import FakeApns, Fault, TeamKey
from walletpass.testing.authority import Authority
from walletpass.testing.localhost import LocalhostCertificate
from walletpass_server.wallets.apple.apns import hardened
from walletpass_server.wallets.apple.apns.client import Answer, Push, expires_at
from walletpass_server.wallets.apple.apns.hardened import Pool
from walletpass_server.wallets.apple.apns.identity import Identity
from walletpass_server.wallets.apple.apns.provider_token import LIFE, ProviderToken


@pytest.fixture
async def fake() -> AsyncIterator[FakeApns]:
    async with FakeApns() as running:
        yield running


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Pool]]:
    opened: list[Pool] = []

    def make(port: int, root_pem: bytes, token: ProviderToken | None = None) -> Pool:
        context = ssl.create_default_context(cadata=root_pem.decode())
        context.set_alpn_protocols(["h2"])
        opened.append(Pool("127.0.0.1", port, Identity(context, token)))
        return opened[-1]

    yield make
    for pool in opened:
        pool.close()


@pytest.fixture
def pool(fake: FakeApns, connect: Callable[..., Pool]) -> Pool:
    return connect(fake.port, fake.ca_pem)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience."""
    monkeypatch.setattr(hardened, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(hardened, "LOOK_SECONDS", 0.05)


def a_push(token: str | None = None) -> Push:
    return Push(token=token or secrets.token_hex(32), topic="pass.example", expires_at=expires_at(7))


async def push_many(pool: Pool, count: int) -> Counter[str]:
    async def one() -> str:
        try:
            answer = await pool.push(a_push())
        except ApnsUnreachable:
            return "unreachable"
        return f"{answer.status} {answer.reason}".strip()

    return Counter(await asyncio.gather(*(one() for _ in range(count))))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.NONE, {"200"}),
        (Fault.ALL_GONE, {"410 Unregistered"}),
        (Fault.BARE_503, {"503"}),
        (Fault.STREAMS_100, {"200"}),
        (Fault.STREAMS_1, {"200"}),
    ],
)
async def test_every_push_has_its_answer(connect: Any, fault: Fault, expected: set[str]) -> None:
    async with FakeApns(fault=fault) as fake:
        pool = connect(fake.port, fake.ca_pem)
        assert set(await push_many(pool, 300)) == expected
        assert len(fake.received) == 300
        assert len({push.apns_id for push in fake.received}) == 300


async def test_errors_by_the_thousand_do_not_stall_the_connection(fake: FakeApns, pool: Pool) -> None:
    fake.fault = Fault.ALL_GONE
    assert await push_many(pool, 1500) == {"410 Unregistered": 1500}
    assert fake.connects <= hardened.CONNECTIONS


async def test_a_stream_that_is_reset_is_tried_again_at_once(fake: FakeApns, pool: Pool) -> None:
    fake.fault = Fault.RESET_TENTH
    found = await push_many(pool, 300)
    assert found["200"] + found["unreachable"] == 300
    assert found["200"] >= 290  # three tries each; a few meet the tenth stream each time
    assert len({push.token for push in fake.accepted}) == found["200"]


@pytest.mark.usefixtures("hasty")
async def test_a_push_that_nobody_answers_ends_and_holds_up_no_other(fake: FakeApns, pool: Pool) -> None:
    fake.fault = Fault.SILENT_TENTH
    assert await push_many(pool, 300) == {"200": 270, "unreachable": 30}
    fake.fault = Fault.NONE
    assert await push_many(pool, 50) == {"200": 50}
    assert sum(len(connection._waiting) for connection in pool.connections) == 0


async def test_after_goaway_pushes_go_on_over_new_connections(connect: Any) -> None:
    async with FakeApns(fault=Fault.GOAWAY, goaway_after=0.05) as fake:
        pool = connect(fake.port, fake.ca_pem)
        for _ in range(6):
            assert await push_many(pool, 50) == {"200": 50}
            await asyncio.sleep(0.02)
        assert fake.connects > 1


async def test_while_nobody_listens_pushes_fail_at_once_and_the_next_connection_waits(
    fake: FakeApns, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fake.stop()
    assert await push_many(pool, 100) == {"unreachable": 100}
    tried = pool._failed_tries
    assert await push_many(pool, 100) == {"unreachable": 100}
    assert (tried, pool._failed_tries) == (1, 1)
    await fake.start()
    monkeypatch.setattr(pool, "_rest_until", 0.0)
    assert await push_many(pool, 100) == {"200": 100}


async def test_a_connection_that_breaks_under_way_is_replaced_and_nothing_is_lost(fake: FakeApns, pool: Pool) -> None:
    fake.latency = 0.05
    pushing = asyncio.create_task(push_many(pool, 200))
    await asyncio.sleep(0.03)
    for connection in list(pool.connections):
        assert connection.transport is not None
        connection.transport.abort()
    assert await pushing == {"200": 200}
    assert len({push.token for push in fake.received}) == 200


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_says_nothing_any_more_is_left(fake: FakeApns, pool: Pool) -> None:
    assert await push_many(pool, 1) == {"200": 1}
    fake.latency = 3600.0
    assert await push_many(pool, 5) == {"unreachable": 5}
    fake.latency = 0.0
    assert await push_many(pool, 5) == {"200": 5}
    assert fake.connects > 1


@pytest.mark.usefixtures("hasty")
async def test_an_idle_connection_is_asked_whether_it_is_there_and_kept(
    fake: FakeApns, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardened, "PING_SECONDS", 0.1)
    assert await push_many(pool, 1) == {"200": 1}
    await asyncio.sleep(1.0)  # longer than an unanswered PING would be waited for
    assert await push_many(pool, 1) == {"200": 1}
    assert fake.connects == 1


async def test_a_cancelled_push_frees_its_place(fake: FakeApns, pool: Pool) -> None:
    fake.latency = 0.2
    begun = [asyncio.create_task(pool.push(a_push())) for _ in range(20)]
    await asyncio.sleep(0.1)
    for task in begun:
        task.cancel()
    await asyncio.gather(*begun, return_exceptions=True)
    fake.latency = 0.0
    assert await push_many(pool, 20) == {"200": 20}
    assert sum(len(connection._waiting) for connection in pool.connections) == 0


async def test_closing_ends_every_push(fake: FakeApns, pool: Pool) -> None:
    fake.latency = 3600.0
    pushing = asyncio.create_task(push_many(pool, 500))
    await asyncio.sleep(0.1)
    pool.close()
    assert await pushing == {"unreachable": 500}


async def test_nothing_is_kept_of_a_push_that_is_over(fake: FakeApns, pool: Pool) -> None:
    fake.fault = Fault.ALL_GONE

    async def objects_after(rounds: int) -> int:
        for _ in range(rounds):
            await push_many(pool, 40)
        fake.received.clear()
        gc.collect()
        return len(gc.get_objects())

    before = await objects_after(5)
    assert await objects_after(25) - before < 1000  # less than one for each push


async def test_a_server_that_is_not_vouched_for_is_not_talked_to(fake: FakeApns, connect: Any) -> None:
    pool = connect(fake.port, LocalhostCertificate.create().root_pem)
    with pytest.raises(ApnsUnreachable, match="WALLETPASS_APNS_CA"):
        await pool.push(a_push())
    assert fake.received == []


async def test_a_certificate_that_the_server_refuses_is_told_apart_from_an_outage(connect: Any) -> None:
    own = LocalhostCertificate.create()
    context = own.server_context(client_roots=Authority.create(key="ec").root_pem)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        waiting = threading.Thread(target=_shake_hands_once, args=(listening, context))
        waiting.start()
        with pytest.raises(ApnsRefusesCertificate, match="renew it"):
            await connect(listening.getsockname()[1], own.root_pem).push(a_push())
        await asyncio.to_thread(waiting.join)


async def test_a_provider_token_is_shown_kept_and_renewed_when_it_has_expired(connect: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    now = time.time()
    ours, apples = [now], [now]
    async with FakeApns(keys={"KEY": TeamKey("TEAM", key.public_key())}, clock=lambda: apples[0]) as fake:
        pool = connect(fake.port, fake.ca_pem, ProviderToken(key, "KEY", "TEAM", clock=lambda: ours[0]))
        assert await push_many(pool, 20) == {"200": 20}
        ours[0] += LIFE + 1
        apples[0] += LIFE + 1
        assert await push_many(pool, 20) == {"200": 20}
        assert len({push.headers["authorization"] for push in fake.received}) == 2
        apples[0] += 61 * 60  # to us it is fresh still, to Apple it has expired
        ours[0] += LIFE - 60
        assert await push_many(pool, 1) == {"200": 1}
        apples[0] += 61 * 60  # our clock has stopped: a new one is as old
        assert (await pool.push(a_push())) == Answer(403, "ExpiredProviderToken")


def test_a_provider_token_lives_between_twenty_and_sixty_minutes_and_is_renewed_once_for_all_who_ask() -> None:
    now = [1_800_000_000.0]
    token = ProviderToken(ec.generate_private_key(ec.SECP256R1()), "KEY", "TEAM", clock=lambda: now[0])
    first = token.header()
    now[0] += 20 * 60
    assert token.header() == first
    now[0] += 39 * 60
    second = token.header()
    assert second != first
    token.expired(first)  # told late, of the one before
    assert token.header() == second
    now[0] += 1
    token.expired(second)
    assert token.header() != second


def _shake_hands_once(listening: socket.socket, context: ssl.SSLContext) -> None:
    accepted, _ = listening.accept()
    with accepted, accepted.dup() as raw:
        try:
            context.wrap_socket(accepted, server_side=True).close()
        except ssl.SSLError:
            raw.settimeout(5)
            while raw.recv(4096):  # or closing would cut off the alert
                continue
