"""Head and body of an answer leave in one write."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from walletpass_server.http.one_write import OneWrite


class Wire:
    """A transport that remembers what was written together."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def cycle() -> Any:
    return SimpleNamespace(transport=Wire(), response_started=True)


def test_the_head_waits_for_the_beginning_of_the_body(cycle: Any) -> None:
    answer = OneWrite(cycle)
    answer.write(b"head")
    assert cycle.transport.written == []
    answer.write(b"body")
    answer.write(b"more")
    assert cycle.transport.written == [b"headbody", b"more"]


def test_an_empty_body_is_a_beginning_too(cycle: Any) -> None:
    answer = OneWrite(cycle)
    answer.write(b"head")
    answer.write(b"")
    assert cycle.transport.written == [b"head"]


def test_what_comes_before_the_answer_is_not_held_back(cycle: Any) -> None:
    answer = OneWrite(cycle)
    cycle.response_started = False
    answer.write(b"100 Continue")
    cycle.response_started = True
    answer.write(b"head")
    answer.write(b"body")
    assert cycle.transport.written == [b"100 Continue", b"headbody"]


def test_an_answer_that_breaks_off_after_its_head_is_not_swallowed(cycle: Any) -> None:
    answer = OneWrite(cycle)
    answer.write(b"head")
    answer.close()
    assert (cycle.transport.written, answer.is_closing()) == ([b"head"], True)
