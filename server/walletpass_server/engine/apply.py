"""
Store what was decided: one function, for one pass or a whole chunk, in the caller's transaction.

State, variables, version, delays, history, facts, counts and outbox belong to one cause, so they are written together.
The outbox holds ids only: a sender reads the pass as it then is. Whether a Notification is shown with a version is in
`pass.notified`; one deferred to the end of quiet hours puts in a second letter that is due then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, update

from walletpass.lifecycle import Decision, Pass, Timer
from walletpass.lifecycle.values import changed_names
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.state import Stored, write_notified
from walletpass_server.engine.values import to_json
from walletpass_server.persistence import outbox
from walletpass_server.persistence.facts import Told, record
from walletpass_server.persistence.last_modified import next_last_modified
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import PassRow, TimerRow, ValueHistoryRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of a pass.

    Attributes:
        stored: The pass as it was read, locked; of a new pass, its id and nothing else of its rows.
        decisions: What `lifecycle.follow` gave, in order.
        causes: Ids of the events of hooks in answer to which it was asked, for the facts.
    """

    stored: Stored
    decisions: Sequence[Decision]
    causes: Sequence[str] = ()

    @property
    def state(self) -> Pass:
        """The pass afterwards."""
        return self.decisions[-1].state

    @property
    def updated(self) -> bool:
        """Whether phones have something new to fetch."""
        return self.state.version > self.stored.state.version

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return self.state != self.stored.state or any(decision.facts for decision in self.decisions)


Command = Callable[[Pass], Decision]
"""A command or cause of the lifecycle, with all but the pass given."""


async def apply(
    unit: Unit,
    live: LiveOperation,
    outcomes: Sequence[Outcome],
    now: datetime,
    *,
    run_id: int | None = None,
    actor: str | None = None,
) -> None:
    """
    Store the outcomes of passes of one operation. A pass to which nothing happened is not written.

    Args:
        unit: The transaction in which the passes were locked.
        live: Their operation.
        outcomes: One for each pass, at most.
        now: The server's clock, as it was decided by.
        run_id: The run that caused them.
        actor: Who asked, for the history of values; None for a Trigger.
    """
    changed = [outcome for outcome in outcomes if outcome.changed]
    if changed:
        await _update(unit, live, changed, now, run_id)
        await write_consequences(unit, live, changed, now, run_id=run_id, actor=actor)


async def write_consequences(
    unit: Unit,
    live: LiveOperation,
    outcomes: Sequence[Outcome],
    now: datetime,
    *,
    run_id: int | None = None,
    actor: str | None = None,
) -> None:
    """Everything beside the row of the pass: delays, history, facts with their counts, letters."""
    client_id = live.row.client_id
    await _write_timers(unit, live, outcomes)
    history = [row for outcome in outcomes for row in _history(client_id, outcome, now, actor)]
    if history:
        await unit.connection.execute(insert(ValueHistoryRow), history)
    await record(unit, live.row, [told for outcome in outcomes for told in _told(outcome)], run_id=run_id)
    await outbox.put(unit, [letter for o in outcomes for letter in _letters(live, o, now)], client_id=client_id)


def life_columns(state: Pass, fact_count: int) -> dict[str, Any]:
    """The columns of a pass that its life changes, but those of a version."""
    return {
        "variables": to_json(state.values),
        "model": state.model,
        "version": state.version,
        "fired": sorted(state.fired),
        "armed": sorted(state.armed),
        "displayed_under": dict(state.displayed_under),
        "added_under": dict(state.added_under),
        "notified": write_notified(state),
        "apple_holdings": sum(holding.wallet == "apple" for holding in state.holdings),
        "google_holdings": sum(holding.wallet == "google" for holding in state.holdings),
        "source": state.source,
        "fact_count": fact_count,
    }


_SAME = update(PassRow).where(PassRow.client_id == bindparam("at_client"), PassRow.id == bindparam("at_id"))
_UPDATED = _SAME.values(change=CurrentChange())


async def _update(
    unit: Unit, live: LiveOperation, outcomes: Sequence[Outcome], now: datetime, run_id: int | None
) -> None:
    """The rows of the passes: those with a new version get a new place in "what changed since", the others keep it."""
    same: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    voided: list[dict[str, Any]] = []
    for outcome in outcomes:
        stored = outcome.stored
        facts = sum(len(decision.facts) for decision in outcome.decisions)
        row = {
            "at_client": live.row.client_id, "at_id": stored.id,
            **life_columns(outcome.state, stored.fact_count + facts),
        }  # fmt: skip
        if not outcome.updated:
            same.append(row)
            continue
        row |= {
            "changed_at": now,
            "last_modified": next_last_modified(stored.last_modified, int(now.timestamp())),
            "last_run": run_id,
        }
        if outcome.state.voided and not stored.state.voided:
            voided.append(row | {"voided_at": now})
        else:
            updated.append(row)
    for rows, statement in ((same, _SAME), (updated, _UPDATED), (voided, _UPDATED)):
        if rows:
            await unit.connection.execute(statement, rows)


