"""Loyalty card to loyalty. The tier is on the class: members of another tier have another class."""

from __future__ import annotations

from typing import Any

from walletpass.google.draft import ONE_LANGUAGE, Draft, given
from walletpass.google.images import place_logos
from walletpass.google.texts import string
from walletpass.google.types.amounts import money
from walletpass.model.details import LoyaltyDetails, Points
from walletpass.model.text import Text
from walletpass.render import Needs
from walletpass.values import Money

_INT32 = 2**31


def write(draft: Draft) -> None:
    """The structured part."""
    model = draft.model
    card = model.loyalty or LoyaltyDetails()
    draft.text("class.programName", *given((card.program, "loyalty.program"), (model.organization, "organization")))
    place_logos(draft, required=True)
    draft.text("class.rewardsTier", card.tier, "loyalty.tier")
    draft.text("class.rewardsTierLabel", card.tier_label, "loyalty.tier_label")
    draft.plain("object.accountId", card.number, "loyalty.number")
    draft.text("class.accountIdLabel", card.number_label, "loyalty.number_label")
    draft.plain("object.accountName", card.name, "loyalty.name")
    draft.text("class.accountNameLabel", card.name_label, "loyalty.name_label")
    _points(draft, "object.loyaltyPoints", card.points, "loyalty.points")
    _points(draft, "object.secondaryLoyaltyPoints", card.second_points, "loyalty.second_points")


def _points(draft: Draft, path: str, points: Points | None, field: str) -> None:
    if points is None:
        return
    if points.label:
        draft.text(f"{path}.label", points.label, f"{field}.label")
        draft.measure_by("LoyaltyPoints.label", points.label, f"{field}.label")
    balance = points.balance
    if isinstance(balance, Text):
        written = Needs({"string": string(draft.writer, balance)}, "string")
        draft.put(f"{path}.balance", written, f"{field}.balance", balance)
        draft.measure_by("LoyaltyPointsBalance.string", balance, f"{field}.balance")
        if balance.translations:
            draft.adapted(f"{field}.balance", ONE_LANGUAGE)
    else:
        draft.slot(f"{path}.balance", balance, _balance, f"{field}.balance")
    draft.needs(path, "balance")


def _balance(value: Any) -> dict[str, Any]:
    """A balance in the one form that fits."""
    if isinstance(value, Money):
        return {"money": money(value)}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, int) and -_INT32 <= value < _INT32:
        return {"int": value}
    return {"double": float(value)}
