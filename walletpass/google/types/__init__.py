"""The structured part of each Google type: one module, one `write(draft)` a type."""

from __future__ import annotations

from collections.abc import Callable

from walletpass.google.draft import Draft
from walletpass.google.kinds import GoogleTypeKey
from walletpass.google.types import event_ticket, flight, generic, gift_card, loyalty, offer, transit

WRITERS: dict[GoogleTypeKey, Callable[[Draft], None]] = {
    "eventTicket": event_ticket.write,
    "flight": flight.write,
    "generic": generic.write,
    "giftCard": gift_card.write,
    "loyalty": loyalty.write,
    "offer": offer.write,
    "transit": transit.write,
}
