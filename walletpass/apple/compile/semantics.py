"""Semantic tags: the same facts as the fields, in a form the phone understands."""

from __future__ import annotations

from functools import partial
from typing import Any

from walletpass.apple.compile.dates import instants
from walletpass.apple.compile.fields import money
from walletpass.apple.compile.texts import AppleTexts
from walletpass.model.details import (
    BoardingPassDetails,
    EventTicketDetails,
    GiftCardDetails,
    LoyaltyDetails,
    Passenger,
    Seat,
    Stop,
)
from walletpass.model.pass_model import PassModel
from walletpass.model.text import Reference, Text
from walletpass.render import Needs
from walletpass.values import Money


def semantics(model: PassModel, texts: AppleTexts) -> dict[str, Any]:
    """The tags made from the details of a Model, overridden by those it names itself."""
    details = model.details
    tags: dict[str, Any] = {}
    if isinstance(details, EventTicketDetails):
        tags = _event(model, details, texts)
    elif isinstance(details, BoardingPassDetails):
        tags = _trip(model, details, texts)
    elif isinstance(details, GiftCardDetails) and details.balance is not None:
        tags = {"balance": texts.writer.slot(details.balance, money)}
    elif isinstance(details, LoyaltyDetails) and details.points and _is_money(model, details.points.balance):
        tags = {"balance": texts.writer.slot(details.points.balance, money)}
    given = {key: value for key, value in tags.items() if value is not None}
    return {**given, **texts.writer.raw(model.apple.semantics)}


_EVENT_TAGS = {
    *("name", "kind", "starts_at", "ends_at", "doors_at", "holder", "ticket_type", "performers", "genre", "price"),
    *("sport", "seat", "venue.name", "venue.region", "venue.room", "venue.entrance", "venue.phone"),
    *("venue.latitude", "venue.longitude"),
}
_TRIP_TAGS = {
    *("transit", "carrier", "number", "departs_at", "boards_at", "arrives_at", "passenger", "seat", "price", "group"),
    *("sequence", "confirmation", "frequent_flyer", "frequent_flyer_program"),
}
_FLIGHT_TAGS = _TRIP_TAGS | {"carrier_code", "travel_class", "origin", "destination"}
_RIDE_TAGS = _TRIP_TAGS | {
    "coach",
    *(f"{end}.{name}" for end in ("origin", "destination") for name in ("name", "gate", "latitude", "longitude")),
}


def tagged(model: PassModel, detail: str) -> bool:
    """Whether a tag carries a detail (`venue.name`); kept in step with the functions below by a test."""
    details = model.details
    if isinstance(details, EventTicketDetails):
        return detail in _EVENT_TAGS
    if isinstance(details, BoardingPassDetails):
        return detail in (_FLIGHT_TAGS if details.transit == "air" else _RIDE_TAGS)
    if isinstance(details, LoyaltyDetails):
        return detail == "points.balance" and details.points is not None and _is_money(model, details.points.balance)
    return isinstance(details, GiftCardDetails) and detail == "balance"


def _is_money(model: PassModel, value: object) -> bool:
    if isinstance(value, Reference):
        return value.name in model.variables and model.variables[value.name].type == "money"
    return isinstance(value, Money)


def _some(text: Text | None, texts: AppleTexts) -> Any:
    return texts.text(text) if text else None


def _pick(source: Any, texts: AppleTexts, **names: str) -> dict[str, Any]:
    """Tag name to the text of an attribute, for the attributes that are given."""
    return {tag: _some(getattr(source, name), texts) for tag, name in names.items() if getattr(source, name)}


def _event(model: PassModel, event: EventTicketDetails, texts: AppleTexts) -> dict[str, Any]:
    slot, when = texts.writer.slot, instants(model.clock)
    kind = "".join(part.capitalize() for part in event.kind.split("-"))
    tags: dict[str, Any] = {
        "eventType": f"PKEventType{kind}",
        "eventName": texts.text(event.name or model.description),
        "eventStartDate": slot(event.starts_at, when) if event.starts_at else None,
        "eventEndDate": slot(event.ends_at, when) if event.ends_at else None,
        "venueDoorsOpenDate": slot(event.doors_at, when) if event.doors_at else None,
        "performerNames": [texts.text(name) for name in event.performers] or None,
        "totalPrice": slot(event.price, money) if event.price else None,
        "seats": [seat] if event.seat and (seat := _seat(event.seat, texts)) else None,
        "venueEntranceGate": _some(event.seat.gate, texts) if event.seat else None,
        **_pick(event, texts, attendeeName="holder", genre="genre", admissionLevel="ticket_type"),
    }
    if event.venue:
        venue = event.venue
        tags |= _pick(
            venue,
            texts,
            venueName="name",
            venueRegionName="region",
            venueRoom="room",
            venueEntrance="entrance",
            venuePhoneNumber="phone",
        )
        tags["venueLocation"] = _location(venue.latitude, venue.longitude)
    if event.sport:
        tags |= _pick(
            event.sport,
            texts,
            homeTeamName="home",
            awayTeamName="away",
            homeTeamAbbreviation="home_short",
            awayTeamAbbreviation="away_short",
            leagueName="league",
            sportName="name",
        )
    return tags


