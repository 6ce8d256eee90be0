"""A file of tokens, sent in any number of goes."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select, update

from walletpass_server.engine.uploads import carry_out_one, forget_abandoned
from walletpass_server.http.app import create_app
from walletpass_server.persistence.tables import RunRow, TokenRow, UploadPartRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS


def _file(rows: int) -> bytes:
    lines = [f'{{"external_id": "K-{n}", "values": {{"points": {n}}}}}\n' for n in range(rows)]
    return "".join(lines).encode()


async def _begin(tenant: Any, content: bytes, **more: Any) -> Any:
    body = {"format": "jsonl", "bytes": len(content), **more}
    answer = await tenant.http.post(f"/v1/operations/{tenant.operation_id}/imports", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _send(tenant: Any, begun: Any, offset: int, part: bytes) -> httpx.Response:
    headers = {"upload-offset": str(offset), "content-type": "application/octet-stream"}
    answer: httpx.Response = await tenant.http.patch(
        f"/v1/imports/{begun['id']}/content", content=part, headers=headers
    )
    return answer


async def _carry_out(tenant: Any) -> bool:
    return await carry_out_one(tenant.on.database, tenant.on.keyring, lambda: datetime.now(UTC))


async def _tokens(tenant: Any) -> tuple[int, int]:
    query = select(func.count(), func.count(TokenRow.external_id.distinct())).select_from(TokenRow)
    async with tenant.on.database.reading(tenant.shop.client_id) as unit:
        found = (await unit.connection.execute(query)).one()
        return found[0], found[1]


async def test_a_file_becomes_a_token_for_each_row(tenant: Any) -> None:
    content = _file(2500) + b'{"external_id": "bad", "values": {"points": "many"}}\n'
    begun = await _begin(tenant, content, sha256=hashlib.sha256(content).hexdigest())
    assert begun["state"] == "uploading"
    middle = len(content) // 2
    assert (await _send(tenant, begun, 0, content[:middle])).json()["offset"] == middle
    assert not await _carry_out(tenant)
    assert (await _send(tenant, begun, middle, content[middle:])).json()["state"] == "uploaded"
    assert await _carry_out(tenant)
    done = (await tenant.http.get(f"/v1/imports/{begun['id']}")).json()
    assert (done["state"], done["lines"], done["added"], done["known"], done["faulty"]) == ("done", 2501, 2500, 0, 1)
    assert done["faults"] == [{"row": 2501, "column": "points", "reason": "points: 'many' is not a number"}]
    assert await _tokens(tenant) == (2500, 2500)
    async with tenant.on.database.reading(ALL_CLIENTS) as unit:
        assert await unit.session.scalar(select(func.count()).select_from(UploadPartRow)) == 0


async def test_what_is_wrong_with_a_row_is_said_in_french_too(tenant: Any) -> None:
    content = b'{"external_id": "bad", "values": {"points": "many"}}\n'
    begun = await _begin(tenant, content)
    await _send(tenant, begun, 0, content)
    assert await _carry_out(tenant)
    told = (await tenant.http.get(f"/v1/imports/{begun['id']}", headers={"accept-language": "fr"})).json()
    assert told["faults"] == [{"row": 1, "column": "points", "reason": "points: 'many' n'est pas un nombre"}]


async def test_a_part_that_does_not_follow_on_is_refused_with_where_to_go_on(tenant: Any) -> None:
    content = _file(10)
    begun = await _begin(tenant, content)
    await _send(tenant, begun, 0, content[:100])
    for offset, part in ((0, content[:100]), (50, content[50:]), (100, content[100:] + b"more")):
        refused = await _send(tenant, begun, offset, part)
        assert (refused.status_code, refused.json()["type"]) == (409, "/v1/problems/upload-out-of-step")
        assert refused.headers["upload-offset"] == "100"


async def test_a_file_that_arrived_otherwise_than_announced_makes_nothing(tenant: Any) -> None:
    content = _file(10)
    begun = await _begin(tenant, content, sha256="0" * 64)
    await _send(tenant, begun, 0, content)
    assert await _carry_out(tenant)
    failed = (await tenant.http.get(f"/v1/imports/{begun['id']}")).json()
    assert (failed["state"], "SHA-256" in failed["error"]) == ("failed", True)
    assert await _tokens(tenant) == (0, 0)


async def test_an_import_whose_worker_was_killed_goes_on_with_another_and_counts_no_line_twice(tenant: Any) -> None:
    content = _file(5000)
    begun = await _begin(tenant, content)
    await _send(tenant, begun, 0, content)
    working = asyncio.create_task(_carry_out(tenant))
    while (await tenant.http.get(f"/v1/imports/{begun['id']}")).json()["added"] == 0:
        await asyncio.sleep(0.005)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert not await _carry_out(tenant)  # still leased
    async with tenant.on.database.writing(ALL_CLIENTS) as unit:
        past = datetime.now(UTC) - timedelta(hours=1)
        await unit.connection.execute(update(RunRow).where(RunRow.id == begun["id"]).values(leased_until=past))
    assert await _carry_out(tenant)
    done = (await tenant.http.get(f"/v1/imports/{begun['id']}")).json()
    assert (done["state"], done["added"]) == ("done", 5000)
    assert await _tokens(tenant) == (5000, 5000)


async def test_an_upload_that_nobody_goes_on_with_is_given_up(tenant: Any) -> None:
    content = _file(10)
    begun = await _begin(tenant, content)
    await _send(tenant, begun, 0, content[:10])
    later = datetime.now(UTC) + timedelta(days=8)
    await tenant.on.database.run(ALL_CLIENTS, lambda unit: forget_abandoned(unit, later))
    assert (await tenant.http.get(f"/v1/imports/{begun['id']}")).json()["state"] == "failed"


@asynccontextmanager
async def _served(tenant: Any) -> Any:
    config = uvicorn.Config(create_app(tenant.on), port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def _drop(port: int, tenant: Any, begun: Any, offset: int, rest: bytes, sent: int) -> None:
    """Send the head of a request and a part of its body, then cut the line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"PATCH /v1/imports/{begun['id']}/content HTTP/1.1\r\nhost: pass.example\r\n"
        f"authorization: Bearer {tenant.key}\r\n"
        f"upload-offset: {offset}\r\ncontent-type: application/octet-stream\r\ncontent-length: {len(rest)}\r\n\r\n"
    )
    writer.write(head.encode() + rest[:sent])
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.transport.abort()
    del reader


async def _import_with_drops(tenant: Any, rows: int, drops: int) -> None:
    content = _file(rows)
    begun = await _begin(tenant, content)
    offset = 0
    async with _served(tenant) as port:
        for _ in range(drops):
            await _drop(port, tenant, begun, offset, content[offset:], len(content) // (drops + 1))
            await asyncio.sleep(0.2)
            offset = (await tenant.http.get(f"/v1/imports/{begun['id']}")).json()["offset"]
    assert 0 < offset < len(content)
    # The server may still be keeping what came last; then it says where to go on.
    while (sent := await _send(tenant, begun, offset, content[offset:])).status_code == 409:
        offset = int(sent.headers["upload-offset"])
    assert sent.json()["state"] == "uploaded"
    assert await _carry_out(tenant)
    assert await _tokens(tenant) == (rows, rows)


async def test_what_came_before_the_connection_broke_is_kept(tenant: Any) -> None:
    await _import_with_drops(tenant, 3000, 3)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_million_rows_over_ten_broken_connections_are_exactly_a_million_tokens(tenant: Any) -> None:
    await _import_with_drops(tenant, 1_000_000, 10)
