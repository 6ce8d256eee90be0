"""Operation: a Matrix put in force over a period, for a client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    field_validator,
    model_validator,
)

from walletpass.calendars import Clock, Delay, instant_of
from walletpass.errors import InstantPassed, OperationClosed, OperationEnded, OperationError
from walletpass.findings import Finding, error, warning
from walletpass.matrix import Matrix
from walletpass.model.part import Part
from walletpass.model.slots import check_zone, parse_datetime
from walletpass.problems import problems
from walletpass.trigger import Name, Trigger

SOURCE = "walletpass: the rules of an Operation"

MAX_CLOCK_LEAD = timedelta(minutes=5)
"""How far ahead of the server's clock an event may say it occurred."""

Moment = Annotated[datetime, PlainValidator(parse_datetime), PlainSerializer(lambda value: value.isoformat())]
"""An ISO date and time, kept as written; without an offset it is in the zone of the Operation."""


class QuietHours(Part):
    """A span of each day without Notifications: `{from: "21:00", to: "08:00"}`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    start: Clock = Field(validation_alias="from", serialization_alias="from")
    """Its begin, in the zone of the Operation."""
    end: Clock = Field(validation_alias="to", serialization_alias="to")
    """Its end, on the next day when earlier than the begin."""

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to are the same: leave quiet out to allow every hour")
        return self


class NotificationPlan(Part):
    """How often the client means to disturb a holder (M131)."""

    max: Annotated[int, Field(ge=0, le=1000)] | None = None
    """Notifications of one pass in one wallet over the whole Operation."""
    min_interval: Delay | None = None
    """The least time between two."""
    quiet: QuietHours | None = None
    """When none is shown; it waits for the end of the span, the update itself does not."""


class Limits(Part):
    """Bounds of an Operation."""

    passes: Annotated[int, Field(ge=1)] | None = None
    """How many passes it issues at most."""


class Operation(Part):
    """
    A Matrix in force over `[starts_at, ends_at)`.

    A value: equal when its content is equal, never changed.
    """

    operation: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
    """Its name: small letters, digits, hyphens."""
    matrix: Annotated[str, Field(min_length=1, max_length=500)]
    """The Matrix: a file in the CLI, a name in the API."""
    starts_at: Moment
    """From when passes are issued."""
    ends_at: Moment
    """Until when."""
    zone: str = "Europe/Paris"
    """Its time zone: of dates without an offset, of delays, of quiet hours and of the days in reports."""
    environment: Literal["test", "production"] = "test"
    """test or production."""
    notifications: NotificationPlan = NotificationPlan()
    """The client's own limits on Notifications."""
    at: dict[Name, Moment] = Field(default_factory=dict)
    """`at` Triggers whose instant is moved: `{the-end: 2027-04-18T20:00}`."""
    limits: Limits = Limits()
    """Bounds."""
    grace: Delay | None = None
    """How long after the end events are still taken."""
    cancelled_at: Moment | None = None
    """When it was called off: from then on nothing is issued and no event is taken."""

    @classmethod
    def read(cls, document: Mapping[str, Any], *, name: str = "operation") -> Operation:
        """
        An Operation from a document; `name` is what errors call it.

        Raises:
            OperationError: One line for each fault, each saying where.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as fault:
            faults = problems(fault)
            raise OperationError(f"{name}: {'; '.join(faults)}", faults) from None

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return check_zone(value)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"ends_at {self.ends_at.isoformat()} is not after starts_at {self.starts_at.isoformat()}")
        return self

    @cached_property
    def tz(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.zone)

    @cached_property
    def start(self) -> datetime:
        """The first instant of the period, UTC."""
        return instant_of(self.starts_at, self.tz)

    @cached_property
    def end(self) -> datetime:
        """The first instant after the period, UTC."""
        return instant_of(self.ends_at, self.tz)

    @cached_property
    def events_end(self) -> datetime:
        """The first instant at which events are refused, UTC: the end, that of the grace, or when it was called off."""
        end = self.grace.after(self.end, self.tz) if self.grace else self.end
        return end if self.cancelled is None else min(end, self.cancelled)

    @cached_property
    def cancelled(self) -> datetime | None:
        """When it was called off, UTC."""
        return None if self.cancelled_at is None else instant_of(self.cancelled_at, self.tz)

    @cached_property
    def scope(self) -> Mapping[str, Any]:
        """What expressions read as `operation.x`."""
        return {"name": self.operation, "starts_at": self.start, "ends_at": self.end}

    def instant(self, trigger: Trigger) -> datetime:
        """
        When an `at` Trigger is due, UTC: as moved, else as the Matrix says.

        Raises:
            OperationError: It is not an `at` Trigger.
        """
        if trigger.at is None:
            raise OperationError(f"{trigger.name}: is no `at` Trigger, it has no instant")
        if trigger.name in self.at:
            return instant_of(self.at[trigger.name], self.tz)
        named = {"operation.starts_at": self.start, "operation.ends_at": self.end}
        return named.get(trigger.at) or instant_of(parse_datetime(trigger.at), self.tz)

    def admit(self, now: datetime, issued: int = 0) -> None:
        """
        Let a new pass be issued, or say why not.

        Args:
            now: The instant, aware.
            issued: Passes issued so far.

        Raises:
            OperationClosed: Not yet open, over, called off, or full.
        """
        if self.cancelled is not None and now >= self.cancelled:
            raise OperationClosed(f"{self.operation}: was called off on {self._shown(self.cancelled)}: no new pass")
        if now < self.start:
            raise OperationClosed(f"{self.operation}: opens on {self._shown(self.start)}: come back then")
        if now >= self.end:
            raise OperationClosed(f"{self.operation}: ended on {self._shown(self.end)}: no new pass is issued")
        if self.limits.passes is not None and issued >= self.limits.passes:
            raise OperationClosed(
                f"{self.operation}: all {self.limits.passes:,} passes are issued: raise limits.passes"
            )

    def accept(self, now: datetime) -> None:
        """
        Let an event in.

        Raises:
            OperationEnded: The period and the grace are over, or it was called off.
        """
        if now >= self.events_end:
            what = "was called off" if self.events_end == self.cancelled else "ended"
            raise OperationEnded(f"{self.operation}: {what} on {self._shown(self.events_end)}: events are refused")

    def with_instant(self, trigger: Trigger, moved_to: datetime, now: datetime) -> Operation:
        """
        The Operation with an `at` Trigger moved to another instant.

        Args:
            trigger: One of its Matrix.
            moved_to: The new instant; naive in the zone of the Operation.
            now: The instant, aware.

        Raises:
            InstantPassed: It is due already.
            OperationError: The new instant is past, or it is no `at` Trigger.
        """
        due = self.instant(trigger)
        if due <= now:
            raise InstantPassed(f"{trigger.name}: was due on {self._shown(due)} and can no longer be moved")
        if instant_of(moved_to, self.tz) <= now:
            raise OperationError(f"{trigger.name}: {moved_to.isoformat()} is in the past: choose a later instant")
        return self.model_copy(update={"at": {**self.at, trigger.name: moved_to}})

    def _shown(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.tz):%Y-%m-%d %H:%M} ({self.zone})"


def check_operation(operation: Operation, matrix: Matrix) -> list[Finding]:
    """Whether an Operation fits its Matrix."""
    found: list[Finding] = []
    for name in operation.at:
        trigger = matrix.trigger.get(name)
        if trigger is None or trigger.at is None:
            known = ", ".join(t.name for t in matrix.triggers if t.at) or "none"
            found.append(
                error("instant-unknown", f"at.{name}", f"there is no `at` Trigger {name}; there are: {known}", SOURCE)
            )
    for trigger in matrix.triggers:
        if trigger.at and not operation.start <= operation.instant(trigger) <= operation.end:
            when = operation.instant(trigger).astimezone(operation.tz).isoformat(timespec="minutes")
            says = f"{trigger.name} is due on {when}, outside the period"
            found.append(warning("instant-outside-period", f"at.{trigger.name}", says, SOURCE, "Move it with at: {…}."))
    return found
