"""Event ticket to eventTicket: one class for each occurrence."""

from __future__ import annotations

from functools import partial

from walletpass.google.draft import Draft, given
from walletpass.google.images import place_logos
from walletpass.google.times import instant
from walletpass.google.types.amounts import money
from walletpass.model.details import EventTicketDetails, Venue


def write(draft: Draft) -> None:
    """The structured part."""
    model = draft.model
    ticket = model.event_ticket or EventTicketDetails()
    draft.localized("class.eventName", *given((ticket.name, "event_ticket.name"), (model.description, "description")))
    place_logos(draft)
    if ticket.venue:
        _venue(draft, ticket.venue)
    when = partial(instant, zone=model.clock)
    draft.slot("class.dateTime.doorsOpen", ticket.doors_at, when, "event_ticket.doors_at")
    relevant = next((date.at or date.start for date in model.relevant), None)
    if ticket.starts_at is None and relevant is not None:
        draft.slot("class.dateTime.start", relevant, when, "relevant")
        draft.adapted("relevant", "the first date is taken as the start of the event")
    draft.slot("class.dateTime.start", ticket.starts_at, when, "event_ticket.starts_at")
    draft.slot("class.dateTime.end", ticket.ends_at, when, "event_ticket.ends_at")
    if ticket.seat:
        for part in ("section", "row", "seat", "gate"):
            draft.localized(f"object.seatInfo.{part}", getattr(ticket.seat, part), f"event_ticket.seat.{part}")
    draft.plain("object.ticketHolderName", ticket.holder, "event_ticket.holder")
    draft.plain("object.ticketNumber", ticket.ticket_number, "event_ticket.ticket_number")
    draft.localized("object.ticketType", ticket.ticket_type, "event_ticket.ticket_type")
    draft.plain("object.reservationInfo.confirmationCode", ticket.confirmation, "event_ticket.confirmation")
    draft.slot("object.faceValue", ticket.price, money, "event_ticket.price")


def _venue(draft: Draft, venue: Venue) -> None:
    address = venue.address or venue.region
    if address is None:
        hint = "Give event_ticket.venue.address."
        draft.dropped("event_ticket.venue", "Google shows a venue only with its address", hint)
        return
    draft.localized("class.venue.name", venue.name, "event_ticket.venue.name")
    draft.localized("class.venue.address", address, f"event_ticket.venue.{'address' if venue.address else 'region'}")
    draft.needs("class.venue", "name", "address")
