"""Times of a trip, in the zone of the stop they belong to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from walletpass.errors import ValuesError
from walletpass.google.draft import Draft
from walletpass.google.texts import string
from walletpass.model.details import Stop
from walletpass.model.slots import check_zone
from walletpass.model.text import Reference
from walletpass.render import OMIT, Hole, Values

Form = Callable[[datetime | date, ZoneInfo, ZoneInfo], str]


def time_at(draft: Draft, value: Any, stop: Stop, form: Form, field: str) -> Any:
    """
    A time at a stop.

    Args:
        draft: Whose Model's zone reads a time without an offset, and stands in for a stop without a zone.
        value: A literal or a Reference.
        stop: Where.
        form: `times.local` or `times.local_with_offset`.
        field: The stop's place in the Model, for messages.
    """
    zone = string(draft.writer, stop.zone) if stop.zone else draft.model.zone
    if zone is OMIT:
        zone = draft.model.zone
    if not isinstance(zone, Hole) and not isinstance(value, Reference):
        return form(value, draft.model.clock, ZoneInfo(zone))
    return Hole(partial(_filled, value, zone, form, draft.model.clock, f"{field}.zone"))


def _filled(value: Any, zone: Any, form: Form, clock: ZoneInfo, field: str, values: Values) -> Any:
    moment = values.get(value.name) if isinstance(value, Reference) else value
    if not isinstance(moment, date):  # None: an optional variable
        return OMIT
    name = zone.fill(values) if isinstance(zone, Hole) else zone
    try:
        place = clock if name is OMIT else ZoneInfo(check_zone(name))
    except ValueError as fault:
        raise ValuesError({field: str(fault)}) from None
    return form(moment, clock, place)
