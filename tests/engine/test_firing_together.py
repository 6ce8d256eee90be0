"""Events fired together are answered and stored as if each came alone, in the same order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from walletpass.errors import DatabaseBusy, EventError, IdempotencyKeyReused, NotFound, UsageError
from walletpass.events import MOVED
from walletpass.hooks.event import event_id, place_of
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine.fired import Fired
from walletpass_server.engine.firing import fire
from walletpass_server.engine.firing_together import Firing, fire_together
from walletpass_server.engine.reach import Reach
from walletpass_server.engine.recount import recount
from walletpass_server.engine.subjects import Subject
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import FactRow, IdempotencyKeyRow, PassRow, ValueHistoryRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.persistence.writer import Writer
from walletpass_server.testing import Shop, open_shop

NOW = START + timedelta(days=1)
TEST = Reach("test")
MATRIX = small_matrix(
    {
        "active": {"store": {"type": "text", "required": False}},
        "used": {"store": {"type": "text", "required": False}},
    },
    [
        {"name": "redeemed", "from": "active", "to": "used", "on": "coupon.used", "when": "event.amount >= 10",
         "set": {"store": "event.store"}},
        {"name": "back", "from": "used", "to": "active", "on": "coupon.back"},
    ],
    {"coupon.used": {"amount": "number", "store": "text"}, "coupon.back": {}},
)  # fmt: skip


async def _open(shop: Shop, count: int = 3, prefix: str = "C") -> list[int]:
    operation_id = await shop.open(MATRIX, small_operation(), START)
    return [await shop.issue(operation_id, {}, START, serial=f"{prefix}-{n}") for n in range(count)]


async def _together(shop: Shop, firings: list[Firing]) -> list[Any]:
    """At once if that can be, else each alone, as a Writer does."""
    try:
        async with shop.database.writing(shop.client_id) as unit:
            return await fire_together(unit, firings, NOW)
    except DatabaseBusy:
        return [(await _together(shop, [firing]))[0] for firing in firings]


async def _alone(shop: Shop, firing: Firing) -> Any:
    async def work(unit: Unit) -> Fired:
        return await fire(unit, firing.event, firing.subject, firing.data, NOW, key=firing.key, reach=firing.reach)

    try:
        return await shop.database.run(shop.client_id, work)
    except Exception as refused:  # noqa: BLE001 - compared with what the other way gives
        return refused


def _used(serial: str, amount: int = 12, key: str | None = None) -> Firing:
    data = {"amount": amount, "store": "Lyon"}
    return Firing(
        event="coupon.used", subject=Subject(serial=serial), data=data, reach=TEST, environment="test", key=key
    )


def _back(serial: str, key: str | None = None) -> Firing:
    return Firing(event="coupon.back", subject=Subject(serial=serial), data={}, reach=TEST, environment="test", key=key)


async def _stored(shop: Shop) -> list[Any]:
    """All that events leave behind, without ids."""
    async with shop.database.reading(shop.client_id) as unit:
        own = PassRow.client_id == shop.client_id
        passes = select(PassRow.serial, PassRow.model, PassRow.version, PassRow.variables, PassRow.fact_count)
        facts = select(PassRow.serial, FactRow.number, FactRow.name, FactRow.model).join(
            PassRow, PassRow.id == FactRow.pass_id
        )
        history = select(PassRow.serial, ValueHistoryRow.version, ValueHistoryRow.before, ValueHistoryRow.after).join(
            PassRow, PassRow.id == ValueHistoryRow.pass_id
        )
        keys = select(IdempotencyKeyRow.key, IdempotencyKeyRow.answer)
        return [
            sorted(map(repr, (await unit.connection.execute(query)).all()))
            for query in (
                passes.where(own),
                facts.where(own),
                history.where(own),
                keys.where(IdempotencyKeyRow.client_id == shop.client_id),
            )
        ]


async def test_each_is_answered_and_several_for_one_pass_follow_one_another(shop: Shop) -> None:
    await _open(shop)
    answers = await _together(shop, [_used("C-0"), _used("C-1", 5), _back("C-0"), _used("C-0"), _used("C-9")])
    assert [each.moved for each in answers[:4]] == [1, 0, 1, 1]
    assert answers[1].reasons == {"condition-false": 1}
    assert isinstance(answers[4], NotFound)
    async with shop.database.reading(shop.client_id) as unit:
        found = (await unit.session.scalars(select(PassRow).where(PassRow.serial == "C-0"))).one()
        assert (found.model, found.version) == ("used", 4)
        assert await recount(unit, shop.client_id, found.operation_id) == []


async def test_a_key_counts_once_whether_it_came_before_or_at_the_same_time(shop: Shop) -> None:
    await _open(shop)
    firings = [_used("C-0", key="a"), _used("C-0", key="a"), _used("C-1", key="a"), _back("C-2", key="b")]
    first = await _together(shop, firings)
    assert first[0] == first[1]
    assert isinstance(first[2], IdempotencyKeyReused)
    again = await _together(shop, firings)
    assert again[:2] == first[:2]
    assert again[3] == first[3]
    assert await _alone(shop, firings[0]) == first[0]


async def test_one_that_is_refused_leaves_no_trace_and_stops_no_other(shop: Shop) -> None:
    await _open(shop)
    wrong = replace(_back("C-1", key="wrong"), event="coupon.eaten")
    beyond = replace(_back("C-1", key="x"), reach=Reach("production"), environment="production")
    answers = await _together(shop, [wrong, _used("C-0", key="right"), beyond])
    assert [type(each) for each in answers] == [EventError, Fired, NotFound]
    async with shop.database.reading(shop.client_id) as unit:
        assert (await unit.session.scalars(select(IdempotencyKeyRow.key))).all() == ["right"]


async def test_callers_of_several_writers_take_one_key_once(shop: Shop) -> None:
    await _open(shop, 1)
    firing = _used("C-0", key="order-1")
    async with Writer(shop.database) as one, Writer(shop.database) as two:

        async def both(unit: Unit, firings: Any) -> Any:
            return await fire_together(unit, firings, NOW)

        answers = await asyncio.gather(*(w.join(shop.client_id, both, firing) for w in (one, two) for _ in range(8)))
    assert set(map(repr, answers)) == {repr(answers[0])}
    async with shop.database.reading(shop.client_id) as unit:
        assert await unit.session.scalar(select(PassRow.version)) == 2


async def test_passes_named_in_different_ways_are_fired_together(shop: Shop) -> None:
    """By serial, id, external id and operation; an external id that nobody has is matched by none."""
    first, second, third = await _open(shop)
    async with shop.database.writing(shop.client_id) as unit:
        named = update(PassRow).where(PassRow.client_id == shop.client_id, PassRow.id == third)
        await unit.connection.execute(named.values(external_id="K-3"))
    subjects = [
        Subject(serial="C-0"), Subject(pass_id=second), Subject(external_id="K-3"), Subject(external_id="K-9"),
        Subject(contact=""), Subject(serial="C-0", operation="op"), Subject(serial="C-0", operation="other"),
        Subject(pass_id=first),
    ]  # fmt: skip
    answers = await _together(shop, [replace(_used(""), subject=subject) for subject in subjects])
    assert isinstance(answers.pop(6), NotFound)
    assert [(each.matched, each.moved) for each in answers] == [(1, 1), (1, 1), (1, 1), (0, 0), (0, 0), (1, 0), (1, 0)]


async def test_answers_to_events_keep_their_chains_when_they_are_fired_together(shop: Shop) -> None:
    """Each fact names what it answers; a Trigger that moved its pass in a chain does not move it again in it."""
    first, second, _ = await _open(shop)
    await _together(shop, [_used("C-0"), _used("C-1")])
    async with shop.database.reading(shop.client_id) as unit:
        told = dict(
            (await unit.session.execute(select(FactRow.pass_id, FactRow.number).where(FactRow.name == MOVED))).all()
        )
    causes = {of: event_id(of, place_of(told[of], 0)) for of in (first, second)}
    back = [replace(_back(f"C-{n}"), cause=causes[of]) for n, of in enumerate((first, second))]
    no_event = replace(_back("C-2"), cause="nothing like the id of an event")
    *answers, refused = await _together(shop, [*back, no_event])
    assert [each.moved for each in answers] == [1, 1]
    assert isinstance(refused, UsageError)
    again = await _together(shop, [replace(_used("C-0"), cause=causes[first]), _used("C-1")])
    assert [(each.moved, dict(each.reasons)) for each in again] == [(0, {"already-in-chain": 1}), (1, {})]
    async with shop.database.reading(shop.client_id) as unit:
        moves = select(FactRow.pass_id, FactRow.data).where(FactRow.name == MOVED, FactRow.number > 2)
        chains = {of: data.get("causes") for of, data in (await unit.session.execute(moves)).all() if "causes" in data}
    assert chains == {of: [cause] for of, cause in causes.items()}


async def test_events_in_answer_to_different_ones_befall_one_pass_one_after_the_other(shop: Shop) -> None:
    first, *_ = await _open(shop)
    await _together(shop, [_used("C-0")])
    async with shop.database.reading(shop.client_id) as unit:
        number = await unit.session.scalar(
            select(FactRow.number).where(FactRow.name == MOVED, FactRow.pass_id == first)
        )
    assert number is not None
    cause = event_id(first, place_of(number, 0))
    answers = await _together(shop, [replace(_back("C-0"), cause=cause), _used("C-0")])
    assert [each.moved for each in answers] == [1, 1]


Events = list[tuple[int, int, str | None]]
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0, 5, 12]), st.sampled_from([None, "a", "b"])), min_size=1, max_size=8
)
"""Which pass (the last is none), what amount (0 is the event without one), which key."""


def _firings(prefix: str, events: Events) -> list[Firing]:
    return [_used(f"{prefix}-{n}", amount, key) if amount else _back(f"{prefix}-{n}", key) for n, amount, key in events]


@given(events=EVENTS)
@example(events=[(3, 12, "a"), (0, 12, "a"), (0, 0, "a")])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
async def test_together_is_as_one_after_the_other(
    database: Database, events: list[tuple[int, int, str | None]]
) -> None:
    said, stored = [], []
    for _ in range(2):
        prefix = f"s{token_hex(4)}"
        shop = await open_shop(database, prefix)
        await _open(shop, prefix=prefix)
        firings = _firings(prefix, events)
        answers = [await _alone(shop, one) for one in firings] if said else await _together(shop, firings)
        said.append([repr(each).replace(prefix, "") for each in answers])
        stored.append(repr(await _stored(shop)).replace(prefix, ""))
    assert said[0] == said[1]
    assert stored[0] == stored[1]
