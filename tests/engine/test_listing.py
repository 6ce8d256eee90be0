"""Every figure opens the list behind it, as long as the figure itself, and keeps it whatever comes later."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walletpass.lifecycle import accept_event, decide, display, register, unregister
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.erasure import erase
from walletpass_server.engine.figures import Dimension, report
from walletpass_server.engine.housekeeping import seal_days, tidy
from walletpass_server.engine.listing import FIGURES, Entry, Figure, Place, passes_behind
from walletpass_server.engine.reach import Reach
from walletpass_server.engine.recount import recount
from walletpass_server.engine.state import GOOGLE
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import Shop, open_shop

MATRIX = small_matrix(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], {"coupon.used": {}})
OPERATION = small_operation()
DAYS = [START + timedelta(days=day) for day in range(4)]
DAY = START.date()
FAR = DAY + timedelta(days=30)
DIMENSIONS: tuple[Dimension, ...] = ("operation", "pass_type", "model", "wallet", "source", "day")


async def _do(shop: Shop, operation: int, pass_id: int, step: str, now: datetime) -> None:
    """One of what may befall a pass; Google's holder stands for every holder."""
    used = accept_event(MATRIX, OPERATION, "coupon.used", {}, now)
    commands: dict[str, Any] = {
        "show": lambda state: display(MATRIX, OPERATION, state, "google", now, {"utm_source": f"s{pass_id % 2}"}),
        "show in apple": lambda state: display(MATRIX, OPERATION, state, "apple", now),
        "add": lambda state: register(MATRIX, OPERATION, state, GOOGLE, now),
        "delete": lambda state: unregister(MATRIX, OPERATION, state, GOOGLE, now),
        "use": lambda state: decide(MATRIX, OPERATION, state, used, now),
    }
    await shop.carry_out(operation, pass_id, commands[step], now)


async def _season(shop: Shop, name: str = "op") -> tuple[int, list[int]]:
    operation = await shop.open(MATRIX, small_operation(operation=name), START)
    passes = [await shop.issue(operation, {}, START, f"{name}-{number}") for number in range(3)]
    steps = [
        (0, 0, "show"), (1, 0, "show"), (1, 0, "show in apple"), (0, 1, "add"), (2, 1, "add"), (0, 2, "use"),
        (0, 2, "delete"), (0, 2, "add"), (2, 3, "delete"), (2, 3, "show"),
    ]  # fmt: skip
    for which, day, step in steps:
        await _do(shop, operation, passes[which], step, DAYS[day])
    return operation, passes


async def _list(shop: Shop, figure: Figure, page: int = 100, **options: Any) -> list[Entry]:
    found: list[Entry] = []
    after: Place | None = None
    async with shop.database.reading(shop.client_id) as unit:
        while some := await passes_behind(
            unit, shop.client_id, figure, **{"last": FAR, **options}, after=after, limit=page
        ):
            found += some
            after = some[-1].place
    return found


async def _agree(shop: Shop, first: date | None, last: date) -> None:
    """Each figure of each line, and its list."""
    by = DIMENSIONS if first else DIMENSIONS[:-1]
    async with shop.database.reading(shop.client_id) as unit:
        lines = await report(unit, shop.client_id, by=by, first=first, last=last)
    for figure in FIGURES:
        stock = figure in ("generated", "active")
        for line in lines:
            about = {name: str(value) for name, value in line.of.items()}
            day = date.fromisoformat(about.pop("day")) if "day" in about else None
            only = cast("dict[Dimension, str]", about)
            entries = await _list(shop, figure, only=only, first=day if day else first, last=day or last)
            assert len(entries) == getattr(line.figures, figure), (figure, about, day)
            for entry in entries:
                assert {name: entry.about[name] for name in only} == only
                assert stock or first is None or first.isoformat() <= entry.about["day"] <= last.isoformat()


