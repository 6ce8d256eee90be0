"""`walletpass operation cancel`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_an_operation_is_called_off_for_good(shop: Run, one_opened: str) -> None:
    assert shop("operation", "cancel", "spring-2027").out == "spring-2027: called off\n"
    assert shop("operation", "cancel", "spring-2027").code == 0
    fired = shop("event", "coupon.used", "--serial", one_opened, "--data", '{"amount": 12, "store": "Lyon"}')
    assert (fired.code, "was called off" in fired.line) == (1, True)
    assert shop("operation", "cancel", "summer").code == 1
    assert "called off" in shop("operation", "list").out
