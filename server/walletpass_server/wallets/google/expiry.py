"""
Expiry that Google does by itself: an object whose `validTimeInterval` ended moves to the expired passes without a call.

At the end of an operation that spares one call for each pass, hours of them for many. It holds only where the expired
Model says nothing else: the same fields, the same class.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from walletpass.errors import WalletPassError
from walletpass.google import GoogleCompiler, GooglePass
from walletpass.model.variables import Value

_OF_THE_MODEL = ("classId", "state")


def is_left_to_google(
    compilers: Mapping[str, GoogleCompiler],
    new: GooglePass,
    serial: str,
    values: Mapping[str, Value],
    sent_class: str,
    now: datetime,
) -> bool:
    """
    Whether Google, by the dates it has, shows what an update would show.

    Args:
        compilers: Of the Matrix.
        new: The pass as it is now.
        serial, values: Its own; the values are those it had when it was last sent.
        sent_class: The class it was sent with.
        now: The instant.
    """
    if new.object_.get("state") != "EXPIRED" or not _has_ended(new.object_, now):
        return False
    before = next((c for c in compilers.values() if c.static_class and c.static_class["id"] == sent_class), None)
    if before is None:
        return False
    own = {name: value for name, value in values.items() if name in before.model.variables}
    try:
        old = before.compile(serial, own)
    except WalletPassError:
        return False
    return _rest(old.object_) == _rest(new.object_) and _content(old.class_) == _content(new.class_)


def _has_ended(object_: Mapping[str, Any], now: datetime) -> bool:
    end = object_.get("validTimeInterval", {}).get("end", {}).get("date")
    if not end:
        return False
    instant = datetime.fromisoformat(end)
    # Without an offset it is wall-clock time everywhere: it is over when it is over in the last zone.
    return (instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo("Etc/GMT+12"))) <= now


def _rest(object_: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in object_.items() if name not in _OF_THE_MODEL}


def _content(class_: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in class_.items() if name != "id"}
