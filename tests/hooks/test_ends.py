"""Passes that are no longer good: told once each, by their own end or that of their operation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from walletpass.lifecycle import EndOfValidity, Pass, end_of_validity
from walletpass.matrix import Matrix
from walletpass.testing.life import END, START, matrix_document, small_operation
from walletpass_server.engine import ends
from walletpass_server.engine.ends import tell_of_ends
from walletpass_server.engine.firing import edit_values, void_pass
from walletpass_server.engine.subjects import Subject

UNTIL = {"until": {"type": "date", "required": False}}


def _matrix() -> Matrix:
    document = matrix_document({"own": UNTIL, "fixed": UNTIL}, [{"from": "own", "to": "fixed", "on": "go"}], {"go": {}})
    document["models"]["own"]["validity"] = {"end": "{{ until }}"}
    document["models"]["fixed"]["validity"] = {"end": "2027-04-01T12:00Z"}
    return Matrix.read(document)


def _at(state: dict[str, Any], model: str = "own") -> EndOfValidity:
    matrix = _matrix()
    return end_of_validity(matrix, small_operation(), Pass(serial="C-1", model=model, issued_at=START, values=state))


def test_a_pass_is_good_until_its_model_or_its_operation_ends() -> None:
    day = datetime(2027, 3, 15).date()
    assert _at({"until": day}) == (datetime(2027, 3, 15, 23, 59, 59, tzinfo=UTC), "validity")
    assert _at({}) == (END, "operation")
    assert _at({"until": END.date() + timedelta(days=9)}) == (END, "operation")
    assert _at({}, "fixed") == (datetime(2027, 4, 1, 12, tzinfo=UTC), "validity")


@pytest.fixture
async def spring(scene: Any) -> Any:
    """The scene, with an operation whose passes end."""
    scene.operation_id = await scene.shop.open(_matrix(), small_operation(operation="ending"), START)
    return scene


async def _told(scene: Any, at: datetime) -> list[tuple[int, str]]:
    """What has been told by then: pass and reason."""
    await tell_of_ends(scene.shop.database, at)
    await scene.told()
    data = [request.event["data"] for request in scene.receiver.accepted]
    return [(each["pass"]["id"], each["reason"]) for each in data]


async def test_each_end_is_told_once_and_a_prolonged_pass_again(spring: Any) -> None:
    await spring.listen("pass.expired")
    short, long = await spring.issue(until="2027-03-15"), await spring.issue(until="2027-03-20")
    fixed = await spring.issue(until="2027-03-25")
    await spring.fire("go", fixed)
    assert await _told(spring, datetime(2027, 3, 15, 20, tzinfo=UTC)) == []
    assert await _told(spring, datetime(2027, 3, 16, tzinfo=UTC)) == [(short, "validity")]
    assert await _told(spring, datetime(2027, 3, 19, tzinfo=UTC)) == [(short, "validity")]
    prolonged = datetime(2027, 3, 19, tzinfo=UTC)
    await spring.run(
        lambda unit: edit_values(unit, Subject(pass_id=short), {"until": "2027-03-22"}, prolonged, actor="tester")
    )
    told = await _told(spring, datetime(2027, 3, 23, tzinfo=UTC))
    assert sorted(told) == sorted([(short, "validity"), (short, "validity"), (long, "validity")])
    assert (await _told(spring, datetime(2027, 4, 2, tzinfo=UTC)))[3:] == [(fixed, "validity")]
    assert len(await _told(spring, END + timedelta(days=1))) == 4


async def test_the_end_of_an_operation_ends_its_passes_but_void_ones(
    spring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "CHUNK", 2)
    await spring.listen("pass.*")
    passes = [await spring.issue() for _ in range(5)]
    await spring.run(lambda unit: void_pass(unit, Subject(pass_id=passes[0]), spring.now))
    await spring.told()
    spring.receiver.accepted.clear()
    assert await _told(spring, END - timedelta(seconds=1)) == []
    assert sorted(await _told(spring, END)) == [(pass_id, "operation") for pass_id in passes[1:]]
    assert len(await _told(spring, END + timedelta(hours=1))) == 4


async def test_what_ended_before_anybody_listened_is_not_told(spring: Any) -> None:
    pass_id = await spring.issue(until="2027-03-15")
    later = await spring.issue(until="2027-03-25")
    assert await tell_of_ends(spring.shop.database, datetime(2027, 3, 17, tzinfo=UTC)) == 0
    spring.now = datetime(2027, 3, 20, tzinfo=UTC)
    await spring.listen("trigger.*")
    assert await tell_of_ends(spring.shop.database, datetime(2027, 3, 21, tzinfo=UTC)) == 0, (
        "nobody wants to hear of it"
    )
    await spring.listen("*")
    told = await _told(spring, datetime(2027, 3, 26, tzinfo=UTC))
    assert told == [(later, "validity")], f"{pass_id} ended before"
