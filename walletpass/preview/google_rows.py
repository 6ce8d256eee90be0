"""Rows of a Google card: those that `classTemplateInfo` lays out, else the usual ones of the type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from walletpass.preview.canvas import Align, Canvas
from walletpass.preview.columns import share
from walletpass.preview.google_titles import MARGIN, ROOM
from walletpass.preview.google_view import GoogleView
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.text import width, wrap
from walletpass.preview.words import word

_LABEL = 12.5
_VALUE = 16.0
_GAP = 14.0
_MOST_ROWS = 3
_MOST_FALLBACKS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A label over a value."""

    label: str
    value: str


def rows_of(view: GoogleView) -> list[list[Cell]]:
    """At most three rows of at most three cells, as the class lays them out, empty cells included."""
    template = mapping(mapping(view.class_.get("classTemplateInfo")).get("cardTemplateOverride"))
    rows = mappings(template.get("cardRowTemplateInfos"))
    if rows:
        return [[_cell(view, item) for item in _items(row)] for row in rows[:_MOST_ROWS]]
    usual = ([_named(view, path) for path in row] for row in _USUAL.get(view.kind, ()))
    return [cells for row in usual if (cells := [cell for cell in row if cell.value])]


def draw_rows(canvas: Canvas, view: GoogleView, rows: Iterable[list[Cell]], y: float) -> float:
    """Cells of a row stand at the start, in the middle and at the end. Returns where the last row ends."""
    for row in rows:
        if not any(cell.label or cell.value for cell in row):
            continue
        columns = _columns(row)
        tallest = 1
        for cell, column, (x, align) in zip(row, columns, _places(len(row)), strict=True):
            canvas.text(cell.label, x, y + 22, _LABEL, view.muted, room=column, align=align, smallest=10)
            value = wrap(cell.value, column, _VALUE, lines=2)
            tallest = max(tallest, len(value))
            for line, text in enumerate(value):
                below = y + 43 + 20 * line
                canvas.text(text, x, below, _VALUE, view.foreground, room=column + 1, align=align)
        y += 34 + 20 * tallest
    return y


def label_of(view: GoogleView, path: str) -> str:
    """What Google writes above a value: a module's own header, a label of the class, else the type's word."""
    value = view.at(path)
    if value is None:
        return ""
    if isinstance(value, Mapping) and (value.get("header") or value.get("localizedHeader")):
        return view.text(value, "header")
    if "oyaltyPoints" in path:
        return view.at_text(path.removesuffix(".balance") + ".label") or word("Points", view.language)
    name = re.split(r"[.\[]", path)[-1] if "[" not in path else ""
    own = view.text(view.class_, f"{name}Label") or view.text(view.class_, f"custom{name[:1].upper()}{name[1:]}Label")
    return own or word(_WORDS.get(name, ""), view.language)


def _columns(row: list[Cell]) -> list[float]:
    """Two cells divide the row by need; three divide it evenly, as the middle one stands in the middle."""
    free = ROOM - _GAP * (len(row) - 1)
    if len(row) != 2:
        return [free / len(row)] * len(row)
    wanted = [max(width(cell.label, _LABEL), width(cell.value, _VALUE)) + 2 for cell in row]
    return share(wanted, free)


def _places(count: int) -> list[tuple[float, Align]]:
    ends: list[tuple[float, Align]] = [(MARGIN, "start"), (MARGIN + ROOM, "end")]
    match count:
        case 1 | 2:
            return ends[:count]
        case _:
            return [ends[0], (MARGIN + ROOM / 2, "middle"), ends[1]]


