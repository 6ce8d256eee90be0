"""Gift card, or credit note, to giftCard."""

from __future__ import annotations

from functools import partial

from walletpass.google.draft import Draft, given
from walletpass.google.images import place_logos
from walletpass.google.times import instant
from walletpass.google.types.amounts import money
from walletpass.model.details import GiftCardDetails
from walletpass.model.text import Text
from walletpass.render import Needs

_SERIAL = Text(plain="{{ serial }}")


def write(draft: Draft) -> None:
    """The structured part."""
    model = draft.model
    card = model.gift_card or GiftCardDetails()
    draft.plain("object.cardNumber", *given((card.number, "gift_card.number"), (_SERIAL, "serial")))
    draft.text("class.cardNumberLabel", card.number_label, "gift_card.number_label")
    draft.plain("object.pin", card.pin, "gift_card.pin")
    draft.text("class.pinLabel", card.pin_label, "gift_card.pin_label")
    draft.plain("object.eventNumber", card.event_number, "gift_card.event_number")
    draft.slot("object.balance", card.balance, money, "gift_card.balance")
    if card.balance_at is not None:
        date = Needs({"date": draft.writer.slot(card.balance_at, partial(instant, zone=model.clock))}, "date")
        draft.put("object.balanceUpdateTime", date, "gift_card.balance_at")
    draft.text(
        "class.merchantName", *given((card.merchant, "gift_card.merchant"), (model.organization, "organization"))
    )
    if model.barcode or model.google.rotating_barcode:
        draft.put("class.allowBarcodeRedemption", True, "")  # without it Google shows no code
    place_logos(draft)
