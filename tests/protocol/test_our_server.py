"""The platform keeps every rule: over real HTTP, with its worker pushing, on both databases."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from walletpass.testing.held_pass import HeldPass
from walletpass.testing.postgres import PostgresServer
from walletpass.testing.protocol import RULES, Rule, Subject, broken_by
from walletpass_server.demo.rehearse import Rehearsal, rehearsal
from walletpass_server.engine.firing import fire, void_pass
from walletpass_server.engine.subjects import Subject as Whom
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop
from walletpass_server.wallets.provider import Download

STRANGE = "Größe 7/8 +%41?#&..;="
"""A serial with whatever a path can go wrong about."""

_numbers = itertools.count()

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp(request.param)
    read = Settings.from_env({"WALLETPASS_DATA": str(folder), "WALLETPASS_PORT": "0"})
    if request.param == "sqlite":
        yield read
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"walletpass_protocol_{os.getpid()}_{next(_numbers)}"
    yield replace(read, database_url=asyncio.run(server.create(name)))
    asyncio.run(server.drop(name))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def going_on(settings: Settings) -> AsyncIterator[Rehearsal]:
    async with rehearsal(settings, settings.data_folder, asyncio.Event()) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def subject(going_on: Rehearsal) -> AsyncIterator[Subject]:
    """Passes of two people, and one with a strange serial between them."""
    on, stage = going_on.on, going_on.stage
    root = going_on.root.read_bytes()

    async def change(serial: str) -> None:
        async def tell(unit: Unit) -> None:
            await fire(unit, "visit.counted", Whom(serial=serial), {}, utc_now())

        await on.database.run(stage.client_id, tell)

    async def void(serial: str) -> None:
        async def take_back(unit: Unit) -> None:
            await void_pass(unit, Whom(serial=serial), utc_now())

        await on.database.run(stage.client_id, take_back)

    async with httpx.AsyncClient(timeout=20) as http:
        strange = await Shop(on.database, stage.client_id, on.keyring).issue(stage.live.row.id, {}, utc_now(), STRANGE)
        ids = [stage.people[0].pass_id, strange, stage.people[1].pass_id]
        passes = [HeldPass.read(await _bundle(going_on, pass_id), [root]) for pass_id in ids]
        yield Subject(http, passes, [root], change=change, void=void, pushes=lambda: going_on.fakes.apns.accepted)


async def _bundle(going_on: Rehearsal, pass_id: int) -> bytes:
    found = await going_on.on.wallets["apple"].hand_over(going_on.stage.client_id, pass_id, utc_now())
    assert isinstance(found, Download)
    return b"".join(found.parts)


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_our_web_service(rule: Rule, subject: Subject) -> None:
    assert rule.missing(subject) == []
    assert await broken_by(rule, subject) == ""
