"""`walletpass wallet` and `walletpass outbox list`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from walletpass_server.cli.durations import duration

Run = Callable[..., Any]


def test_a_wallet_is_stopped_for_everyone_or_one_client_and_started_again(shop: Run) -> None:
    assert shop("wallet", "list").out == "every wallet runs\n"
    assert shop("wallet", "stop", "google", "--why", "an incident").out == "google: stopped for everyone\n"
    assert shop("wallet", "stop", "apple", "--client", "shop").out == "apple: stopped for shop\n"
    stopped = shop("wallet", "list", "--json").json
    assert [(each["wallet"], each["client"], each["why"]) for each in stopped] == [
        ("apple", "shop", "stopped by hand"),
        ("google", None, "an incident"),
    ]
    assert shop("wallet", "start", "google").out == "google: started for everyone\n"
    assert shop("wallet", "start", "google").out == "google: was not stopped for everyone\n"
    assert "apple  shop  since " in shop("wallet", "list").out


def test_a_wallet_that_does_not_exist_is_a_bad_call(shop: Run) -> None:
    answer = shop("wallet", "stop", "samsung")
    assert answer.code == 2
    assert "samsung" in answer.err


def test_an_empty_outbox_says_so(shop: Run) -> None:
    assert shop("outbox", "list").out == "nothing waits\n"
    assert shop("outbox", "list", "--json").json == []


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.2, "1 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (50_000, "13 h 53 min"), (500_000, "5 d 18 h")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, says: str) -> None:
    assert duration(timedelta(seconds=seconds)) == says
