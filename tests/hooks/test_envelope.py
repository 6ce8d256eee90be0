"""The envelope, subscriptions, chains: the pure part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from walletpass.errors import HookLoop, UsageError
from walletpass.events import FACTS
from walletpass.hooks import (
    HIGH_VOLUME,
    MAX_CHAIN,
    PARTS,
    TYPES,
    Cause,
    Event,
    check_subscriptions,
    event_id,
    fact_of,
    follow,
    matches,
    place_of,
    read_event_id,
    tellings,
)

EVENT = Event(
    type="pass.added", id="evt_1f_8", timestamp=datetime(2027, 3, 20, 8, tzinfo=UTC), client="shop", sequence=8,
    environment="test", cause=Cause("apple.register", "", ("evt_1_4",)), data={"pass": {"id": 31}},
)  # fmt: skip


def test_the_vector_of_standard_webhooks_is_signed_as_published() -> None:
    body = '{"type":"pass.added","timestamp":"2026-02-12T09:00:00Z","data":{"pass_id":"p_1"}}'
    at = datetime.fromtimestamp(1770886800, UTC)
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    assert Webhook(secret).sign("msg_01", at, body) == "v1,UWmk88uumtHxtqLmIKLl/djOr+iBAvGeKmM+lPR5Xj0="


def test_an_envelope_is_read_as_it_was_written_and_passes_over_what_is_new() -> None:
    document = EVENT.document()
    assert document["timestamp"] == "2027-03-20T08:00:00.000Z"
    assert Event.read({**document, "later": 1}) == EVENT


@pytest.mark.parametrize(
    "broken", [{}, {"type": "a.b"}, {**EVENT.document(), "version": 2}, {**EVENT.document(), "timestamp": 5}]
)
def test_what_is_no_event_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="event"):
        Event.read(broken)


def test_every_fact_is_told_under_names_that_can_be_subscribed_to() -> None:
    data = {"from": "a", "to": "b", "trigger": "t", "kind": "on", "changed": ["x"], "reason": "edit"}
    for name in (*FACTS, "coupon.used"):
        told = tellings(name, "apple", "a", data)
        assert 0 < len(told) <= PARTS
        assert {each.type for each in told} <= set(TYPES)


@given(number=st.integers(1, 2**40), part=st.integers(0, PARTS - 1), pass_id=st.integers(0, 2**50))
@settings(max_examples=50)
def test_ids_and_places_lead_back(number: int, part: int, pass_id: int) -> None:
    place = place_of(number, part)
    assert fact_of(place) == (number, part)
    assert read_event_id(event_id(pass_id, place)) == (pass_id, place)
    assert place_of(number + 1, 0) > place_of(number, PARTS - 1)


@pytest.mark.parametrize(
    "pattern", ["*", "pass.*", "pass.added", "message.delivered", "message.*", "a.b.c", "line.x.*"]
)
def test_names_and_wildcards_can_be_subscribed_to(pattern: str) -> None:
    assert check_subscriptions([pattern, pattern]) == [pattern]


@pytest.mark.parametrize(
    "patterns",
    [[], ["pass"], ["pass.ad"], ["pas*"], ["Pass.added"], ["pass.added "], ["operation.x*"], ["x" * 99]],
)
def test_what_would_never_come_is_refused(patterns: list[str]) -> None:
    with pytest.raises(UsageError):
        check_subscriptions(patterns)


def test_wildcards_leave_out_what_comes_in_masses() -> None:
    for name in TYPES:
        assert matches(name, name)
        assert matches("*", name) == (name not in HIGH_VOLUME)
    assert matches("pass.*", "pass.added")
    assert not matches("pass.*", "passport.added")


def test_a_chain_ends() -> None:
    chain: tuple[str, ...] = ()
    for number in range(MAX_CHAIN):
        chain = follow(Event(**{**_fields(), "id": f"evt_1_{number}", "cause": Cause("event", "", chain)}))
    with pytest.raises(HookLoop, match="answer each other"):
        follow(Event(**{**_fields(), "cause": Cause("event", "", chain)}))


def _fields() -> dict[str, Any]:
    return {name: getattr(EVENT, name) for name in EVENT.__slots__}
