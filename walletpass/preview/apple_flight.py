"""Semantic boarding pass (iOS 26, air only): its texts come from semantic tags."""

from __future__ import annotations

from datetime import datetime

from walletpass.preview import shapes
from walletpass.preview.apple_classic import cut_out
from walletpass.preview.apple_parts import MARGIN, ROOM, ROW, WIDTH, barcode_panel, draw_row
from walletpass.preview.apple_view import AppleView, Field
from walletpass.preview.barcode_panel import draw_panel
from walletpass.preview.canvas import Align, Canvas
from walletpass.preview.drawing import Drawing
from walletpass.preview.glyphs import transit_glyph
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.text import clean
from walletpass.preview.values import format_day, format_hour, parse_moment
from walletpass.preview.words import word

_HEIGHT = 520.0
_GLYPH = 30.0
_NEEDED = (
    "airlineCode",
    "flightNumber",
    "departureAirportCode",
    "departureCityName",
    "destinationAirportCode",
    "destinationCityName",
    "originalDepartureDate",
    "originalBoardingDate",
    "originalArrivalDate",
    "passengerName",
)


def is_semantic_flight(view: AppleView) -> bool:
    """Whether iOS 26 would show this form: asked for, by air, with the tags it needs."""
    return (
        view.style == "boardingPass"
        and view.prefers("semanticBoardingPass")
        and view.body.get("transitType") == "PKTransitTypeAir"
        and all(view.semantic(tag) is not None for tag in _NEEDED)
    )


def draw_semantic_flight(view: AppleView, mark: str | None) -> Drawing:
    """Flight and date on top, the two airports with their times, then passenger, seat, group and gate."""
    canvas = Canvas(WIDTH, rtl=view.rtl)
    departure = parse_moment(view.semantic("currentDepartureDate")) or parse_moment(
        view.semantic("originalDepartureDate")
    )
    _draw_top(canvas, view, departure)
    _draw_airport(canvas, view, "departure", departure, "start")
    arrival = parse_moment(view.semantic("currentArrivalDate")) or parse_moment(view.semantic("originalArrivalDate"))
    _draw_airport(canvas, view, "destination", arrival, "end")
    canvas.add(transit_glyph("PKTransitTypeAir", (WIDTH - _GLYPH) / 2, 112, _GLYPH, view.foreground, mirrored=view.rtl))
    canvas.rule(MARGIN, 204, ROOM, view.foreground)
    y = 220.0
    for row in (_boarding(view), _passenger(view)):
        draw_row(canvas, row, y, view)
        y += ROW if row else 0
    panel = barcode_panel(view)
    height = max(_HEIGHT, y + 14 + (panel.height if panel else 0) + 24)
    if panel:
        draw_panel(canvas, panel, height - panel.height - 24, mark=mark)
    return cut_out(canvas, view, height, shapes.rounded(WIDTH, height, radius=20))


def _draw_top(canvas: Canvas, view: AppleView, departure: datetime | None) -> None:
    if logo := view.picture("primaryLogo", 126, 30) or view.picture("logo", 126, 30):
        canvas.picture(logo, MARGIN, 16, 126, 30, cover=False, align="start")
    else:
        canvas.text(view.top("organizationName"), MARGIN, 38, 18, view.foreground, room=190, bold=True)
    flight = f"{view.semantic_text('airlineCode')} {view.semantic_text('flightNumber')}"
    end = WIDTH - MARGIN
    canvas.text(flight, end, 30, 15, view.foreground, room=140, bold=True, align="end")
    if departure:
        canvas.text(format_day(departure, view.locale), end, 48, 13, view.label, room=140, align="end")


def _draw_airport(canvas: Canvas, view: AppleView, end: str, moment: datetime | None, align: Align) -> None:
    x = MARGIN if align == "start" else WIDTH - MARGIN
    room = ROOM / 2 - 26
    city, code = view.semantic_text(f"{end}CityName"), view.semantic_text(f"{end}AirportCode")
    canvas.text(city, x, 96, 14, view.label, room=room, align=align, smallest=11)
    canvas.text(code, x, 144, 48, view.foreground, room=room, bold=True, align=align, smallest=20)
    if moment:
        hour = format_hour(moment, view.locale)
        canvas.text(hour, x, 172, 19, view.foreground, room=room, align=align)
    terminal = view.semantic_text(f"{end}Terminal")
    canvas.text(
        f"{word('Terminal', view.language)} {terminal}" if terminal else "",
        x,
        190,
        11,
        view.label,
        room=room,
        align=align,
    )


def _boarding(view: AppleView) -> list[Field]:
    boarding = parse_moment(view.semantic("currentBoardingDate")) or parse_moment(view.semantic("originalBoardingDate"))
    seat = next(iter(mappings(view.semantic("seats"))), {})
    number = "".join(clean(seat.get(key), 8) for key in ("seatRow", "seatNumber") if seat.get(key))
    return _present(
        view,
        ("Boards", format_hour(boarding, view.locale) if boarding else ""),
        ("Gate", view.semantic_text("departureGate")),
        ("Group", view.semantic_text("boardingGroup") or view.semantic_text("boardingZone")),
        ("Seat", number),
    )


def _passenger(view: AppleView) -> list[Field]:
    parts = mapping(view.semantic("passengerName"))
    name = " ".join(clean(parts[key], 60) for key in ("givenName", "familyName") if parts.get(key))
    return _present(
        view,
        ("Passenger", name),
        ("Class", view.semantic_text("ticketFareClass")),
        ("Sequence", view.semantic_text("boardingSequenceNumber")),
    )


def _present(view: AppleView, *fields: tuple[str, str]) -> list[Field]:
    return [Field(word(label, view.language), value) for label, value in fields if value]
