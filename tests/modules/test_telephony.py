"""Carriers by their contract, cards that mirror lines, and no way round in circles."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from walletpass.errors import ApiUnreachable, UsageError
from walletpass.hooks import MAX_CHAIN, Cause, Event
from walletpass.telephony import (
    CarrierAdapter,
    CarrierEvent,
    FileCarrier,
    LineCommand,
    LineSwitch,
    LogCarrier,
    MemoryCarrier,
    mirror,
)
from walletpass.testing.platform import FakePlatform

AT = datetime(2027, 3, 20, 8, tzinfo=UTC)


async def holder_of(line: str) -> str | None:
    return None if line == "L-0" else line.replace("L", "K")


async def line_of(held: Mapping[str, Any]) -> str | None:
    return str(held["external_id"]).replace("K", "L")


def moved(trigger: str = "lost", chain: tuple[str, ...] = ()) -> Event:
    return Event(
        type="pass.model_changed", id="evt_7_9", timestamp=AT, client="shop", sequence=9,
        cause=Cause("trigger", trigger, chain),
        data={"pass": {"id": 7, "external_id": "K-7"}, "to_model": "suspended", "trigger": trigger},
    )  # fmt: skip


def switch(carrier: CarrierAdapter) -> LineSwitch:
    return LineSwitch(carrier, line_of, {"suspended": "suspend"}, by=frozenset({"lost"}))


@pytest.fixture(params=["memory", "log", "file"])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> CarrierAdapter:
    made = {"memory": MemoryCarrier, "log": LogCarrier, "file": lambda: FileCarrier(tmp_path)}
    adapter: CarrierAdapter = made[request.param]()
    return adapter


async def test_the_same_command_again_is_one_command(carrier: CarrierAdapter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    command = LineCommand(id="c-1", line="L-7", kind="swap_sim", data={"iccid": "8933000000000000001"})
    first, again = await carrier.execute(command), await carrier.execute(command)
    assert first == again
    assert first.state == "sent"
    assert [event async for event in carrier.poll()] == []
    assert list(carrier.cdr_files(AT)) == []
    assert "8933" not in caplog.text + repr(command)


async def test_a_line_moves_its_card_there_and_back_and_one_without_a_card_moves_none() -> None:
    carrier, platform = MemoryCarrier(), FakePlatform()
    for n, (type_, line) in enumerate(
        [("line.suspended", "L-7"), ("line.suspended", "L-0"), ("line.reactivated", "L-7")]
    ):
        carrier.events.append(CarrierEvent(id=f"e{n}", type=type_, line=line, at=AT))
    assert await mirror(carrier, platform, holder_of) == 2
    assert [(told.type, told.subject, told.key) for told in platform.told] == [
        ("line.suspended", {"external_id": "K-7"}, "memory-e0"),
        ("line.reactivated", {"external_id": "K-7"}, "memory-e2"),
    ]
    assert await mirror(carrier, platform, holder_of) == 0


async def test_what_the_platform_did_not_take_comes_next_time_in_order(tmp_path: Path) -> None:
    carrier, platform = FileCarrier(tmp_path), FakePlatform()
    for n, type_ in enumerate(["line.suspended", "line.reactivated"]):
        event = {"type": type_, "line": "L-7", "at": AT.isoformat(), "cause": "evt_7_9"}
        (tmp_path / f"events/{n}.json").write_text(json.dumps(event))
    platform.faults.append(ApiUnreachable("down"))
    with pytest.raises(ApiUnreachable):
        await mirror(carrier, platform, holder_of)
    assert await mirror(carrier, platform, holder_of) == 2
    assert [(told.type, told.cause) for told in platform.told] == [
        ("line.suspended", "evt_7_9"),
        ("line.reactivated", "evt_7_9"),
    ]
    (tmp_path / "events/3.json").write_text("{}")
    with pytest.raises(UsageError, match=r"3\.json"):
        await mirror(carrier, platform, holder_of)


async def test_a_card_that_its_holder_blocked_commands_the_carrier_once() -> None:
    carrier = MemoryCarrier()
    await switch(carrier)(moved())
    await switch(carrier)(moved())
    (command,) = carrier.commands.values()
    assert (command.kind, command.line, command.cause) == ("suspend", "L-7", "evt_7_9")


async def test_a_move_that_mirrors_a_line_or_answers_too_many_answers_commands_nothing() -> None:
    carrier = MemoryCarrier()
    await switch(carrier)(moved("suspended"))
    await switch(carrier)(moved(chain=tuple(f"evt_1_{n}" for n in range(MAX_CHAIN))))
    assert carrier.commands == {}


async def test_an_unsafe_id_is_no_command_in_a_file(tmp_path: Path) -> None:
    ack = await FileCarrier(tmp_path).execute(LineCommand(id="../x", line="L-7", kind="suspend"))
    assert ack.state == "rejected"
    assert list((tmp_path / "commands").iterdir()) == []


def test_call_records_come_as_they_were_delivered(tmp_path: Path) -> None:
    carrier = FileCarrier(tmp_path)
    (tmp_path / "cdr/2027-03.csv").write_text("call")
    (found,) = carrier.cdr_files(datetime(2020, 1, 1, tzinfo=UTC))
    assert (found.name, found.path.read_text()) == ("2027-03.csv", "call")
    assert list(carrier.cdr_files(datetime(2999, 1, 1, tzinfo=UTC))) == []
