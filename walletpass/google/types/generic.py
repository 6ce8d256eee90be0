"""Membership card, free pass, or stand-in for any other type: generic. All of its content is on the object."""

from __future__ import annotations

from walletpass.google.draft import Draft
from walletpass.google.images import place_logos
from walletpass.google.texts import value_text
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
    draft.localized("object.cardTitle", own.title or model.organization, "organization")
    primary = next((field for field in model.fields.primary if "google" in field.wallets), None)
    if own.header:
        draft.localized("object.header", own.header, f"{section}.header")
    elif primary:
        draft.localized("object.header", value_text(draft.writer, primary.value), f"fields.primary.{primary.key}")
    else:
        draft.localized("object.header", model.description, "description")
    label = own.subheader or (primary.label if primary and not own.header else None)
    draft.localized("object.subheader", label, f"{section}.subheader")
    place_logos(draft)


def _kind(draft: Draft) -> str:
    """What the section says, or what a pass of this type is without one."""
    details = draft.model.details
    if isinstance(details, GenericDetails):
        return details.kind
    return "membership-card" if draft.model.pass_type == "membership" else "other"