@pytest.mark.parametrize(("first", "last"), [(None, FAR), (DAY, DAY + timedelta(days=4)), (DAY, DAY)])
async def test_the_list_behind_every_figure_is_as_long_as_the_figure(
    shop: Shop, first: date | None, last: date
) -> None:
    await _season(shop)
    await _season(shop, "second")
    await _agree(shop, first, last)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["show", "show in apple", "add", "delete", "use"])),
        min_size=4,
        max_size=14,
    )
)
async def test_whatever_befalls_passes_lists_and_figures_agree_and_no_source_falls_below_nothing(
    shop: Shop, steps: list[tuple[int, str]]
) -> None:
    operation = await shop.open(MATRIX, small_operation(operation="any"), START)
    passes = [await shop.issue(operation, {}, START) for _ in range(3)]
    for number, (which, step) in enumerate(steps):
        await _do(shop, operation, passes[which], step, DAYS[number * len(DAYS) // len(steps)])
    await _agree(shop, None, FAR)
    await _agree(shop, DAY, DAYS[-1].date())
    async with shop.database.reading(shop.client_id) as unit:
        assert await recount(unit, shop.client_id, operation) == []
        for line in await report(unit, shop.client_id, by=["source", "model", "wallet", "day"], first=DAY, last=FAR):
            assert min(line.figures.active, line.figures.generated, line.devices) >= 0, line


async def test_a_pass_keeps_the_source_of_its_first_display(shop: Shop) -> None:
    operation = await shop.open(MATRIX, OPERATION, START)
    pass_id = await shop.issue(operation, {}, START)
    async with shop.database.writing(shop.client_id) as unit:
        await phones.display(unit, operation, pass_id, "apple", START, {"utm_source": "mail"})
        await phones.display(unit, operation, pass_id, "google", START, {"utm_source": "poster"})
    assert [(entry.about["wallet"], entry.about["source"]) for entry in await _list(shop, "displayed")] == [
        ("apple", "mail"),
        ("google", "mail"),
    ]


async def test_pages_neither_repeat_nor_leave_out(shop: Shop) -> None:
    await _season(shop)
    await _season(shop, "second")
    for figure in FIGURES:
        whole = await _list(shop, figure)
        assert whole
        assert await _list(shop, figure, page=1) == whole
        assert max(Counter(entry.place for entry in whole).values()) == 1


async def test_a_past_period_asked_again_gives_the_same_figures_and_lists(shop: Shop) -> None:
    operation, passes = await _season(shop)
    last = DAY + timedelta(days=1)

    async def asked() -> Any:
        async with shop.database.reading(shop.client_id) as unit:
            lines = await report(unit, shop.client_id, by=DIMENSIONS, first=DAY, last=last)
        lists = [[entry.place for entry in await _list(shop, figure, first=DAY, last=last)] for figure in FIGURES]
        return [line.values() for line in lines], lists

    before = await asked()
    async with shop.database.reading(ALL_CLIENTS) as unit:
        row = await unit.session.get_one(OperationRow, (shop.client_id, operation))
    assert await seal_days(shop.database, row, START + timedelta(days=3)) == [DAY, last]
    for pass_id in passes:
        for step in ("show in apple", "use", "add", "delete", "add"):
            await _do(shop, operation, pass_id, step, START + timedelta(days=5))
    await erase(shop.database, shop.client_id, START + timedelta(days=6), serial="op-2")
    assert (await asked())[0] == before[0]
    figures = [len(entries) for entries in (await asked())[1]]
    assert figures == [len(entries) for entries in before[1]]


async def test_an_erased_pass_is_counted_and_not_named(shop: Shop) -> None:
    await _season(shop)
    await erase(shop.database, shop.client_id, START + timedelta(days=6), serial="op-0")
    named = {(entry.pass_id is None, entry.serial) for entry in await _list(shop, "added")}
    assert named == {(True, None), (False, "op-2")}
    assert await _list(shop, "active") == []


async def test_facts_that_were_dropped_are_missing_in_the_list_alone(shop: Shop) -> None:
    await _season(shop)
    await tidy(shop.database, START + timedelta(days=3), facts_kept=timedelta(0))
    async with shop.database.reading(shop.client_id) as unit:
        (line,) = await report(unit, shop.client_id, last=FAR)
    assert (line.figures.added, len(await _list(shop, "added"))) == (3, 1)


async def test_a_list_reaches_no_further_than_its_caller(database: Database, shop: Shop) -> None:
    await _season(shop)
    other = await open_shop(database, "other")
    await _season(other, "theirs")
    assert await _list(shop, "added", reach=Reach(environment="production")) == []
    assert {entry.about["client"] for entry in await _list(shop, "added")} == {"shop"}
    async with database.reading(ALL_CLIENTS) as unit:
        every = await passes_behind(unit, None, "added", last=FAR, limit=100)
        lines = await report(unit, None, by=["client"], last=FAR)
    assert Counter(entry.about["client"] for entry in every) == {"other": 3, "shop": 3}
    assert {line.of["client"]: line.figures.added for line in lines} == {"other": 3, "shop": 3}