def _seat(seat: Seat, texts: AppleTexts) -> dict[str, Any]:
    return _pick(seat, texts, seatSection="section", seatRow="row", seatNumber="seat", seatLevel="level")


def _location(latitude: float | None, longitude: float | None) -> dict[str, float] | None:
    if latitude is None or longitude is None:
        return None
    return {"latitude": latitude, "longitude": longitude}


def _trip(model: PassModel, trip: BoardingPassDetails, texts: AppleTexts) -> dict[str, Any]:
    slot, when = texts.writer.slot, instants(model.clock)
    tags: dict[str, Any] = {
        "transitProvider": texts.text(trip.carrier or model.organization),
        "originalDepartureDate": slot(trip.departs_at, when) if trip.departs_at else None,
        "originalBoardingDate": slot(trip.boards_at, when) if trip.boards_at else None,
        "originalArrivalDate": slot(trip.arrives_at, when) if trip.arrives_at else None,
        "passengerName": _name(trip.passenger, texts) if trip.passenger else None,
        "totalPrice": slot(trip.price, money) if trip.price else None,
        "seats": [Needs({"seatNumber": texts.text(trip.seat)}, "seatNumber")] if trip.seat else None,
        "departureLocation": _location(trip.origin.latitude, trip.origin.longitude),
        "destinationLocation": _location(trip.destination.latitude, trip.destination.longitude),
        **_pick(
            trip,
            texts,
            boardingGroup="group",
            boardingSequenceNumber="sequence",
            confirmationNumber="confirmation",
            membershipProgramNumber="frequent_flyer",
            membershipProgramName="frequent_flyer_program",
        ),
    }
    if trip.transit == "air":
        tags |= _pick(trip, texts, airlineCode="carrier_code", ticketFareClass="travel_class")
        tags["flightNumber"] = _flight_number(trip.number, texts) if trip.number else None
        if trip.number and trip.carrier_code:
            code = trip.carrier_code.strings()[0] + trip.number.strings()[0]
            tags["flightCode"] = texts.text(Text.parse(code))
        tags |= _airport("departure", trip.origin, texts) | _airport("destination", trip.destination, texts)
    else:
        tags |= _pick(trip, texts, vehicleNumber="number", carNumber="coach")
        tags |= _station("departure", trip.origin, texts) | _station("destination", trip.destination, texts)
    return tags


def _flight_number(flight: Text, texts: AppleTexts) -> Any:
    text = texts.writer.string(flight)
    if isinstance(text, str):
        return int(text) if text.isdecimal() else None
    return type(text)(partial(_digits, text.fill))


def _digits(fill: Any, values: Any) -> Any:
    text = fill(values)
    return int(text) if isinstance(text, str) and text.isdecimal() else None


def _name(passenger: Passenger, texts: AppleTexts) -> dict[str, Any]:
    if passenger.given or passenger.family:
        return _pick(passenger, texts, givenName="given", familyName="family")
    return {"givenName": texts.text(passenger.name)}


def _airport(end: str, stop: Stop, texts: AppleTexts) -> dict[str, Any]:
    return _pick(
        stop,
        texts,
        **{
            f"{end}AirportCode": "code",
            f"{end}AirportName": "name",
            f"{end}CityName": "city",
            f"{end}Terminal": "terminal",
            f"{end}Gate": "gate",
            # Apple's page and Apple's tool spell the zone differently: both are written until that is settled.
            f"{end}LocationTimeZone": "zone",
            f"{end}AirportTimeZone": "zone",
        },
    )


def _station(end: str, stop: Stop, texts: AppleTexts) -> dict[str, Any]:
    return _pick(stop, texts, **{f"{end}StationName": "name", f"{end}Platform": "gate"})
