"""Clients that send too much, or too slowly, or read nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from walletpass_server.http import connections

pytestmark = pytest.mark.asyncio(loop_scope="module")

OK = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def _head(*lines: str) -> bytes:
    return "\r\n".join(["GET /healthz HTTP/1.1", "Host: a", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (_head(*(f"X-{n}: 1" for n in range(10_000))), 431),
        (_head("X-Long: " + "a" * 40_000), 431),
        (b"GET /healthz HTTP/1.1\r\nX-Never-Ends: " + b"a" * 300_000, 431),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 1_000_000, 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /\xc0\xaf HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX y: 1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (_head("Connection: upgrade", "Upgrade: h2c", "Content-Length: 3") + b"GET", 400),
    ],
)  # fmt: skip
async def test_heads_that_are_too_much_or_nonsense_are_refused(server: Any, sent: bytes, status: int) -> None:
    answer = await server.ask(sent)
    assert (answer.status, answer.body) == (status, b"")
    assert (await server.get("/healthz")).status == 200


async def test_a_client_that_asks_for_another_protocol_is_answered_in_this_one(server: Any) -> None:
    assert (await server.ask(_head("Connection: Upgrade", "Upgrade: h2c"))).status == 200
    assert (await server.ask(_head("Connection: Upgrade", "Upgrade: websocket"))).status == 200


async def test_pipelined_requests_are_answered_in_order(server: Any, read_answers: Any) -> None:
    reader, writer = await server.connect()
    writer.write(OK + OK.replace(b"/healthz", b"/nothing") + OK)
    assert [answer.status for answer in await read_answers(reader, 3)] == [200, 404, 200]
    writer.close()


async def test_a_head_that_drips_is_cut_off(server: Any, monkeypatch: pytest.MonkeyPatch, read_answers: Any) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    reader, writer = await server.connect()

    async def drip() -> None:
        for byte in OK[:-2] + b"X: " + b"a" * 1000:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    (answer,) = await read_answers(reader, 1)
    dripping.cancel()
    assert (answer.status, answer.headers["connection"]) == (408, "close")
    writer.close()


async def test_a_client_that_says_nothing_is_sent_away(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    reader, writer = await server.connect()
    assert await reader.read() == b""
    writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.3)
    head = b"POST /passkit/v1/log HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    assert (await server.ask(head)).status == 408


async def test_empty_lines_between_requests_keep_no_connection(
    server: Any, monkeypatch: pytest.MonkeyPatch, read_answers: Any
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", 0.2)
    reader, writer = await server.connect()
    writer.write(OK)

    async def drip() -> None:
        while True:
            writer.write(b"\r\n")
            await asyncio.sleep(0.1)

    await read_answers(reader, 1)
    dripping = asyncio.create_task(drip())
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    dripping.cancel()
    writer.close()


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused_and_the_refusal_can_be_read(server: Any, announced: bool) -> None:
    length = b"Content-Length: 300000" if announced else b"Transfer-Encoding: chunked"
    head = b"POST /passkit/v1/log HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + length + b"\r\n\r\n"
    chunk = b" " * 30_000 if announced else b"7530\r\n" + b" " * 30_000 + b"\r\n"
    answer = await server.ask(head, *[chunk] * 10)
    assert answer.status == 413


async def test_what_nobody_asked_for_is_not_kept(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.2)
    _, writer = await server.connect()
    writer.write(b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")

    async def flood() -> None:
        while True:
            writer.write(b"a" * 65_536)
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(ConnectionError):
        await flood()
    writer.close()


async def test_when_it_is_full_idle_connections_make_room_and_others_are_refused(
    start: Any, monkeypatch: pytest.MonkeyPatch, read_answers: Any
) -> None:
    server = await start()
    monkeypatch.setattr(connections, "CONNECTIONS", 2)
    idle_reader, idle = await server.connect()
    idle.write(OK)
    await read_answers(idle_reader, 1)
    _, busy = await server.connect()
    busy.write(OK[:10])
    third_reader, third = await server.connect()
    third.write(OK)
    assert (await read_answers(third_reader, 1))[0].status == 200
    assert await idle_reader.read() == b""  # it made room
    third.write(OK[:10])
    await asyncio.sleep(0.05)
    assert (await server.ask(OK)).status == 503
    for writer in (idle, busy, third):
        writer.close()


async def test_a_request_in_flight_is_answered_when_the_server_stops(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start()
    reader, writer = await server.connect()
    writer.write(
        b"POST /passkit/v1/log HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
    )
    await asyncio.sleep(0.1)
    server.stop()
    await asyncio.sleep(0.2)
    writer.write(b'{"logs":[]}')
    assert (await reader.readline()).startswith(b"HTTP/1.1 2")
    writer.close()
    with pytest.raises(OSError, match="Connect"):
        await server.connect()


async def test_a_client_that_stalls_does_not_keep_the_server_from_stopping(
    start: Any, monkeypatch: pytest.MonkeyPatch, read_answers: Any
) -> None:
    monkeypatch.setattr(connections, "STOP_SECONDS", 0.2)
    server = await start()
    reader, writer = await server.connect()
    head = b"POST /passkit/v1/log HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    writer.write(OK + head)
    await read_answers(reader, 1)  # so the other was begun
    server.stop()
    async with asyncio.timeout(connections.BODY_SECONDS / 2):
        assert (await read_answers(reader, 1))[0].status == 408
    writer.close()
