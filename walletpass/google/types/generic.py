"""Membership card, free pass, or stand-in for any other type: generic. All of its content is on the object."""

from __future__ import annotations

from typing import Any

from walletpass.google.draft import Draft, given
from walletpass.google.images import place_logos
from walletpass.google.texts import first_filled, localized, value_text
from walletpass.model.details import GenericDetails

_STAND_IN = {
    "coupon": "GENERIC_VOUCHER",
    "loyalty": "GENERIC_LOYALTY_CARD",
    "event-ticket": "GENERIC_ENTRY_TICKET",
    "boarding-pass": "GENERIC_TRANSIT_PASS",
    "gift-card": "GENERIC_OTHER",
}
"""Pass type to what Google files its stand-in under."""


def write(draft: Draft) -> None:
    """The structured part."""
    model, details = draft.model, draft.model.details
    own = details if isinstance(details, GenericDetails) else GenericDetails()
    section = model.pass_type.replace("-", "_")
    kind = _STAND_IN.get(model.pass_type)
    if kind is None:
        kind = f"GENERIC_{_kind(draft).upper().replace('-', '_')}"
    elif details is not None:
        draft.adapted(section, "a generic pass shows them only where fields do")
    draft.put("object.genericType", kind, f"{section}.kind" if model.pass_type not in _STAND_IN else "google.type")
    draft.localized("object.cardTitle", *given((own.title, f"{section}.title"), (model.organization, "organization")))
    _header(draft, own, section)
    place_logos(draft)


def _header(draft: Draft, own: GenericDetails, section: str) -> None:
    """The main value and what it is: the section's, else the first primary field, else the description."""
    model, writer = draft.model, draft.writer
    fields = enumerate(model.fields.primary)
    position, primary = next(((n, field) for n, field in fields if "google" in field.wallets), (0, None))
    if own.header or primary is None:
        draft.localized("object.header", *given((own.header, f"{section}.header"), (model.description, "description")))
        draft.localized("object.subheader", own.subheader, f"{section}.subheader")
        return
    where, value = f"fields.primary.{position}", value_text(writer, primary.value)
    header: Any = localized(writer, value)
    if value.references():
        header = first_filled(header, localized(writer, model.description))
    draft.put("object.header", header, where, value)
    draft.measure("object.header", value, where)
    label, field = (own.subheader, f"{section}.subheader") if own.subheader else (primary.label, f"{where}.label")
    draft.localized("object.subheader", label, field)


def _kind(draft: Draft) -> str:
    """What the section says, or what a pass of this type is without one."""
    details = draft.model.details
    if isinstance(details, GenericDetails):
        return details.kind
    return "membership-card" if draft.model.pass_type == "membership" else "other"
