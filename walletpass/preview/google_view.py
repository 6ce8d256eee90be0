"""What a preview reads of a Google class and object: texts in one language, values by field path, pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from walletpass.preview.colours import Colour, parse_colour, text_on
from walletpass.preview.google_values import localized, show
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.pictures import Picture, read_picture
from walletpass.preview.text import clean, mostly_right_to_left, reads_from_the_right
from walletpass.preview.values import locale_of
from walletpass.preview.words import word

FetchPicture = Callable[[str], bytes | None]

_STEP = re.compile(r"(\w+)(?:\[(?:'([^']*)'|\"([^\"]*)\"|(\d{1,4}))\])?")
_PATH = re.compile(rf"{_STEP.pattern}(?:\.{_STEP.pattern})*")
_LONGEST_PATH = 200
_DEFAULT_COLOUR = Colour(66, 103, 178)
_MARKS = {"EXPIRED": "Expired", "INACTIVE": "Void", "COMPLETED": "Used"}


def no_pictures(_address: str) -> None:
    """Finds none: for a card without pictures."""


class GoogleView:
    """
    A class and an object in one language, read together.

    Nothing in them is trusted: what has the wrong type counts as absent.
    Without a language each text shows its default.
    """

    def __init__(
        self,
        class_: Mapping[str, Any],
        object_: Mapping[str, Any],
        images: FetchPicture,
        language: str | None = None,
    ) -> None:
        self.class_ = class_
        self.object = object_
        self._images = images
        self._wanted = language
        stated = language or _default_language(class_, object_)
        self.language = stated or "en"
        self.locale = locale_of(self.language)
        self.kind = kind_of(class_, object_)
        self.background = (
            parse_colour(object_.get("hexBackgroundColor"))
            or parse_colour(class_.get("hexBackgroundColor"))
            or _DEFAULT_COLOUR
        )
        self.foreground = text_on(self.background)
        self.muted = self.foreground.towards(self.background, 0.25)
        self.rtl = reads_from_the_right(stated) if stated else mostly_right_to_left(_texts(class_, object_))

    def text(self, owner: Mapping[str, Any], key: str, limit: int = 300) -> str:
        """A property of the class, the object or a part of them, in this language."""
        return clean(localized(owner, key, self._wanted, self.locale), limit)

    def at(self, path: str) -> Any:
        """The value at a field path ("object.textModulesData['points']", "class.venue.name"); None if there is none."""
        if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
            return None
        steps = _STEP.findall(path)
        value: Any = {"class": self.class_, "object": self.object}.get(steps[0][0])
        for name, single, double, index in steps[1:]:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
            if single or double:
                value = next((item for item in mappings(value) if item.get("id") == (single or double)), None)
            elif index:
                items = mappings(value)
                value = items[int(index)] if int(index) < len(items) else None
        return value

    def at_text(self, path: str, date_format: object = None, limit: int = 120) -> str:
        """The value at a field path as text; its `localized…` twin counts where it is there."""
        if len(path) > _LONGEST_PATH:
            return ""
        owner_path, _, name = path.rpartition(".")
        owner = self.at(owner_path) if owner_path and "[" not in name else None
        if isinstance(owner, Mapping) and owner.get(f"localized{name[:1].upper()}{name[1:]}"):
            return self.text(owner, name, limit)
        return clean(show(self.at(path), self._wanted, self.locale, date_format), limit)

    def picture(self, value: object, width: float, height: float) -> Picture | None:
        """The picture that an Image of Google names, if its address can be resolved."""
        address = mapping(mapping(value).get("sourceUri")).get("uri")
        data = self._images(address) if isinstance(address, str) else None
        return read_picture(data, width, height) if data else None

    def barcode(self) -> Mapping[str, Any]:
        """Type, value, alternateText, renderEncoding of what is shown; a rotating one shows its first value."""
        fixed = mapping(self.object.get("barcode"))
        rotating = mapping(self.object.get("rotatingBarcode"))
        if fixed or not rotating:
            return fixed
        values = mapping(rotating.get("initialRotatingBarcodeValues")).get("values")
        first = values[0] if isinstance(values, list) and values else rotating.get("valuePattern")
        return {**rotating, "value": first}

    def mark(self) -> str | None:
        """Why the pass no longer counts, in its language, or None."""
        mark = _MARKS.get(str(self.object.get("state")).upper())
        return word(mark, self.language) if mark else None


_KINDS = {
    "flight": ({"flightHeader"}, {"passengerName", "boardingAndSeatingInfo"}),
    "transit": ({"transitType"}, {"tripType", "ticketLeg", "ticketLegs"}),
    "eventTicket": ({"eventName"}, {"seatInfo", "ticketHolderName"}),
    "loyalty": ({"programName"}, {"loyaltyPoints", "accountId"}),
    "offer": ({"redemptionChannel", "provider"}, set[str]()),
    "giftCard": ({"merchantName", "cardNumberLabel"}, {"cardNumber"}),
}


def kind_of(class_: Mapping[str, Any], object_: Mapping[str, Any]) -> str:
    """Which of the seven types a class and object are: told by the properties that only one type has."""
    for kind, (of_class, of_object) in _KINDS.items():
        if of_class & class_.keys() or of_object & object_.keys():
            return kind
    return "generic"


def _default_language(class_: Mapping[str, Any], object_: Mapping[str, Any]) -> str | None:
    for owner in (object_, class_):
        for value in owner.values():
            language = mapping(mapping(value).get("defaultValue")).get("language")
            if isinstance(language, str) and language:
                return language
    return None


def _texts(class_: Mapping[str, Any], object_: Mapping[str, Any]) -> list[str]:
    """Texts of people's making, to tell the script by."""
    named = [class_.get(name) for name in ("issuerName", "programName", "title", "merchantName")]
    modules = mappings(object_.get("textModulesData"))
    named += [module.get(key) for module in modules for key in ("header", "body")]
    return [text for text in named if isinstance(text, str)]