def _items(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items of a row in reading order."""
    if three := mapping(row.get("threeItems")):
        return [mapping(three.get(place)) for place in ("startItem", "middleItem", "endItem")]
    if two := mapping(row.get("twoItems")):
        return [mapping(two.get(place)) for place in ("startItem", "endItem")]
    return [mapping(mapping(row.get("oneItem")).get("item"))]


def _cell(view: GoogleView, item: Mapping[str, Any]) -> Cell:
    """The first of an item's fields that has a value; a second value is joined to it."""
    values: list[Cell] = []
    for part in ("firstValue", "secondValue"):
        references = mappings(mapping(item.get(part)).get("fields"))[:_MOST_FALLBACKS]
        cells = (_named(view, str(r.get("fieldPath")), r.get("dateFormat")) for r in references)
        values += [next(filter(lambda cell: cell.value, cells), Cell("", ""))]
    shown = [cell for cell in values if cell.value]
    if not shown:
        predefined = _predefined(view, item.get("predefinedItem"))
        return predefined or Cell("", "")
    return Cell(shown[0].label, " / ".join(cell.value for cell in shown))


def _predefined(view: GoogleView, name: object) -> Cell | None:
    if name == "FLIGHT_NUMBER_AND_OPERATING_FLIGHT_NUMBER":
        return Cell(word("Flight", view.language), flight_number(view))
    if name == "FREQUENT_FLYER_PROGRAM_NAME_AND_NUMBER":
        flyer = "object.reservationInfo.frequentFlyerInfo"
        name_of_program = view.at_text(f"{flyer}.frequentFlyerProgramName")
        return Cell(name_of_program, view.at_text(f"{flyer}.frequentFlyerNumber"))
    return None


def flight_number(view: GoogleView) -> str:
    """Carrier code and number of a flight."""
    header = "class.flightHeader"
    number = view.at_text(f"{header}.flightNumberDisplayOverride") or view.at_text(f"{header}.flightNumber")
    code = view.at_text(f"{header}.carrier.carrierIataCode") or view.at_text(f"{header}.carrier.carrierIcaoCode")
    return " ".join(filter(None, (code, number)))


def _named(view: GoogleView, path: str, date_format: object = None) -> Cell:
    if path == "class.flightHeader":
        return Cell(word("Flight", view.language), flight_number(view))
    if date_format is None:
        date_format = next((form for ending, form in _DATE_FORMATS if path.endswith(ending)), None)
    return Cell(label_of(view, path), view.at_text(path, date_format))


_DATE_FORMATS = (
    ("validTimeInterval.end", "YEAR_MONTH_DAY"),
    ("validTimeInterval.start", "YEAR_MONTH_DAY"),
    ("localBoardingDateTime", "TIME_ONLY"),
    ("DateTime", "DATE_TIME"),
    ("dateTime.start", "DATE_TIME"),
    ("dateTime.end", "DATE_TIME"),
    ("doorsOpen", "DATE_TIME"),
)

_USUAL: dict[str, tuple[tuple[str, ...], ...]] = {
    "loyalty": (
        ("object.loyaltyPoints.balance", "object.secondaryLoyaltyPoints.balance"),
        ("object.accountName", "object.accountId"),
    ),
    "offer": (("object.validTimeInterval.end",),),
    "giftCard": (("object.cardNumber", "object.pin"),),
    "eventTicket": (
        ("class.dateTime.start",),
        ("object.seatInfo.section", "object.seatInfo.row", "object.seatInfo.seat"),
        ("object.ticketHolderName", "object.seatInfo.gate"),
    ),
    "flight": (
        ("class.flightHeader", "class.localScheduledDepartureDateTime"),
        ("class.localBoardingDateTime", "class.origin.gate", "object.boardingAndSeatingInfo.seatNumber"),
        ("object.passengerName", "object.boardingAndSeatingInfo.boardingGroup"),
    ),
    "transit": (
        ("object.ticketLeg.departureDateTime",),
        ("object.ticketLeg.platform", "object.ticketLeg.carriage", "object.ticketLeg.ticketSeat.seat"),
        ("object.passengerNames", "object.ticketNumber"),
    ),
}
_WORDS = {
    "accountId": "Number",
    "accountName": "Member",
    "balance": "Balance",
    "boardingGroup": "Group",
    "cardNumber": "Card number",
    "carriage": "Number",
    "coach": "Coach",
    "departureDateTime": "Departs",
    "arrivalDateTime": "Arrives",
    "doorsOpen": "Doors",
    "end": "Valid until",
    "faceValue": "Price",
    "fareName": "Fare",
    "gate": "Gate",
    "localBoardingDateTime": "Boards",
    "localScheduledArrivalDateTime": "Arrives",
    "localScheduledDepartureDateTime": "Departs",
    "passengerName": "Passenger",
    "passengerNames": "Passenger",
    "pin": "Pin",
    "platform": "Platform",
    "row": "Row",
    "seat": "Seat",
    "seatClass": "Class",
    "seatNumber": "Seat",
    "section": "Section",
    "sequenceNumber": "Sequence",
    "start": "Date",
    "terminal": "Terminal",
    "ticketHolderName": "Ticket",
    "ticketNumber": "Ticket",
    "ticketType": "Ticket",
    "zone": "Zone",
}
