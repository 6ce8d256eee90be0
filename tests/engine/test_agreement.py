"""Random lives of passes, played by the database and by the pure lifecycle side by side: they agree in everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from walletpass.errors import OperationEnded
from walletpass.events import Fact
from walletpass.lifecycle import (
    Decision,
    DelayDue,
    Holding,
    InstantReached,
    Pass,
    accept_event,
    decide,
    display,
    edit,
    follow,
    issue,
    register,
    unregister,
    void,
)
from walletpass.reporting import NOTHING, Counts, Key, fold
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.recount import recount
from walletpass_server.engine.values import to_json
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.facts import Bucket, stored_days
from walletpass_server.persistence.tables import FactRow, PassRow, RegistrationRow, ValueHistoryRow
from walletpass_server.testing import Shop

VARIABLES = {
    "points": {"type": "number", "default": 0},
    "balance": {"type": "money", "currency": "EUR", "required": False},
    "note": {"type": "text", "required": False},
}
MATRIX = small_matrix(
    {"a": VARIABLES, "b": VARIABLES, "c": {}},
    [
        {"from": "a", "to": "b", "on": "coupon.used", "when": "event.amount >= 10.0", "notify": True, "priority": 1},
        {"from": "a", "to": "a", "on": "coupon.used", "set": {"points": "pass.points + event.amount"}, "priority": 2},
        {"from": "a", "to": "b", "on": "pass.changed", "when": "pass.points > 20.0", "notify": True},
        {"from": "b", "to": "c", "on": "pass.moved", "when": "pass.points > 40.0"},
        {"from": "a", "to": "a", "after": {"event": "coupon.used", "delay": {"hours": 5}, "rearm": "each"},
         "set": {"note": "'each'"}, "notify": True},
        {"from": "b", "to": "a", "after": {"event": "pass.added", "delay": {"hours": 9}, "rearm": "restart",
         "cancel": {"event": "coupon.back"}}, "set": {"points": 1}},
        {"from": "a", "to": "c", "after": {"event": "pass.deleted", "delay": {"days": 2, "unit": "calendar"}}},
        {"from": "b", "to": "c", "at": "2027-03-04T09:00", "essential": True},
        {"from": "c", "to": "a", "on": "coupon.back", "set": {"note": None}},
    ],
    {"coupon.used": {"amount": "number"}, "coupon.back": {}},
)  # fmt: skip
OPERATION = small_operation(
    ends_at="2027-03-09T10:00", grace={"hours": 20},
    notifications={"max": 5, "min_interval": {"hours": 3}, "quiet": {"from": "22:00", "to": "06:00"}},
)  # fmt: skip
RULES = (MATRIX, OPERATION)
SERIALS = ("C-1", "C-2")

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["use", "back", "open", "add", "delete", "save", "del", "edit", "void"]),
        st.sampled_from(SERIALS),
        st.sampled_from(["phone", "watch"]),
        st.integers(0, 15),
        st.sampled_from([0, 0, 1, 4, 9, 26]),
    ),
    max_size=14,
)
_nonces = count()


class Both:
    """The same passes twice: in the database, and as plain values."""

    def __init__(self, shop: Shop, operation: int) -> None:
        self.shop = shop
        self.operation = operation
        self.ids: dict[str, int] = {}
        self.pure: dict[str, Pass] = {}
        self.facts: dict[str, list[Fact]] = {}
        self.now = START

    async def issue(self, serial: str) -> None:
        self.facts[serial] = []
        # The database makes serials unique in the server, while examples come again and again.
        own = f"{serial}/{self.operation}"
        self._play(serial, issue(*RULES, own, {"balance": "3.50 EUR"}, self.now))
        self.ids[serial] = await self.shop.issue(self.operation, {"balance": "3.50 EUR"}, self.now, own)

    async def decide(self, serial: str, command: Callable[[Pass], Decision]) -> None:
        self._play(serial, command(self.pure[serial]))
        await self.shop.carry_out(self.operation, self.ids[serial], command, self.now)

    def _play(self, serial: str, first: Decision) -> None:
        for decision in follow(*RULES, first, self.now):
            self.pure[serial] = decision.state
            self.facts[serial] += decision.facts

    async def advance(self, hours: int) -> None:
        """Let time pass; what falls due on the way is decided at its instant, in both."""
        end = self.now + timedelta(hours=hours)
        while True:
            due = [(timer.due, 1, s, DelayDue(timer)) for s, state in self.pure.items() for timer in state.timers]
            instant = OPERATION.instant(MATRIX.trigger["t7"])
            if self.now < instant:
                due += [(instant, 0, serial, InstantReached("t7")) for serial in self.pure]
            due = [one for one in due if one[0] <= end]
            if not due:
                break
            at, kind = min(one[:2] for one in due)
            self.now = max(at, self.now)
            for serial, cause in [(one[2], one[3]) for one in due if one[:2] == (at, kind)]:
                await self.decide(serial, lambda state, cause=cause: decide(*RULES, state, cause, self.now))
        self.now = end

    async def step(self, act: str, serial: str, device: str, amount: int) -> None:
        pass_id, now = self.ids[serial], self.now
        state, run = self.pure[serial], self.shop.database.run
        client = self.shop.client_id
        if act in ("use", "back"):
            name, data = ("coupon.used", {"amount": amount}) if act == "use" else ("coupon.back", {})
            try:
                cause = accept_event(*RULES, name, data, now)
            except OperationEnded:
                return
            await self.decide(serial, lambda s: decide(*RULES, s, cause, now))
        elif act == "edit" and not state.voided:
            await self.decide(serial, lambda s: edit(*RULES, s, {"points": amount * 3}, now))
        elif act == "void":
            await self.decide(serial, lambda s: void(*RULES, s, now))
        elif act == "open":
            self._play(serial, display(*RULES, state, "apple", now))
            await run(client, lambda unit: phones.display(unit, self.operation, pass_id, "apple", now))
        elif act == "add":
            self._play(serial, register(*RULES, state, Holding("apple", device), now))
            await run(client, lambda unit: phones.register(unit, self.operation, pass_id, device, "t", now))
        elif act == "delete":
            self._play(serial, unregister(*RULES, state, Holding("apple", device), now))
            await run(client, lambda unit: phones.unregister(unit, self.operation, pass_id, device, now))
        elif act in ("save", "del"):
            command = register if act == "save" else unregister
            self._play(serial, command(*RULES, state, Holding("google", "google"), now))
            event: Any = act
            nonce = str(next(_nonces))
            await run(client, lambda unit: phones.google_told(unit, self.operation, pass_id, event, nonce, now))

    async def compare(self) -> None:
        async with self.shop.database.reading(self.shop.client_id) as unit:
            facts = await unit.connection.execute(
                select(FactRow.__table__).where(FactRow.operation_id == self.operation).order_by(FactRow.number)
            )
            told = facts.all()
            registrations = (await unit.connection.execute(select(RegistrationRow.pass_id))).scalars().all()
            history = (await unit.connection.execute(select(ValueHistoryRow.__table__))).all()
            rows = {row.id: row for row in (await unit.connection.execute(select(PassRow.__table__))).all()}
            assert await recount(unit, self.shop.client_id, self.operation) == []
            stored = await stored_days(unit, self.shop.client_id, self.operation)
        for serial, pass_id in self.ids.items():
            pure, kept = self.pure[serial], await self.shop.state(self.operation, pass_id)
            assert _plain(kept) == _plain(pure)
            own = [fact for fact in told if fact.pass_id == pass_id]
            assert [fact.number for fact in own] == list(range(1, rows[pass_id].fact_count + 1))
            assert [_stored_fact(fact) for fact in own] == [_pure_fact(fact) for fact in self.facts[serial]]
            assert registrations.count(pass_id) == sum(holding.wallet == "apple" for holding in pure.holdings)
            changes = sum(fact.name == "pass.changed" for fact in own)
            assert sum(row.pass_id == pass_id for row in history) == changes
        expected: dict[Bucket, Counts] = {}
        for key, counts in fold(self._all_facts(), OPERATION.tz).items():
            expected[_bucket(key)] = expected.get(_bucket(key), NOTHING) + counts
        assert {key: counts for key, counts in stored.items() if counts != NOTHING} == {
            key: counts for key, counts in expected.items() if counts != NOTHING
        }

    def _all_facts(self) -> Iterator[Fact]:
        for facts in self.facts.values():
            yield from facts


def _bucket(key: Key) -> Bucket:
    return Bucket(key.day, key.model, key.wallet, key.source)


def _plain(state: Pass) -> Any:
    """A pass without what has another form in the database: names of devices, the order of delays."""
    timers = sorted(state.timers, key=lambda timer: (timer.trigger, timer.due, timer.anchored_at, str(timer.event)))
    holdings = sorted(holding.wallet for holding in state.holdings)
    return replace(state, timers=tuple(timers), holdings=frozenset()), holdings


def _stored_fact(row: Any) -> tuple[Any, ...]:
    return row.name, row.wallet, row.model, row.occurred_at, row.recorded_at, row.data


def _pure_fact(fact: Fact) -> tuple[Any, ...]:
    data = json.loads(json.dumps(to_json(fact.data)))
    return fact.name, fact.wallet, fact.model, fact.occurred_at, fact.recorded_at, data


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_the_database_agrees_with_the_pure_lifecycle(database: Database, shop: Shop, steps: list[Any]) -> None:
    both = Both(shop, await shop.open(MATRIX, OPERATION, START))
    for serial in SERIALS:
        await both.issue(serial)
    for act, serial, device, amount, hours in steps:
        await both.advance(hours)
        await both.step(act, serial, device, amount)
    await both.advance(60)
    await both.compare()
