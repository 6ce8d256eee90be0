"""Which Google type a Model becomes. A pass never changes its type, so it is a fact of the Model alone."""

from __future__ import annotations

from typing import Literal

from walletpass.errors import MappingRejected
from walletpass.model import PassModel

GoogleTypeKey = Literal["offer", "loyalty", "giftCard", "eventTicket", "flight", "transit", "generic"]

USUAL_TYPES: dict[str, GoogleTypeKey] = {
    "coupon": "offer",
    "loyalty": "loyalty",
    "membership": "generic",
    "gift-card": "giftCard",
    "event-ticket": "eventTicket",
    "boarding-pass": "transit",
    "generic": "generic",
}
"""Pass type to Google type; a boarding pass by air is a `flight`."""

TRANSIT_TYPES = {"train": "RAIL", "bus": "BUS", "boat": "FERRY", "other": "OTHER"}
"""`transit` of a Model to Google's transitType."""


def google_type(model: PassModel) -> GoogleTypeKey:
    """
    The Google type of a Model: the usual one of its pass type, or `generic` when the Model asks for it.

    Raises:
        MappingRejected: `google.type` names a type that cannot stand in.
    """
    trip = model.boarding_pass
    usual = "flight" if trip and trip.transit == "air" else USUAL_TYPES[model.pass_type]
    asked = model.google.type
    if asked in (None, usual):
        return usual
    if asked != "generic":
        raise MappingRejected(
            f"model {model.model}: google.type: a {model.pass_type} cannot be {asked}: leave it out ({usual}), "
            "or write generic"
        )
    return "generic"


def transit_kind(model: PassModel) -> str | None:
    """Google's transitType; None for all types but `transit`. Like the type, it never changes."""
    if google_type(model) != "transit" or model.boarding_pass is None:
        return None
    return TRANSIT_TYPES[model.boarding_pass.transit]
