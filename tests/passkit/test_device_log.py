"""What phones complain about: kept once, under whose pass it names, within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass_server.engine import device_log
from walletpass_server.engine.device_log import AT_ONCE, LINE, LINES, Intake, latest_complaints, read_complaint
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

DEVICE = "0123456789abcdef0123456789abcdef"
REGISTER = (
    "[2027-03-01 08:00:{second:02} +0000] Register task (for device {device}, pass type pass.example.one, serial number"
    " {serial}; with web service url https://passes.example/passkit) encountered error: Server response was malformed"
)
GET = (
    "[2027-03-01 08:00:00 +0000] Get pass task (pass type pass.example.one, serial number C-1, if-modified-since"
    " (Mon, 01 Mar 2027 08:00:00 GMT); with web service url https://passes.example/passkit) encountered error: timeout"
)
ERROR = "[2027-03-01 08:00:00 +0000] Web service error for pass.example.one (https://passes.example/passkit): no"


async def post(counter: Any, *lines: object) -> int:
    return int((await counter.http.post("/passkit/v1/log", json={"logs": list(lines)})).status_code)


async def kept(counter: Any, client: int | None = None) -> list[Any]:
    async with counter.shop.database.reading(counter.shop.client_id if client is None else client) as unit:
        return await latest_complaints(unit)


async def test_the_same_complaint_of_many_phones_is_one_row(counter: Any) -> None:
    await counter.issue()
    for second in range(4):
        line = REGISTER.format(second=second, device=f"{second}{DEVICE}", serial=f"serial-of-somebody-{second}")
        assert await post(counter, line) == 200
    (row,) = await kept(counter)
    assert row.count == 4
    assert row.pass_type_identifier == "pass.example.one"
    assert DEVICE not in row.message
    assert "somebody" not in row.message
    assert "Server response was malformed" in row.message


async def test_other_complaints_are_other_rows_and_strangers_are_the_servers_own(counter: Any) -> None:
    await counter.issue()
    assert await post(counter, GET, ERROR, "something else", 5, None, "  ") == 200
    assert len(await kept(counter)) == 2
    assert [row.message for row in await kept(counter, ALL_CLIENTS)] == ["something else"]


async def test_a_log_without_lines_is_fine_and_one_that_is_none_is_refused(counter: Any) -> None:
    assert await post(counter) == 200
    for body in (b"", b"{}", b"[]", b'{"logs": "text"}', b"{" * 70_000):
        answer = await counter.http.post("/passkit/v1/log", content=body)
        assert answer.status_code in (400, 413), body[:20]


async def test_a_flood_is_answered_and_dropped(counter: Any) -> None:
    assert await post(counter, *(f"complaint {chr(97 + n)}" for n in range(LINES + 10))) == 200
    assert len(await kept(counter, ALL_CLIENTS)) <= LINES
    for _ in range(AT_ONCE // LINES + 3):
        assert await post(counter, *["the same"] * LINES) == 200
    counted = sum(row.count for row in await kept(counter, ALL_CLIENTS))
    assert counted <= AT_ONCE + LINES


async def test_only_the_newest_complaints_are_kept(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_log, "ROWS", 3)
    for letter in "abcdef":
        counter.later(seconds=1)
        await post(counter, f"complaint {letter}")
    assert [row.message for row in await kept(counter, ALL_CLIENTS)] == ["complaint f", "complaint e", "complaint d"]


@given(st.text(max_size=1200))
def test_any_line_can_be_kept(line: str) -> None:
    complaint = read_complaint(line)
    assert len(complaint.message) <= LINE
    assert complaint.message.isprintable()
    assert len(complaint.digest(1)) == 32


def test_addresses_and_secrets_are_cut() -> None:
    message = read_complaint("mail to ada@example.com failed, token Zk9fP2sQ8rT4uV6wX8yZ0aB2 refused").message
    assert message == "mail to …@… failed, token Zk9fP2sQ… refused"


async def test_room_comes_back_with_time(counter: Any) -> None:
    now = [0.0]
    intake = Intake(counter.on.writer, clock=lambda: now[0])
    for _ in range(AT_ONCE):
        await intake.take(["early"], counter.now)
    await intake.take(["dropped"], counter.now)
    now[0] += 60
    await intake.take(["late"], counter.now)
    messages = {row.message for row in await kept(counter, ALL_CLIENTS)}
    assert messages == {"early", "late"}
