"""When and where a pass matters: places, beacons, dates."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Limit
from pydantic import model_validator

from walletpass.model.part import Part
from walletpass.model.slots import DateTimeSlot, EndSlot
from walletpass.model.text import Text

Latitude = Annotated[float, Limit(ge=-90, le=90)]
Longitude = Annotated[float, Limit(ge=-180, le=180)]


class Place(Part):
    """A place near which the phone offers the pass."""

    latitude: Latitude
    """Degrees."""
    longitude: Longitude
    """Degrees."""
    altitude: float | None = None
    """Metres (Apple only)."""
    text: Text | None = None
    """What Apple shows on the lock screen."""


class Beacon(Part):
    """A Bluetooth beacon near which Apple offers the pass."""

    uuid: Annotated[
        str, Limit(pattern=r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$")
    ]
    """Proximity UUID."""
    major: Annotated[int, Limit(ge=0, le=65535)] | None = None
    """Major number."""
    minor: Annotated[int, Limit(ge=0, le=65535)] | None = None
    """Minor number."""
    text: Text | None = None
    """What Apple shows on the lock screen."""


class RelevantDate(Part):
    """An instant (`at`), or a span (`start` and `end`, 24 hours at most) in which the pass matters."""

    at: DateTimeSlot | None = None
    """The instant."""
    start: DateTimeSlot | None = None
    """Start of the span."""
    end: DateTimeSlot | None = None
    """End of the span."""

    @model_validator(mode="after")
    def _instant_or_span(self) -> RelevantDate:
        span = (self.start is not None, self.end is not None)
        if (self.at is not None) == all(span) or (self.at is not None and any(span)):
            raise ValueError("give either at, or start and end")
        return self


class Validity(Part):
    """From when to when the pass is good."""

    start: DateTimeSlot | None = None
    """Google only: Apple has no start."""
    end: EndSlot | None = None
    """After it both wallets move the pass to the expired ones. A day counts whole."""
