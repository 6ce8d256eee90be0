"""
What each kind of pass is about: the values both wallets have a place of their own for.

Google fills the structured properties of its type from them, Apple its semantic tags. A Model has the one section
named after its pass type; every part of it is optional unless said otherwise.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import model_validator

from walletpass.model.part import Part
from walletpass.model.relevance import Latitude, Longitude
from walletpass.model.slots import BalanceSlot, DateTimeSlot, MoneySlot, UrlText, check_zone
from walletpass.model.text import Text


class CouponDetails(Part):
    """A coupon or voucher: Google offer. All but the code and the dates is the same for every pass of one class."""

    title: Text | None = None
    """The offer in one line (60 letters); the description by default."""
    short_title: Text | None = None
    """The same in 20 letters."""
    provider: Text | None = None
    """Who offers it (12 letters); the organization by default."""
    channel: Literal["in-store", "online", "both"] = "both"
    """Where it can be used."""
    details: Text | None = None
    """The offer at length."""
    help_url: UrlText | None = None
    """Where to get help."""


class Points(Part):
    """A balance of points."""

    label: Text | None = None
    """Its name (9 letters)."""
    balance: BalanceSlot
    """A number, an amount of money, or a text such as `12 stamps`."""


class LoyaltyDetails(Part):
    """A loyalty card: Google loyalty, Apple store card."""

    program: Text | None = None
    """Name of the programme (20 letters); the organization by default."""
    points: Points | None = None
    """The main balance."""
    second_points: Points | None = None
    """Another balance."""
    tier: Text | None = None
    """The member's tier (7 letters). Google keeps it on the class: one class for each tier."""
    tier_label: Text | None = None
    """What a tier is called (9 letters)."""
    number: Text | None = None
    """Member number (20 letters)."""
    number_label: Text | None = None
    """What the number is called (15 letters)."""
    name: Text | None = None
    """Member name (20 letters)."""
    name_label: Text | None = None
    """What the name is called (15 letters)."""


GenericKind = Literal[
    "season-pass",
    "utility-bills",
    "parking-pass",
    "voucher",
    "gym-membership",
    "library-membership",
    "reservations",
    "auto-insurance",
    "home-insurance",
    "entry-ticket",
    "receipt",
    "loyalty-card",
    "business-card",
    "barcode-pass",
    "membership-card",
    "student-card",
    "transit-pass",
    "vehicle-registration",
    "other",
]


class GenericDetails(Part):
    """A pass of no special kind: Google generic."""

    kind: GenericKind = "other"
    """What Google files it under."""
    title: Text | None = None
    """First line; the organization by default."""
    header: Text | None = None
    """The main value; the first primary field by default, else the description."""
    subheader: Text | None = None
    """What the header is; the label of the first primary field by default."""


class MembershipDetails(GenericDetails):
    """A membership card: gym, library, club, student, staff."""

    kind: GenericKind = "membership-card"
    """What Google files it under."""


class GiftCardDetails(Part):
    """A gift card, or a credit note: money kept for later."""

    number: Text | None = None
    """Card number; the serial by default."""
    number_label: Text | None = None
    """What the number is called."""
    pin: Text | None = None
    """Secret code."""
    pin_label: Text | None = None
    """What the secret code is called."""
    balance: MoneySlot | None = None
    """What is left on it."""
    balance_at: DateTimeSlot | None = None
    """When the balance was right."""
    event_number: Text | None = None
    """Number of the event it was bought with."""
    merchant: Text | None = None
    """Who takes it; the organization by default."""


class Venue(Part):
    """Where an event is."""

    name: Text
    """Its name."""
    address: Text | None = None
    """Postal address; Google shows the venue only with one."""
    region: Text | None = None
    """Town or region."""
    room: Text | None = None
    """Room or stage."""
    entrance: Text | None = None
    """The door to take."""
    phone: Text | None = None
    """Telephone number."""
    latitude: Latitude | None = None
    """Degrees."""
    longitude: Longitude | None = None
    """Degrees."""


class Seat(Part):
    """One place; write `A`, not `Gate A`."""

    section: Text | None = None
    """Block or section."""
    row: Text | None = None
    """Row."""
    seat: Text | None = None
    """Seat."""
    gate: Text | None = None
    """Gate or door."""
    level: Text | None = None
    """Level."""


class Sport(Part):
    """Who plays."""

    home: Text
    """Home team."""
    away: Text
    """Away team."""
    home_short: Text | None = None
    """Its abbreviation."""
    away_short: Text | None = None
    """Its abbreviation."""
    league: Text | None = None
    """League."""
    name: Text | None = None
    """Name of the sport."""


