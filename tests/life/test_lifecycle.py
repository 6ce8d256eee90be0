"""Design §5, line by line: what moves a pass, what does not, and in which order."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from walletpass.errors import (
    EventError,
    InstantPassed,
    OperationClosed,
    OperationEnded,
    OperationError,
    PassVoid,
    ValuesError,
)
from walletpass.lifecycle import (
    Decision,
    DelayDue,
    EventHappened,
    Holding,
    InstantReached,
    Pass,
    accept_event,
    constants,
    decide,
    edit,
    follow,
    issue,
    register,
    unregister,
    void,
)
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.testing.life import END, START, small_matrix, small_operation
from walletpass.values import Money

USED = {"coupon.used": {"amount": "number", "store": "text"}}
ON = {"from": "a", "to": "b", "on": "coupon.used"}
DATA = {"amount": 12, "store": "Lyon"}
NOON = START + timedelta(hours=3)
HOUR = timedelta(hours=1)


class Life:
    """One pass under one Matrix, told what happens to it."""

    def __init__(
        self, matrix: Matrix, operation: Operation | None = None, values: dict[str, Any] | None = None
    ) -> None:
        self.matrix = matrix
        self.operation = operation or small_operation()
        self.decisions: list[Decision] = []
        self.do(issue(self.matrix, self.operation, "C-1", values or {}, START), START)

    @property
    def state(self) -> Pass:
        return self.decisions[-1].state

    @property
    def facts(self) -> list[str]:
        return [fact.name for decision in self.decisions for fact in decision.facts]

    @property
    def moves(self) -> list[str]:
        return [decision.transition.trigger for decision in self.decisions if decision.transition]

    def do(self, decision: Decision, now: datetime) -> Decision:
        """The Decision, and all it causes."""
        self.decisions += follow(self.matrix, self.operation, decision, now)
        return decision

    def event(self, name: str = "coupon.used", at: datetime = NOON, **data: Any) -> Decision:
        fields = self.matrix.events[name]
        given = {name: value for name, value in {**DATA, **data}.items() if name in fields}
        happened = accept_event(self.matrix, self.operation, name, given, at)
        return self.do(decide(self.matrix, self.operation, self.state, happened, at), at)

    def add(self, at: datetime = START, wallet: Any = "apple", device: str = "d1") -> Decision:
        return self.do(register(self.matrix, self.operation, self.state, Holding(wallet, device), at), at)

    def edit(self, at: datetime = NOON, **values: Any) -> Decision:
        return self.do(edit(self.matrix, self.operation, self.state, values, at), at)

    def instant(self, trigger: str, at: datetime) -> Decision:
        return self.do(decide(self.matrix, self.operation, self.state, InstantReached(trigger), at), at)

    def due(self, at: datetime, number: int = 0) -> Decision:
        timer = self.state.timers[number]
        return self.do(decide(self.matrix, self.operation, self.state, DelayDue(timer), at), at)


# at


def test_at_moves_a_pass_when_its_instant_is_reached_and_not_before() -> None:
    life = Life(small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "operation.ends_at"}]))
    assert (life.instant("t0", END - HOUR).why, life.instant("t0", END).why, life.state.model) == (
        "not-due",
        "moved",
        "b",
    )


def test_at_is_a_level_a_pass_issued_after_the_instant_moves_at_once() -> None:
    matrix = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "2027-02-01T10:00"}])
    assert Life(matrix).state.model == "b"


def test_at_is_a_level_a_pass_entering_its_model_after_the_instant_moves_at_once() -> None:
    matrix = small_matrix(["a", "b", "c"], [ON, {"from": "b", "to": "c", "at": "2027-03-01T10:00"}], USED)
    life = Life(matrix)
    life.event(at=NOON)
    assert (life.moves, life.state.model) == (["t0", "t1"], "c")


def test_at_moves_a_pass_at_most_once() -> None:
    matrix = small_matrix(
        ["a", "b"],
        [{"from": "a", "to": "b", "at": "2027-03-01T10:00"}, {"from": "b", "to": "a", "on": "coupon.used"}],
        USED,
    )
    life = Life(matrix)
    life.instant("t0", NOON)
    life.event(at=NOON + HOUR)
    assert (life.state.model, life.instant("t0", NOON + 2 * HOUR).why) == ("a", "already-fired")


def test_an_instant_moved_before_it_is_due_counts_from_the_operation() -> None:
    matrix = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "operation.ends_at"}])
    moved = small_operation().with_instant(matrix.triggers[0], datetime(2027, 4, 1, 10), START)
    assert moved.instant(matrix.triggers[0]) == datetime(2027, 4, 1, 8, tzinfo=UTC)


def test_a_due_instant_can_no_longer_be_moved() -> None:
    matrix = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "2027-03-01T10:00"}])
    with pytest.raises(InstantPassed, match="can no longer be moved"):
        small_operation().with_instant(matrix.triggers[0], NOON + 99 * HOUR, NOON)


def test_an_instant_cannot_be_moved_into_the_past() -> None:
    matrix = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "operation.ends_at"}])
    with pytest.raises(OperationError, match="in the past"):
        small_operation().with_instant(matrix.triggers[0], START, NOON)


# on


def test_on_moves_a_pass_and_sets_values_from_the_event() -> None:
    matrix = small_matrix({"a": {}, "b": {"store": "text"}}, [{**ON, "set": {"store": "event.store"}}], USED)
    life = Life(matrix)
    decision = life.event()
    assert (life.state.model, life.state.values, life.state.version) == ("b", {"store": "Lyon"}, 2)
    assert [fact.name for fact in decision.facts] == ["coupon.used", "pass.moved", "pass.changed"]


def test_on_decides_by_the_pass_as_it_is_now_a_second_event_moves_nothing() -> None:
    life = Life(small_matrix(["a", "b"], [ON], USED))
    life.event()
    assert (life.event().why, life.state.version) == ("nobody-waits", 2)


def test_a_false_condition_leaves_the_pass_where_it_is() -> None:
    life = Life(small_matrix(["a", "b"], [{**ON, "when": "event.amount >= 20"}], USED))
    assert (life.event().why, life.state.model) == ("condition-false", "a")


def test_a_condition_that_fails_leaves_the_pass_unmoved_and_says_so() -> None:
    matrix = small_matrix(
        {"a": {"x": {"type": "number", "required": False}}, "b": {}},
        [{**ON, "when": "pass.x > 3", "priority": 1}, {**ON, "priority": 2}], USED,
    )  # fmt: skip
    life = Life(matrix)
    decision = life.event()
    assert (decision.why, life.state.model, life.facts[-1]) == ("failed", "a", "trigger.failed")
    assert "x has no value" in decision.detail


def test_a_value_that_does_not_fit_its_variable_leaves_the_pass_unmoved() -> None:
    variables = {"store": {"type": "text", "max_length": 3, "default": "-"}}
    life = Life(small_matrix({"a": {}, "b": variables}, [{**ON, "set": {"store": "event.store"}}], USED))
    assert (life.event().why, dict(life.state.values)) == ("failed", {})


def test_an_instant_that_fails_on_a_pass_has_had_its_turn_with_it() -> None:
    values = {"a": {"x": {"type": "number", "required": False}}, "b": {}}
    life = Life(small_matrix(values, [{"from": "a", "to": "b", "at": "2027-03-01T10:00", "when": "pass.x > 3"}]))
    assert [life.instant("t0", NOON + n * HOUR).why for n in range(2)] == ["failed", "already-fired"]
    assert life.facts.count("trigger.failed") == 1


def test_an_operation_wide_event_covers_the_passes_issued_before_it_was_accepted() -> None:
    life = Life(small_matrix(["a", "b"], [ON], USED))
    earlier = EventHappened(event="coupon.used", data=DATA, occurred_at=START - HOUR, accepted_at=START - HOUR)
    assert decide(life.matrix, life.operation, life.state, earlier, NOON).why == "issued-later"


def test_of_two_triggers_the_lowest_priority_number_goes_first() -> None:
    triggers = [{"from": "a", "to": "c", "on": "coupon.used", "priority": 2}, {**ON, "priority": 1}]
    life = Life(small_matrix(["a", "b", "c"], triggers, USED))
    life.event()
    assert life.state.model == "b"


def test_the_next_trigger_has_its_turn_when_the_first_condition_is_false() -> None:
    triggers = [
        {"from": "a", "to": "c", "on": "coupon.used", "priority": 2},
        {**ON, "priority": 1, "when": "event.amount > 99"},
    ]
    life = Life(small_matrix(["a", "b", "c"], triggers, USED))
    life.event()
    assert life.state.model == "c"


CHANGED = {"from": "a", "to": "b", "on": "pass.changed", "when": "pass.points >= 100"}
POINTS = {"points": {"type": "number", "default": 0}}


def test_pass_changed_fires_on_the_false_to_true_edge_only() -> None:
    back = {"from": "b", "to": "a", "on": "coupon.used"}
    life = Life(small_matrix({"a": POINTS, "b": POINTS}, [CHANGED, back], USED))
    life.edit(points=50)
    life.edit(points=120)
    life.event()
    models = [life.state.model]
    life.edit(points=130)
    models.append(life.state.model)
    life.edit(points=20)
    life.edit(points=110)
    assert ([*models, life.state.model], life.moves) == (["a", "a", "b"], ["t0", "t1", "t0"])


def test_issuing_counts_as_the_first_change() -> None:
    assert Life(small_matrix({"a": POINTS, "b": POINTS}, [CHANGED]), values={"points": 100}).state.model == "b"


def test_values_set_by_a_trigger_are_a_change_too() -> None:
    earn = {"from": "a", "to": "a", "on": "coupon.used", "set": {"points": "pass.points + event.amount"}}
    life = Life(small_matrix({"a": POINTS, "b": POINTS}, [earn, CHANGED], USED), values={"points": 95})
    life.event()
    assert (life.state.values["points"], life.moves) == (107, ["t0", "t1"])


def test_money_is_reckoned_exactly() -> None:
    balance = {"balance": {"type": "money", "currency": "EUR"}}
    spend = {"from": "a", "to": "a", "on": "spent", "set": {"balance": "pass.balance - event.price"}}
    matrix = small_matrix({"a": balance}, [spend], {"spent": {"price": "money"}})
    life = Life(matrix, values={"balance": "20.00"})
    happened = accept_event(matrix, life.operation, "spent", {"price": "0.10 EUR"}, NOON)
    for _ in range(3):
        life.do(decide(matrix, life.operation, life.state, happened, NOON), NOON)
    assert life.state.values["balance"] == Money(Decimal("19.70"), "EUR")


# after


def after(delay: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"from": "a", "to": "b", "after": {"event": "pass.added", "delay": delay or {"hours": 1}, **changes}}


def test_after_is_due_a_delay_after_the_event_occurred() -> None:
    life = Life(small_matrix(["a", "b"], [after({"days": 3, "unit": "calendar", "at": "09:00"})]))
    life.add(NOON)
    assert life.state.timers[0].due == datetime(2027, 3, 4, 8, tzinfo=UTC)
    assert (life.due(NOON + HOUR).why, life.due(datetime(2027, 3, 4, 8, tzinfo=UTC)).why) == ("not-due", "moved")


def test_after_counts_from_when_the_event_occurred_not_from_when_it_came_in() -> None:
    trigger = {"from": "a", "to": "b", "after": {"event": "coupon.used", "delay": {"hours": 1}}}
    life = Life(small_matrix(["a", "b"], [trigger], USED))
    happened = accept_event(life.matrix, life.operation, "coupon.used", DATA, NOON, occurred_at=NOON - 2 * HOUR)
    life.do(decide(life.matrix, life.operation, life.state, happened, NOON), NOON)
    assert life.state.timers[0].due == NOON - HOUR


def test_after_is_armed_whatever_the_model_and_checked_against_it_when_due() -> None:
    trigger = {"from": "b", "to": "c", "after": {"event": "pass.added", "delay": {"hours": 1}}}
    life = Life(small_matrix(["a", "b", "c"], [ON, trigger], USED))
    life.add()
    elsewhere = decide(life.matrix, life.operation, life.state, DelayDue(life.state.timers[0]), NOON)
    life.event(at=START + HOUR / 2)
    assert (elsewhere.why, elsewhere.facts[0].name) == ("elsewhere", "trigger.skipped")
    assert (life.due(NOON).why, life.state.model) == ("moved", "c")


def test_leaving_the_model_drops_the_delay_a_self_loop_does_not() -> None:
    loop = {"from": "a", "to": "a", "on": "pass.displayed"}
    life = Life(small_matrix(["a", "b", "c"], [after(), {**ON, "to": "c"}, loop], USED))
    life.add()
    happened = EventHappened(event="pass.displayed", occurred_at=START, accepted_at=START)
    life.do(decide(life.matrix, life.operation, life.state, happened, START), START)
    running = len(life.state.timers)
    decision = life.event()
    assert (running, len(decision.dropped), life.state.timers) == (1, 1, ())


def test_first_arms_once() -> None:
    life = Life(small_matrix(["a", "b"], [after()]))
    life.add(START)
    life.do(unregister(life.matrix, life.operation, life.state, Holding("apple", "d1"), START), START)
    life.add(START + HOUR)
    assert [timer.due for timer in life.state.timers] == [START + HOUR]


def test_after_a_cancel_the_next_anchor_arms_anew_even_under_first() -> None:
    life = Life(small_matrix(["a", "b"], [after(cancel={"event": "coupon.used"})], USED))
    life.add(START)
    cancelled = life.event(at=START)
    life.add(START + HOUR, wallet="google")
    assert (len(cancelled.dropped), [timer.due for timer in life.state.timers]) == (1, [START + 2 * HOUR])


def test_a_cancel_with_a_condition_calls_off_only_when_it_holds() -> None:
    life = Life(small_matrix(["a", "b"], [after(cancel={"event": "coupon.used", "when": "event.amount > 10"})], USED))
    life.add(START)
    life.event(at=START, amount=3)
    kept = len(life.state.timers)
    life.event(at=START, amount=30)
    assert (kept, len(life.state.timers)) == (1, 0)


def used_after(rearm: str) -> Life:
    trigger = {"from": "a", "to": "b", "after": {"event": "coupon.used", "delay": {"hours": 1}, "rearm": rearm}}
    return Life(small_matrix(["a", "b"], [trigger], USED))


def test_restart_replaces_the_running_delay() -> None:
    life = used_after("restart")
    life.event(at=START)
    decision = life.event(at=START + HOUR / 2)
    assert (len(decision.dropped), [timer.due for timer in life.state.timers]) == (1, [START + 1.5 * HOUR])


def test_each_adds_up_to_sixteen_pending() -> None:
    life = used_after("each")
    for minute in range(17):
        life.event(at=START + timedelta(minutes=minute))
    assert (len(life.state.timers), life.facts[-1]) == (16, "trigger.skipped")


def test_a_delay_remembers_the_data_of_its_anchor_as_far_as_it_reads_them() -> None:
    trigger = {
        "from": "a", "to": "b", "set": {"store": "event.store"},
        "after": {"event": "coupon.used", "delay": {"hours": 1}},
    }  # fmt: skip
    life = Life(small_matrix({"a": {}, "b": {"store": "text"}}, [trigger], USED))
    life.event(at=START)
    remembered = life.state.timers[0].event
    life.due(NOON)
    assert (remembered, life.state.values) == ({"store": "Lyon"}, {"store": "Lyon"})


def test_a_delay_called_off_meanwhile_does_nothing() -> None:
    life = Life(small_matrix(["a", "b"], [after(cancel={"event": "coupon.used"})], USED))
    life.add(START)
    timer = life.state.timers[0]
    life.event(at=START)
    assert decide(life.matrix, life.operation, life.state, DelayDue(timer), NOON).why == "timer-gone"


def test_what_fell_due_in_downtime_fires_late_once() -> None:
    life = Life(small_matrix(["a", "b"], [after()]))
    life.add(START)
    timer = life.state.timers[0]
    late = END - HOUR
    assert life.do(decide(life.matrix, life.operation, life.state, DelayDue(timer), late), late).why == "moved"
    assert decide(life.matrix, life.operation, life.state, DelayDue(timer), late).why == "timer-gone"


# chains


def test_what_a_transition_causes_is_decided_next_as_a_new_cause() -> None:
    following = {"from": "b", "to": "c", "on": "pass.moved", "when": "event.trigger == 't0'"}
    life = Life(small_matrix(["a", "b", "c"], [ON, following], USED))
    first = life.event()
    assert (first.state.model, first.causes[0].chain, life.state.model) == ("b", ("t0",), "c")


def test_a_chain_ends_after_eight_triggers() -> None:
    names = [f"m{n}" for n in range(11)]
    links = [{"from": one, "to": other, "on": "pass.moved"} for one, other in pairwise(names[1:])]
    life = Life(small_matrix(names, [{"from": "m0", "to": "m1", "on": "coupon.used"}, *links], USED))
    life.event()
    assert (len(life.moves), life.state.model, life.facts[-1]) == (8, "m8", "trigger.skipped")


def test_a_trigger_never_takes_the_same_pass_twice_in_one_chain() -> None:
    matrix = small_matrix(["a", "b"], [ON], USED)
    life = Life(matrix)
    again = EventHappened(event="coupon.used", data=DATA, occurred_at=NOON, accepted_at=NOON, chain=("t0",))
    assert decide(matrix, life.operation, life.state, again, NOON).why == "already-in-chain"


# period


def test_outside_the_period_no_pass_is_issued_and_the_reason_is_given() -> None:
    matrix, operation = small_matrix(["a"]), small_operation()
    with pytest.raises(OperationClosed, match="opens on 2027-03-01 09:00"):
        issue(matrix, operation, "C-1", {}, START - HOUR)
    with pytest.raises(OperationClosed, match="ended on 2027-05-01 10:00"):
        issue(matrix, operation, "C-1", {}, END)


def test_a_full_operation_issues_no_more() -> None:
    with pytest.raises(OperationClosed, match="all 3 passes"):
        small_operation(limits={"passes": 3}).admit(START, issued=3)


def test_after_the_end_events_are_refused_unless_there_is_a_grace() -> None:
    matrix = small_matrix(["a", "b"], [ON], USED)
    with pytest.raises(OperationEnded, match="events are refused"):
        accept_event(matrix, small_operation(), "coupon.used", DATA, END)
    graceful = small_operation(grace={"days": 2, "unit": "calendar"})
    assert accept_event(matrix, graceful, "coupon.used", DATA, END).event == "coupon.used"


def test_after_the_end_at_fires_and_later_afters_are_skipped() -> None:
    triggers = [{"from": "a", "to": "a", "at": "operation.ends_at"}, after({"days": 70, "unit": "calendar"})]
    life = Life(small_matrix(["a", "b"], triggers))
    life.add(START)
    assert life.instant("t0", END).why == "moved"
    late = life.state.timers[0].due
    assert (life.due(late).why, life.facts[-1], life.state.model) == ("operation-ended", "trigger.skipped", "a")


def test_edits_and_voiding_go_on_after_the_end() -> None:
    life = Life(small_matrix({"a": POINTS}, []))
    life.edit(at=END + HOUR, points=5)
    life.do(void(life.matrix, life.operation, life.state, END + HOUR), END + HOUR)
    assert (life.state.values, life.state.voided, life.state.version) == ({"points": 5}, True, 3)


# void, re-adding, editing


def test_no_trigger_moves_a_void_pass() -> None:
    triggers = [ON, {"from": "a", "to": "b", "at": "operation.ends_at"}, after()]
    life = Life(small_matrix(["a", "b"], triggers, USED))
    life.add()
    timer = life.state.timers[0]
    decision = life.do(void(life.matrix, life.operation, life.state, NOON, "stolen"), NOON)
    assert (decision.dropped, life.state.timers, life.facts[-1]) == ((timer,), (), "pass.voided")
    assert (life.event().why, life.instant("t1", END).why, life.state.model) == ("void", "void", "a")


def test_void_is_final_and_its_values_stay() -> None:
    life = Life(small_matrix({"a": POINTS}))
    life.do(void(life.matrix, life.operation, life.state, NOON), NOON)
    again = void(life.matrix, life.operation, life.state, NOON)
    assert (again.facts, again.state) == ((), life.state)
    with pytest.raises(PassVoid, match="is void"):
        edit(life.matrix, life.operation, life.state, {"points": 3}, NOON)


def test_adding_again_is_the_same_pass_told_as_not_the_first_time() -> None:
    life = Life(small_matrix(["a"]))
    life.add()
    life.do(unregister(life.matrix, life.operation, life.state, Holding("apple", "d1"), NOON), NOON)
    life.add(NOON, device="d2")
    told = [fact for decision in life.decisions for fact in decision.facts if fact.name == "pass.added"]
    assert [fact.data["first"] for fact in told] == [True, False]
    assert (life.state.serial, life.state.version) == ("C-1", 1)


def test_an_edit_is_checked_like_an_issue() -> None:
    life = Life(small_matrix({"a": {"n": "number"}}), values={"n": 1})
    with pytest.raises(ValuesError, match="is not a number"):
        life.edit(n="many")
    with pytest.raises(ValuesError, match="unknown variable"):
        life.edit(m=2)
    with pytest.raises(ValuesError, match="missing"):
        life.edit(n=None)
    with pytest.raises(ValuesError, match="missing"):
        issue(life.matrix, life.operation, "C-2", {}, START)


def test_an_edit_that_changes_nothing_makes_no_version() -> None:
    life = Life(small_matrix({"a": {"n": "number"}}), values={"n": 1})
    assert (life.edit(n=1).facts, life.state.version) == ((), 1)


# events from outside


@pytest.mark.parametrize(
    ("event", "data", "says"),
    [
        ("coupon.eaten", DATA, "not an event of the Matrix small; it declares: coupon.used"),
        ("pass.added", {"wallet": "apple", "first": True}, "not an event of the Matrix"),
        ("coupon.used", {"amount": 1}, "store: missing"),
        ("coupon.used", {**DATA, "amount": "12"}, "'12' is not a number"),
        ("coupon.used", {**DATA, "amount": True}, "is not a number"),
        ("coupon.used", {**DATA, "amount": float("inf")}, "is not a finite number"),
        ("coupon.used", {**DATA, "store": 3}, "is not a text"),
        ("coupon.used", {**DATA, "x": 3}, "x: not declared"),
        ("coupon.used", {**DATA, "store": "x" * 20_000}, "bytes of data"),
        ("coupon.used", {f"k{n}": 1 for n in range(101)}, "101 keys"),
    ],
)
def test_an_event_that_does_not_fit_its_declaration_is_refused(event: str, data: dict[str, Any], says: str) -> None:
    with pytest.raises(EventError, match=re.escape(says)):
        accept_event(small_matrix(["a", "b"], [ON], USED), small_operation(), event, data, NOON)


def test_an_event_may_come_from_a_clock_five_minutes_ahead_and_no_more() -> None:
    matrix, operation = small_matrix(["a", "b"], [ON], USED), small_operation()
    ahead = NOON + timedelta(minutes=5)
    assert accept_event(matrix, operation, "coupon.used", DATA, NOON, occurred_at=ahead).occurred_at == ahead
    with pytest.raises(EventError, match="in the future"):
        accept_event(matrix, operation, "coupon.used", DATA, NOON, occurred_at=ahead + timedelta(seconds=1))


# for the engine


def test_constants_are_what_a_decision_would_set() -> None:
    trigger = {"from": "a", "to": "b", "at": "operation.ends_at", "set": {"x": "'over'", "y": 3}}
    matrix = small_matrix({"a": {"x": "text", "y": "number"}, "b": {}}, [trigger])
    life = Life(matrix, values={"x": "on", "y": 1})
    life.instant("t0", END)
    assert constants(matrix.triggers[0], matrix, life.operation) == dict(life.state.values)


def test_a_decision_is_a_pure_function_of_its_arguments() -> None:
    life = Life(small_matrix(["a", "b"], [ON], USED))
    state = life.state
    happened = accept_event(life.matrix, life.operation, "coupon.used", DATA, NOON)
    once, twice = (decide(life.matrix, life.operation, state, happened, NOON) for _ in range(2))
    assert (once == twice, state, replace(once.state)) == (True, life.state, once.state)
