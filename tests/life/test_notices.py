"""Design §5, Caps: Google's limit, the operation's plan, quiet hours; the update itself is never held back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.lifecycle import Holding, Pass, accept_event, decide, plan_notice, quiet_until
from walletpass.operation import QuietHours
from walletpass.testing.life import START, small_matrix, small_operation

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
NOON = datetime(2027, 3, 10, 11, tzinfo=UTC)
NIGHT = datetime(2027, 3, 10, 22, 30, tzinfo=UTC)
QUIET = {"from": "21:00", "to": "08:00"}


def outcome(plan: dict[str, Any], wallet: Any, *hours_ago: float, now: datetime = NOON, essential: bool = False) -> str:
    earlier = [now - hours * HOUR for hours in hours_ago]
    notice = plan_notice(small_operation(notifications=plan), wallet, earlier, now, essential=essential)
    return f"{notice.outcome} {notice.reason}".strip()


def test_google_shows_three_in_a_rolling_day_and_no_fourth() -> None:
    assert outcome({}, "google", 1, 2, 23.9) == "suppressed google-limit"
    assert outcome({}, "google", 1, 2, 24) == "sent"


def test_apple_has_no_such_limit() -> None:
    assert outcome({}, "apple", 1, 2, 3, 4, 5) == "sent"


def test_the_plan_limits_how_many_in_all_and_how_often() -> None:
    assert outcome({"max": 2}, "apple", 100, 200) == "suppressed plan-max"
    assert outcome({"min_interval": {"hours": 20}}, "apple", 19) == "suppressed plan-interval"
    assert outcome({"min_interval": {"hours": 20}}, "apple", 20) == "sent"


def test_quiet_hours_defer_the_notice() -> None:
    notice = plan_notice(small_operation(notifications={"quiet": QUIET}), "apple", [], NIGHT)
    assert (notice.outcome, notice.at) == ("deferred", datetime(2027, 3, 11, 7, tzinfo=UTC))


def test_what_is_essential_skips_the_plan_but_not_googles_limit() -> None:
    plan = {"max": 0, "min_interval": {"hours": 20}, "quiet": QUIET}
    assert outcome(plan, "google", 1, now=NIGHT, essential=True) == "sent"
    assert outcome(plan, "google", 1, 2, 3, now=NIGHT, essential=True) == "suppressed google-limit"


def test_promised_notices_count_too() -> None:
    assert outcome({}, "google", -1, -2, -3) == "suppressed google-limit"
    assert outcome({"min_interval": {"hours": 2}}, "apple", -1) == "suppressed plan-interval"


@pytest.mark.parametrize(
    ("quiet", "now", "end"),
    [
        (QUIET, "2027-03-10T20:59", None),
        (QUIET, "2027-03-10T21:00", "2027-03-11T08:00"),
        (QUIET, "2027-03-10T07:59", "2027-03-10T08:00"),
        (QUIET, "2027-03-10T08:00", None),
        ({"from": "12:00", "to": "14:00"}, "2027-03-10T13:00", "2027-03-10T14:00"),
        ({"from": "22:00", "to": "02:30"}, "2027-03-27T23:00", "2027-03-28T03:30"),
    ],
)
def test_quiet_hours_end_at_their_hour_of_the_operations_zone(quiet: dict[str, str], now: str, end: str | None) -> None:
    found = quiet_until(QuietHours.model_validate(quiet), datetime.fromisoformat(now).replace(tzinfo=PARIS), PARIS)
    shown = found.astimezone(PARIS).replace(tzinfo=None).isoformat(timespec="minutes") if found else None
    assert shown == end


GATE = {"from": "a", "to": "a", "on": "gate.changed", "set": {"gate": "event.gate"}, "essential": True}


def test_over_the_cap_the_update_goes_out_silently_and_says_so() -> None:
    matrix = small_matrix({"a": {"gate": "text"}}, [GATE], {"gate.changed": {"gate": "text"}})
    operation = small_operation()
    state = Pass(
        serial="C-1",
        model="a",
        issued_at=START,
        values={"gate": "0"},
        holdings=frozenset({Holding("google", "g"), Holding("apple", "d")}),
    )
    for number in range(1, 5):
        happened = accept_event(matrix, operation, "gate.changed", {"gate": str(number)}, NOON)
        decision = decide(matrix, operation, state, happened, NOON)
        state = decision.state
    assert (state.values["gate"], state.version) == ("4", 5)
    assert [(n.wallet, n.outcome, n.reason) for n in decision.notices] == [
        ("apple", "sent", ""),
        ("google", "suppressed", "google-limit"),
    ]
    assert [(f.name, f.wallet) for f in decision.facts][-1] == ("notification.suppressed", "google")


def test_a_trigger_that_does_not_notify_is_silent_and_uses_up_nothing() -> None:
    matrix = small_matrix({"a": {"gate": "text"}}, [{**GATE, "essential": False}], {"gate.changed": {"gate": "text"}})
    state = Pass(
        serial="C-1", model="a", issued_at=START, values={"gate": "0"}, holdings=frozenset({Holding("apple", "d")})
    )
    happened = accept_event(matrix, small_operation(), "gate.changed", {"gate": "1"}, NOON)
    decision = decide(matrix, small_operation(), state, happened, NOON)
    assert (decision.why, decision.notices, dict(decision.state.notified)) == ("moved", (), {})


def test_a_pass_in_no_wallet_is_moved_without_a_notice() -> None:
    matrix = small_matrix({"a": {"gate": "text"}}, [GATE], {"gate.changed": {"gate": "text"}})
    state = Pass(serial="C-1", model="a", issued_at=START, values={"gate": "0"})
    happened = accept_event(matrix, small_operation(), "gate.changed", {"gate": "1"}, NOON)
    decision = decide(matrix, small_operation(), state, happened, NOON)
    assert (decision.why, decision.notices) == ("moved", ())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60 * 24 * 6), st.booleans()), max_size=30),
    st.sampled_from([None, QUIET, {"from": "02:00", "to": "23:00"}]),
)
def test_no_day_ever_sees_more_than_googles_limit(updates: list[tuple[int, bool]], quiet: Any) -> None:
    operation = small_operation(notifications={"quiet": quiet})
    shown: list[datetime] = []
    for minutes, essential in sorted(updates):
        now = NOON + timedelta(minutes=minutes)
        notice = plan_notice(operation, "google", shown, now, essential=essential)
        if notice.outcome != "suppressed":
            shown.append(notice.at)
    most = max((sum(end - 24 * HOUR < at <= end for at in shown) for end in shown), default=0)
    assert most <= 3
