"""Coupon to offer. All but code and dates is on the class: one class for one campaign."""

from __future__ import annotations

from walletpass.google.draft import Draft, given
from walletpass.google.images import place_logos
from walletpass.model.details import CouponDetails
from walletpass.render import Needs

_CHANNELS = {"in-store": "INSTORE", "online": "ONLINE", "both": "BOTH"}


def write(draft: Draft) -> None:
    """The structured part."""
    model = draft.model
    coupon = model.coupon or CouponDetails()
    draft.text("class.title", *given((coupon.title, "coupon.title"), (model.description, "description")))
    draft.text("class.shortTitle", coupon.short_title, "coupon.short_title")
    draft.text("class.provider", *given((coupon.provider, "coupon.provider"), (model.organization, "organization")))
    draft.put("class.redemptionChannel", _CHANNELS[coupon.channel], "coupon.channel")
    draft.text("class.details", coupon.details, "coupon.details")
    if coupon.help_url:
        uri = Needs({"uri": draft.writer.string(coupon.help_url, encode=True)}, "uri")
        draft.put("class.helpUri", uri, "coupon.help_url")
    place_logos(draft)