async def _write_timers(unit: Unit, live: LiveOperation, outcomes: Sequence[Outcome]) -> None:
    gone, new = [], []
    for outcome in outcomes:
        stored = outcome.stored
        kept = list(outcome.state.timers)
        slots: dict[str, int] = {}
        for timer, slot in zip(stored.state.timers, stored.slots, strict=True):
            slots[timer.trigger] = max(slot, slots.get(timer.trigger, -1))
            if timer in kept:
                kept.remove(timer)
            else:
                gone.append({"at_pass": stored.id, "at_trigger": timer.trigger, "at_slot": slot})
        for timer in kept:
            slots[timer.trigger] = slots.get(timer.trigger, -1) + 1
            new.append(_timer_row(live, stored.id, timer, slots[timer.trigger]))
    if gone:
        place = (
            TimerRow.client_id == live.row.client_id, TimerRow.pass_id == bindparam("at_pass"),
            TimerRow.trigger == bindparam("at_trigger"), TimerRow.slot == bindparam("at_slot"),
        )  # fmt: skip
        await unit.connection.execute(delete(TimerRow).where(*place), gone)
    if new:
        await unit.connection.execute(insert(TimerRow), new)


def _timer_row(live: LiveOperation, pass_id: int, timer: Timer, slot: int) -> dict[str, Any]:
    return {
        "client_id": live.row.client_id,
        "pass_id": pass_id,
        "trigger": timer.trigger,
        "slot": slot,
        "operation_id": live.row.id,
        "anchored_at": timer.anchored_at,
        "due_at": timer.due,
        "data": to_json(timer.event),
    }


def _history(client_id: int, outcome: Outcome, now: datetime, actor: str | None) -> Iterator[dict[str, Any]]:
    """A row for each version that changed values."""
    before = outcome.stored.state
    for decision in outcome.decisions:
        after = decision.state
        if after.version > before.version and after.values != before.values:
            old, new = before.values, after.values
            names = changed_names(old, new)
            yield {
                "client_id": client_id,
                "pass_id": outcome.stored.id,
                "version": after.version,
                "changed_at": now,
                "cause": decision.transition.trigger if decision.transition else "edit",
                "actor": actor,
                "before": to_json({name: old[name] for name in names if name in old}),
                "after": to_json({name: new[name] for name in names if name in new}),
            }
        before = after


def _told(outcome: Outcome) -> Iterator[Told]:
    chain = {"causes": list(outcome.causes)} if outcome.causes else {}
    facts = (fact for decision in outcome.decisions for fact in decision.facts)
    for number, fact in enumerate(facts, start=outcome.stored.fact_count + 1):
        yield Told(outcome.stored.id, number, fact, {**to_json(fact.data), **chain})


def _letters(live: LiveOperation, outcome: Outcome, now: datetime) -> Iterator[outbox.NewLetter]:
    """Who is to be told: each device, the object at Google, the client's hooks."""
    stored, state = outcome.stored, outcome.state
    if outcome.updated:
        keys = [
            ("google", str(stored.id)) if holding.wallet == "google" else ("apns", holding.device)
            for holding in sorted(state.holdings, key=lambda holding: (holding.wallet, holding.device))
        ]
        yield from (outbox.NewLetter(channel, key) for channel, key in keys)
        for notice in (notice for decision in outcome.decisions for notice in decision.notices):
            if notice.outcome == "deferred":
                wanted = "google" if notice.wallet == "google" else "apns"
                wake = {"pass": stored.id, "notice": notice.at.isoformat()}
                for channel, key in keys:
                    if channel == wanted:
                        name = f"{key}/{stored.id}@{notice.at:%Y%m%dT%H%M%S}"
                        yield outbox.NewLetter(channel, name, wake, delay=notice.at - now)
    if live.tells_hooks:
        facts = sum(len(decision.facts) for decision in outcome.decisions)
        if facts:
            first, last = stored.fact_count + 1, stored.fact_count + facts
            body = {"pass": stored.id, "first": first, "last": last}
            yield outbox.NewLetter("hook", f"{stored.id}:{first}", body)
