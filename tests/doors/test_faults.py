"""What is broken for a while loses nothing: afterwards every phone has been pushed, and holds the newest version."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from walletpass.errors import WebServiceFault
from walletpass.testing import FakePhone
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.worker import utc_now
from walletpass_server.http.app import create_app
from walletpass_server.persistence.database import Database

SERVE = ("-m", "walletpass", "serve", "--no-jobs")
QUICK_WORKER = (str(Path(__file__).with_name("quick_worker.py")),)
PHONES = 5

pytestmark = pytest.mark.timeout(300)


async def _phones(company: Any, http: httpx.AsyncClient) -> list[FakePhone]:
    """A server at work, and phones with a pass each."""
    await company.start(SERVE, QUICK_WORKER)
    links = await company.mint(PHONES)
    phones = [company.phone(http) for _ in links]
    for phone, link in zip(phones, links, strict=True):
        await phone.add(f"{link}.pkpass")
    return phones


def _visits(phones: list[FakePhone]) -> list[float]:
    return [held.fields()["visits"]["value"] for phone in phones for held in phone.passes.values()]


def _all_run(company: Any) -> bool:
    return all(process.running.poll() is None for process in company.processes)


async def test_a_database_that_is_restarted_loses_nothing(open_company: Callable[..., Any]) -> None:
    with postgres_server(own=True, durable=True) as server:
        url = await server.create("restarted")
        await (await Database.open(url)).close()
        async with open_company(url) as company, httpx.AsyncClient(timeout=20) as http:
            phones = await _phones(company, http)
            await company.visit()
            restarting = asyncio.create_task(asyncio.to_thread(server.restart, 3.0))
            await asyncio.sleep(1)
            with pytest.raises(WebServiceFault):
                await phones[0].renew_push_token()
            await restarting
            await company.visit()  # our own connections find the way back too
            await company.at_rest(phones)
            assert _visits(phones) == [2] * PHONES
            assert _all_run(company)


@contextmanager
def _disk_full(processes: list[Any], room: int) -> Iterator[None]:
    """No file of these processes may grow beyond so many bytes: to them it looks as a disk without room."""
    before = [resource.prlimit(process.running.pid, resource.RLIMIT_FSIZE) for process in processes]
    for process in processes:
        resource.prlimit(process.running.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for process, limits in zip(processes, before, strict=True):
            resource.prlimit(process.running.pid, resource.RLIMIT_FSIZE, limits)


async def test_a_full_disk_loses_nothing(sqlite_url: str, open_company: Callable[..., Any]) -> None:
    async with open_company(sqlite_url) as company, httpx.AsyncClient(timeout=20) as http:
        phones = await _phones(company, http)
        with _disk_full(company.processes, 0):  # not even logs can be written
            await company.visit()  # this process has room
            with pytest.raises(WebServiceFault) as refused:
                await phones[0].renew_push_token()
            assert refused.value.status == 503
            await asyncio.sleep(2)
            assert await company.work_left()
        await company.at_rest(phones)
        assert _visits(phones) == [1] * PHONES
        assert _all_run(company)


async def test_a_clock_that_jumps_hides_no_change(url: str, open_company: Callable[..., Any]) -> None:
    async with open_company(url) as company:
        began, jump = utc_now(), timedelta(0)
        app = create_app(company.on, clock=lambda: utc_now() + jump)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
            phone = company.phone(http)
            held = await phone.add(f"{(await company.mint(1))[0]}.pkpass")
            for minutes in (10, 5, 24 * 60, 6, 6, 3):  # never before the pass was issued: that event is not its own
                jump = timedelta(minutes=minutes)
                await company.visit(held.serial, began + jump)
                assert len(await phone.pushed(held.key[0])) == 1
                assert await phone.pushed(held.key[0]) == []
            assert _visits([phone]) == [6]


async def test_a_push_server_that_is_down_loses_nothing(url: str, open_company: Callable[..., Any]) -> None:
    async with open_company(url) as company, httpx.AsyncClient(timeout=20) as http:
        phones = await _phones(company, http)
        await company.apns.stop()
        for _ in range(3):
            await company.visit()
        await asyncio.sleep(2)
        assert await company.work_left()
        await company.apns.start()
        await company.at_rest(phones)
        assert _visits(phones) == [3] * PHONES