class EventTicketDetails(Part):
    """A ticket for an event: Google event ticket, one class for each occurrence."""

    name: Text | None = None
    """Name of the event; the description by default."""
    kind: Literal[
        "generic", "live-performance", "movie", "sports", "conference", "convention", "workshop", "social-gathering"
    ] = "generic"
    """What sort of event."""
    venue: Venue | None = None
    """Where."""
    starts_at: DateTimeSlot | None = None
    """When it starts."""
    ends_at: DateTimeSlot | None = None
    """When it ends."""
    doors_at: DateTimeSlot | None = None
    """When the doors open."""
    seat: Seat | None = None
    """The holder's place."""
    holder: Text | None = None
    """Name of the holder."""
    ticket_number: Text | None = None
    """Number of the ticket."""
    ticket_type: Text | None = None
    """Adult, child, two days..."""
    confirmation: Text | None = None
    """Order or confirmation number."""
    price: MoneySlot | None = None
    """Face value."""
    performers: tuple[Text, ...] = ()
    """Who performs."""
    genre: Text | None = None
    """Kind of music, film..."""
    sport: Sport | None = None
    """For a match."""


class Stop(Part):
    """Where a trip starts or ends."""

    code: Text | None = None
    """IATA code of an airport, or a station's code."""
    name: Text | None = None
    """Airport or station."""
    city: Text | None = None
    """City."""
    zone: Text | None = None
    """Time zone (`Europe/Paris`): departure and arrival are shown in it."""
    terminal: Text | None = None
    """Terminal."""
    gate: Text | None = None
    """Gate, or platform of a train."""
    latitude: Latitude | None = None
    """Degrees."""
    longitude: Longitude | None = None
    """Degrees."""


class Passenger(Part):
    """Who travels."""

    name: Text
    """Whole name, as on the ticket."""
    given: Text | None = None
    """Given name."""
    family: Text | None = None
    """Family name."""


class BoardingPassDetails(Part):
    """A boarding pass: by air Google flight, otherwise Google transit."""

    transit: Literal["air", "train", "bus", "boat", "other"]
    """By what."""
    carrier: Text | None = None
    """Airline or operator; the organization by default."""
    carrier_code: Text | None = None
    """IATA (2 letters) or ICAO (3) code of the airline."""
    number: Text | None = None
    """Flight or train number; digits only for a flight."""
    origin: Stop
    """From."""
    destination: Stop
    """To."""
    departs_at: DateTimeSlot | None = None
    """Planned departure."""
    boards_at: DateTimeSlot | None = None
    """Boarding starts."""
    gate_closes_at: DateTimeSlot | None = None
    """Boarding ends."""
    arrives_at: DateTimeSlot | None = None
    """Planned arrival."""
    passenger: Passenger | None = None
    """Who travels; Google requires it for a flight."""
    seat: Text | None = None
    """Seat."""
    coach: Text | None = None
    """Coach or carriage."""
    travel_class: Text | None = None
    """Economy, first..."""
    group: Text | None = None
    """Boarding group."""
    sequence: Text | None = None
    """Boarding sequence number."""
    confirmation: Text | None = None
    """Booking reference."""
    ticket_number: Text | None = None
    """Ticket number."""
    frequent_flyer: Text | None = None
    """Number in the airline's programme."""
    frequent_flyer_program: Text | None = None
    """Name of that programme."""
    trip: Literal["one-way", "round-trip"] = "one-way"
    """One way or return."""
    price: MoneySlot | None = None
    """Price paid."""
    status: Literal["scheduled", "active", "landed", "cancelled", "redirected", "diverted"] | None = None
    """State of the flight; absent lets Google follow it."""

    @model_validator(mode="after")
    def _codes(self) -> BoardingPassDetails:
        if self.transit == "air":
            for where, code, pattern, form in (
                ("origin", self.origin.code, r"[A-Z]{3}", "three capital letters (IATA)"),
                ("destination", self.destination.code, r"[A-Z]{3}", "three capital letters (IATA)"),
                ("carrier_code", self.carrier_code, r"[A-Z0-9]{2,3}", "two (IATA) or three (ICAO) characters"),
                ("number", self.number, r"[0-9]{1,4}", "digits only, without the carrier's code"),
            ):
                if code and not code.references() and not all(re.fullmatch(pattern, c) for c in code.strings()):
                    raise ValueError(f"{where} {code.strings()[0]!r}: write {form}")
        for stop in (self.origin, self.destination):
            if stop.zone and not stop.zone.references():
                check_zone(stop.zone.strings()[0])
        return self
