"""Boarding pass by train, bus, boat to transit. The trip is on the object: one class serves an operator."""

from __future__ import annotations

from walletpass.google.draft import Draft
from walletpass.google.images import place_logos
from walletpass.google.kinds import TRANSIT_TYPES
from walletpass.google.times import local_with_offset
from walletpass.google.types.amounts import money
from walletpass.google.types.stops import time_at
from walletpass.model.details import BoardingPassDetails

_TRIPS = {"one-way": "ONE_WAY", "round-trip": "ROUND_TRIP"}
_LEG = "object.ticketLeg"


def write(draft: Draft) -> None:
    """The structured part."""
    trip = draft.model.boarding_pass
    assert trip is not None, "a Model of this type has the section"  # noqa: S101  # the Model checks it
    draft.put("class.transitType", TRANSIT_TYPES[trip.transit], "boarding_pass.transit")
    draft.localized("class.transitOperatorName", trip.carrier or draft.model.organization, "boarding_pass.carrier")
    place_logos(draft, required=True)
    draft.put("object.tripType", _TRIPS[trip.trip], "boarding_pass.trip")
    _stops(draft, trip)
    _times(draft, trip)
    draft.plain(f"{_LEG}.carriage", trip.number, "boarding_pass.number")
    draft.plain(f"{_LEG}.platform", trip.origin.gate, "boarding_pass.origin.gate")
    draft.plain(f"{_LEG}.ticketSeat.coach", trip.coach, "boarding_pass.coach")
    draft.plain(f"{_LEG}.ticketSeat.seat", trip.seat, "boarding_pass.seat")
    draft.localized(f"{_LEG}.ticketSeat.customFareClass", trip.travel_class, "boarding_pass.travel_class")
    if trip.passenger:
        draft.put("object.passengerType", "SINGLE_PASSENGER", "")
        draft.plain("object.passengerNames", trip.passenger.name, "boarding_pass.passenger.name")
    draft.plain("object.ticketNumber", trip.ticket_number, "boarding_pass.ticket_number")
    draft.plain("object.purchaseDetails.confirmationCode", trip.confirmation, "boarding_pass.confirmation")
    draft.slot("object.purchaseDetails.ticketCost.purchasePrice", trip.price, money, "boarding_pass.price")


def _stops(draft: Draft, trip: BoardingPassDetails) -> None:
    """Google wants the two ends alike: both by name, or both by code, or both."""
    origin, destination = trip.origin.name or trip.origin.city, trip.destination.name or trip.destination.city
    named = origin is not None and destination is not None
    coded = trip.origin.code is not None and trip.destination.code is not None
    if not (named or coded):
        draft.rejected("boarding_pass.origin", "Google wants both ends by name, or both by code", "give both names")
    if named:
        draft.localized(f"{_LEG}.originName", origin, "boarding_pass.origin.name")
        draft.localized(f"{_LEG}.destinationName", destination, "boarding_pass.destination.name")
    if coded:
        draft.plain(f"{_LEG}.originStationCode", trip.origin.code, "boarding_pass.origin.code")
        draft.plain(f"{_LEG}.destinationStationCode", trip.destination.code, "boarding_pass.destination.code")


def _times(draft: Draft, trip: BoardingPassDetails) -> None:
    if trip.departs_at is None and draft.model.validity.start is None and draft.model.validity.end is None:
        draft.rejected("boarding_pass.departs_at", "Google needs the departure or a validity", "give departs_at")
    for name, value, stop, where in (
        ("departureDateTime", trip.departs_at, trip.origin, "origin"),
        ("arrivalDateTime", trip.arrives_at, trip.destination, "destination"),
    ):
        if value is not None:
            time = time_at(draft, value, stop, local_with_offset, f"boarding_pass.{where}")
            field = "boarding_pass.departs_at" if where == "origin" else "boarding_pass.arrives_at"
            draft.put(f"{_LEG}.{name}", time, field, value)
