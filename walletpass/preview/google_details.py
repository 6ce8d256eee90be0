"""The details page of a Google pass: what the type says, modules, links, messages, pictures."""

from __future__ import annotations

from collections.abc import Iterable

from walletpass.preview.details import Detail, draw_details
from walletpass.preview.drawing import Drawing
from walletpass.preview.google_rows import label_of
from walletpass.preview.google_titles import WIDTH
from walletpass.preview.google_view import GoogleView
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.words import word

_MOST = 10  # modules and messages shown of the object, and again of the class
_FIELDS = {
    "class.details": "Details",
    "class.finePrint": "Fine print",
    "class.venue.address": "Address",
    "class.dateTime.doorsOpen": "Doors",
    "object.ticketHolderName": "",
    "object.ticketType": "",
    "object.faceValue": "",
    "object.reservationInfo.confirmationCode": "Code",
    "object.ticketNumber": "",
    "object.accountName": "",
    "object.accountId": "",
    "class.rewardsTier": "Level",
    "object.cardNumber": "",
    "object.pin": "",
    "object.eventNumber": "Number",
    "object.validTimeInterval.end": "",
}


def draw_google_details(view: GoogleView) -> Drawing:
    """The page behind the card."""
    owners = (view.object, view.class_)
    groups = [
        [
            Detail(view.text(message, "header"), view.text(message, "body", 2000))
            for owner in owners
            for message in mappings(owner.get("messages"))[:_MOST]
        ],
        [
            Detail(view.text(module, "header"), view.text(module, "body", 4000))
            for owner in owners
            for module in mappings(owner.get("textModulesData"))[:_MOST]
        ],
        list(_own_fields(view)),
        [
            Detail("", view.text(link, "description") or view.text(link, "uri"), link=True)
            for owner in owners
            for link in mappings(mapping(owner.get("linksModuleData")).get("uris"))[:_MOST]
        ],
        list(_pictures(view)),
    ]
    filled = [[entry for entry in group if entry.label or entry.text or entry.picture] for group in groups]
    title = view.text(view.class_, "issuerName") or view.text(view.object, "cardTitle")
    return draw_details(WIDTH, title, "", filled, rtl=view.rtl)


def _own_fields(view: GoogleView) -> Iterable[Detail]:
    """What only this type of pass has."""
    for path, name in _FIELDS.items():
        date_format = "DATE_TIME" if path.endswith(("doorsOpen", "end")) else None
        text = view.at_text(path, date_format, 4000)
        if text:
            yield Detail(word(name, view.language) or label_of(view, path), text)


def _pictures(view: GoogleView) -> Iterable[Detail]:
    """One picture of the object and one of the class, as Google shows."""
    for owner in (view.object, view.class_):
        for module in mappings(owner.get("imageModulesData"))[:1]:
            if picture := view.picture(module.get("mainImage"), WIDTH, WIDTH):
                yield Detail("", "", picture=picture)
