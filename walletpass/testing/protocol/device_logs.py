"""The log that devices write: anonymous, hence bounded."""

from __future__ import annotations

import json

from walletpass.testing.protocol.registering import LARGE
from walletpass.testing.protocol.rules import HTTP, LOG, SAFETY, RuleBook, expect
from walletpass.testing.protocol.subject import Subject

BOOK = RuleBook()
rule = BOOK.rule


async def _post(on: Subject, body: bytes, *statuses: int) -> None:
    expect(await on.client.send("POST", on.service, "/v1/log", content=body), *statuses)


@rule(LOG)
async def a_log_answers_200(on: Subject) -> None:
    """A device's log is taken with 200, without Authorization."""
    line = f"[2027-03-20 08:00:00 +0000] Web service error for {on.pass_type} ({on.service}): from the protocol suite"
    expect(await on.client.log(on.service, [line]), 200)


@rule(LOG)
async def a_log_of_several_lines_answers_200(on: Subject) -> None:
    """Several lines come at once, also twice the same."""
    expect(await on.client.log(on.service, ["one line of the protocol suite"] * 3), 200)


@rule(LOG)
async def an_empty_log_answers_200(on: Subject) -> None:
    """A log without lines is taken too."""
    expect(await on.client.log(on.service, []), 200)


@rule(LOG)
async def a_log_without_lines_member_answers_400(on: Subject) -> None:
    """A body without `logs` answers 400."""
    await _post(on, b"{}", 400)


@rule(LOG)
async def a_log_that_is_no_list_answers_400(on: Subject) -> None:
    """`logs` as one text answers 400."""
    await _post(on, b'{"logs": "a line"}', 400)


@rule(HTTP)
async def a_log_that_is_no_json_answers_400(on: Subject) -> None:
    """A body that is not JSON answers 400."""
    await _post(on, b"logs=a", 400)


@rule(SAFETY)
async def a_log_of_other_things_than_texts_breaks_nothing(on: Subject) -> None:
    """Numbers and objects among the lines are refused or left out."""
    await _post(on, b'{"logs": [1, null, {"a": []}]}', 200, 400)


@rule(SAFETY)
async def a_log_of_strange_characters_breaks_nothing(on: Subject) -> None:
    """NUL, escape sequences and half surrogates are taken or refused; they are no fault of the server."""
    await _post(on, json.dumps({"logs": ["a\0b", "\x1b[31mred", "\ud800", "a\nb"]}).encode(), 200, 400)


@rule(SAFETY)
async def a_very_long_line_breaks_nothing(on: Subject) -> None:
    """A line of 20,000 characters is cut, or refused."""
    await _post(on, json.dumps({"logs": ["a" * 20_000]}).encode(), 200, 400, 413)


@rule(SAFETY)
async def very_many_lines_break_nothing(on: Subject) -> None:
    """A thousand lines are cut, or refused."""
    lines = [f"line {number}" for number in range(1000)]
    await _post(on, json.dumps({"logs": lines}).encode(), 200, 400, 413, 429)


@rule("RFC 9110, section 15.5.14")
async def a_huge_log_answers_413(on: Subject) -> None:
    """A log of megabytes answers 413."""
    await _post(on, b'{"logs": ["' + b"a" * LARGE + b'"]}', 413)
