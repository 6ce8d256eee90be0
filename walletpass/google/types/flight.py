"""Boarding pass by air to flight: one class for each flight and day."""

from __future__ import annotations

from functools import partial
from typing import Any

from walletpass.google.draft import Draft
from walletpass.google.guards import matching
from walletpass.google.images import place_logos
from walletpass.google.texts import string
from walletpass.google.times import local
from walletpass.google.types.stops import time_at
from walletpass.model.details import BoardingPassDetails, Stop
from walletpass.model.text import Text
from walletpass.render import OMIT, Fill, Hole, Values

_CARRIER = "class.flightHeader.carrier"
_GENERIC = "or ask for google.type: generic"


def write(draft: Draft) -> None:
    """The structured part."""
    trip = draft.model.boarding_pass
    assert trip is not None, "a Model of this type has the section"  # noqa: S101  # the Model checks it
    draft.exact("boarding_pass.transit")  # the type says it
    _require(draft, trip)
    _header(draft, trip)
    place_logos(draft)
    _airport(draft, trip.origin, "origin")
    _airport(draft, trip.destination, "destination")
    for path, value, stop, where in (
        ("localScheduledDepartureDateTime", trip.departs_at, trip.origin, "origin"),
        ("localBoardingDateTime", trip.boards_at, trip.origin, "origin"),
        ("localGateClosingDateTime", trip.gate_closes_at, trip.origin, "origin"),
        ("localScheduledArrivalDateTime", trip.arrives_at, trip.destination, "destination"),
    ):
        if value is not None:
            time = time_at(draft, value, stop, local, f"boarding_pass.{where}")
            draft.put(f"class.{path}", time, f"boarding_pass.{_TIMES[path]}", value)
    if trip.status:
        draft.put("class.flightStatus", trip.status.upper(), "boarding_pass.status")
    _passenger(draft, trip)


_TIMES = {
    "localScheduledDepartureDateTime": "departs_at",
    "localBoardingDateTime": "boards_at",
    "localGateClosingDateTime": "gate_closes_at",
    "localScheduledArrivalDateTime": "arrives_at",
}


def _require(draft: Draft, trip: BoardingPassDetails) -> None:
    """Reject a Model that lacks what Google requires of a flight, naming each part."""
    needed = {
        "carrier_code": trip.carrier_code,
        "number": trip.number,
        "origin.code": trip.origin.code,
        "destination.code": trip.destination.code,
        "departs_at": trip.departs_at,
        "passenger": trip.passenger,
        "confirmation": trip.confirmation or trip.ticket_number or trip.frequent_flyer,
    }
    for name, value in needed.items():
        if value is None:
            draft.rejected(
                f"boarding_pass.{name}", "missing, and Google requires it of a flight", f"give it, {_GENERIC}"
            )


def _header(draft: Draft, trip: BoardingPassDetails) -> None:
    draft.localized(f"{_CARRIER}.airlineName", trip.carrier or draft.model.organization, "boarding_pass.carrier")
    if trip.carrier_code:
        code = matching(
            draft, string(draft.writer, trip.carrier_code), "[A-Z0-9]{2,3}", "boarding_pass.carrier_code",
            "two (IATA) or three (ICAO) capital letters or digits",
        )  # fmt: skip
        for name, length in (("carrierIataCode", 2), ("carrierIcaoCode", 3)):
            own = _of_length(code, length)
            if own is not OMIT:
                draft.put(f"{_CARRIER}.{name}", own, "boarding_pass.carrier_code")
    if trip.number:
        digits = matching(
            draft, string(draft.writer, trip.number), "[0-9]{1,4}", "boarding_pass.number",
            "digits only, without the carrier's code",
        )  # fmt: skip
        draft.put("class.flightHeader.flightNumber", digits, "boarding_pass.number", trip.number)
    draft.needs("class.flightHeader", "carrier", "flightNumber")


def _airport(draft: Draft, stop: Stop, where: str) -> None:
    path, field = f"class.{where}", f"boarding_pass.{where}"
    if stop.code is None:
        return
    says = "three capital letters (IATA)"
    code = matching(draft, string(draft.writer, stop.code), "[A-Z]{3}", f"{field}.code", says)
    draft.put(f"{path}.airportIataCode", code, f"{field}.code", stop.code)
    draft.localized(f"{path}.airportNameOverride", stop.name, f"{field}.name")
    draft.plain(f"{path}.terminal", stop.terminal, f"{field}.terminal")
    draft.plain(f"{path}.gate", stop.gate, f"{field}.gate")
    draft.needs(path, "airportIataCode")


def _passenger(draft: Draft, trip: BoardingPassDetails) -> None:
    if trip.passenger:
        draft.plain("object.passengerName", trip.passenger.name, "boarding_pass.passenger.name")
    seating = "object.boardingAndSeatingInfo"
    plain: tuple[tuple[str, Text | None, str], ...] = (
        (f"{seating}.seatNumber", trip.seat, "seat"),
        (f"{seating}.seatClass", trip.travel_class, "travel_class"),
        (f"{seating}.boardingGroup", trip.group, "group"),
        (f"{seating}.sequenceNumber", trip.sequence, "sequence"),
        ("object.reservationInfo.confirmationCode", trip.confirmation, "confirmation"),
        ("object.reservationInfo.eticketNumber", trip.ticket_number, "ticket_number"),
        ("object.reservationInfo.frequentFlyerInfo.frequentFlyerNumber", trip.frequent_flyer, "frequent_flyer"),
    )
    for path, text, name in plain:
        draft.plain(path, text, f"boarding_pass.{name}")
    if trip.frequent_flyer:
        frequent = "object.reservationInfo.frequentFlyerInfo"
        program = trip.frequent_flyer_program
        draft.localized(f"{frequent}.frequentFlyerProgramName", program, "boarding_pass.frequent_flyer_program")
        draft.needs(frequent, "frequentFlyerNumber")


def _of_length(code: Any, length: int) -> Any:
    """The code when it has this many characters: IATA and ICAO codes have places of their own."""
    if isinstance(code, Hole):
        return Hole(partial(_filled_of_length, code.fill, length))
    return code if isinstance(code, str) and len(code) == length else OMIT


def _filled_of_length(fill: Fill, length: int, values: Values) -> Any:
    code = fill(values)
    return code if code is not OMIT and len(code) == length else OMIT
