"""The reads below the ORM say what those of the ORM say, and live through a database that was started again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from walletpass.errors import DatabaseUnavailable, NotFound
from walletpass_server.engine.phones import find_served
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.device_reads import DeviceReads, device_reads
from walletpass_server.persistence.epochs import new_epoch
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import DeviceRow, PassRow, RegistrationRow
from walletpass_server.persistence.tag import changed_since, current_tag
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import PASS_TYPE, SeededOperation, seed_device, seed_passes

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("touch"), st.integers(0, 5)),
        st.tuples(st.just("phone"), st.sets(st.integers(0, 5), min_size=1)),
        st.tuples(st.just("epoch"), st.none()),
    ),
    max_size=6,
)


@pytest.fixture
async def reads(database: Database) -> AsyncIterator[DeviceReads]:
    opened = device_reads(database)
    yield opened
    await opened.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_both_ways_list_the_same(
    database: Database, shop: SeededOperation, reads: DeviceReads, steps: list[tuple[str, object]]
) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        for row in (RegistrationRow, DeviceRow, PassRow):
            await unit.connection.execute(row.__table__.delete())
        passes = await seed_passes(unit, shop, 6)
    tags: list[str | None] = [None, "nonsense", "ffffffffffff.7", "1.99999999999999999"]
    phones: list[str] = ["nobody"]
    for what, which in steps:
        async with database.reading(ALL_CLIENTS) as unit:
            tags.append(await current_tag(unit.connection))
        if what == "touch":
            touched = update(PassRow).where(PassRow.id == passes[int(str(which))])
            async with database.write_connection() as connection:
                await connection.execute(touched.values(change=CurrentChange()))
        elif what == "phone" and isinstance(which, set):
            phones.append(f"phone-{len(phones)}")
            async with database.writing(ALL_CLIENTS) as unit:
                await seed_device(unit, shop, [passes[n] for n in sorted(which)], library=phones[-1])
        else:
            await new_epoch(database, "a test")
    for phone in phones:
        for tag in tags:
            async with database.reading(ALL_CLIENTS) as unit:
                expected = await changed_since(unit.connection, phone, PASS_TYPE, tag)
            assert await reads.changed_since(phone, PASS_TYPE, tag) == expected


async def test_both_ways_find_the_same_pass(database: Database, shop: SeededOperation, reads: DeviceReads) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        (pass_id,) = await seed_passes(unit, shop, 1)
    found = await reads.by_serial(PASS_TYPE, f"P-{pass_id}")
    async with database.reading(ALL_CLIENTS) as unit:
        served = await find_served(unit, PASS_TYPE, f"P-{pass_id}")
        with pytest.raises(NotFound):
            await find_served(unit, PASS_TYPE, "nobody's")
    assert found is not None
    assert (found.client_id, found.operation_id, found.id) == (served.client_id, served.operation_id, served.id)
    assert found.sealed_secret == served.sealed_secret
    assert found.fingerprint is None
    assert await reads.by_id(shop.client_id, pass_id) == found
    assert await reads.by_id(shop.client_id + 1, pass_id) is None
    assert await reads.by_serial(PASS_TYPE, "nobody's") is None


async def test_phones_do_not_notice_that_connections_died(postgres_url: str) -> None:
    database = await Database.open(postgres_url)
    reads = device_reads(database)
    assert await reads.by_id(1, 1) is None
    async with database.engine.connect() as connection:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'walletpass-phones'"
        await connection.execute(text(kill + " AND datname = current_database()"))
    assert await reads.by_id(1, 1) is None
    await reads.close()
    await database.close()


async def test_a_database_that_is_gone_is_an_error_of_ours(database: Database, url: str) -> None:
    elsewhere = database.engine.url.set(port=1) if not database.is_sqlite else database.engine.url
    gone = Database(database.engine)
    reads = device_reads(gone)
    if database.is_sqlite:
        await reads.close()
    else:
        reads._bare._options["port"] = elsewhere.port  # type: ignore[attr-defined]
    with pytest.raises(DatabaseUnavailable, match="does not answer a read"):
        await reads.by_serial(PASS_TYPE, "P-1")
