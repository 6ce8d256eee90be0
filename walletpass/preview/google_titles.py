"""The fixed block on top of a Google card: logo, name, and what each type shows as its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from walletpass.preview.canvas import Align, Canvas
from walletpass.preview.glyphs import transit_glyph
from walletpass.preview.google_values import parse_google_time, show_moment
from walletpass.preview.google_view import GoogleView
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.svg import clipped
from walletpass.preview.text import shrink

WIDTH = 375.0
MARGIN = 22.0
ROOM = WIDTH - 2 * MARGIN

_LOGO = 40.0
_GLYPH = 28.0


def draw_title(canvas: Canvas, view: GoogleView) -> float:
    """Draws from the top; returns where it ends."""
    _draw_name(canvas, view)
    canvas.rule(0, 76, WIDTH, view.foreground, opacity=0.14)
    journey = _journey(view)
    if journey:
        return _draw_journey(canvas, view, *journey)
    above, title, below = _title(view)
    y = 86.0
    if above:
        y += 20
        canvas.text(above, MARGIN, y, 13, view.muted, room=ROOM)
        y += 4
    size = shrink(title, ROOM, 25, 19)
    y = canvas.paragraph(title, MARGIN, y + 26, size, view.foreground, room=ROOM, lines=2, leading=1.25) - size * 0.75
    if below:
        y += 14
        canvas.text(below, MARGIN, y, 14, view.muted, room=ROOM)
        y += 4
    return y + 8


def journey_leg(view: GoogleView) -> Mapping[str, Any]:
    """The first leg of a transit object."""
    legs = [view.object.get("ticketLeg"), *mappings(view.object.get("ticketLegs"))]
    return next(filter(None, map(mapping, legs)), {})


def _draw_name(canvas: Canvas, view: GoogleView) -> None:
    logo, name = _logo_and_name(view)
    x = MARGIN
    if picture := view.picture(logo, _LOGO, _LOGO):
        side = Canvas(WIDTH, rtl=view.rtl)
        side.picture(picture, MARGIN, 18, _LOGO, _LOGO)
        left = WIDTH - MARGIN - _LOGO if view.rtl else MARGIN
        canvas.add(clipped(_circle(left, 18, _LOGO / 2), *side.elements))
        x += _LOGO + 14
    canvas.text(name, x, 44, 17, view.foreground, room=WIDTH - MARGIN - x, smallest=13)


def _logo_and_name(view: GoogleView) -> tuple[object, str]:
    class_, object_ = view.class_, view.object
    issuer = view.text(class_, "issuerName")
    match view.kind:
        case "generic":
            return object_.get("logo"), view.text(object_, "cardTitle")
        case "offer":
            return class_.get("titleImage"), issuer or view.text(class_, "provider")
        case "loyalty":
            return class_.get("programLogo"), issuer
        case "giftCard":
            return class_.get("programLogo"), view.text(class_, "merchantName") or issuer
        case "flight":
            carrier = mapping(mapping(class_.get("flightHeader")).get("carrier"))
            return carrier.get("airlineLogo"), view.text(carrier, "airlineName") or issuer
        case "transit":
            return class_.get("logo"), view.text(class_, "transitOperatorName") or issuer
        case _:
            return class_.get("logo"), issuer


def _title(view: GoogleView) -> tuple[str, str, str]:
    """A small line, the title, and a line below it; any may be empty."""
    class_, object_ = view.class_, view.object
    match view.kind:
        case "generic":
            return view.text(object_, "subheader"), view.text(object_, "header"), ""
        case "offer":
            return "", view.text(class_, "title"), ""
        case "loyalty":
            return "", view.text(class_, "programName"), ""
        case "giftCard":
            return "", view.at_text("object.balance") or view.text(class_, "merchantName"), ""
        case "eventTicket":
            return "", view.text(class_, "eventName"), view.at_text("class.venue.name")
        case _:
            return "", "", ""


_End = tuple[str, str, str]  # small line, large text, line below


def _journey(view: GoogleView) -> tuple[_End, _End, object] | None:
    """Where a journey starts and ends, and by what means."""
    if view.kind == "flight":
        ends = [mapping(view.class_.get(name)) for name in ("origin", "destination")]
        times = [
            parse_google_time(view.class_.get(f"local{name}DateTime"))
            for name in ("ScheduledDeparture", "ScheduledArrival")
        ]
        start, stop = (
            (
                view.text(end, "airportNameOverride"),
                view.text(end, "airportIataCode"),
                show_moment(time, view.locale, "TIME_ONLY") if time else "",
            )
            for end, time in zip(ends, times, strict=True)
        )
        return start, stop, "FLIGHT"
    leg = journey_leg(view) if view.kind == "transit" else {}
    if not leg:
        return None
    start, stop = (
        (
            view.text(leg, f"{end}StationCode"),
            view.text(leg, f"{end}Name") or view.text(leg, f"{end}StationCode"),
            show_moment(time, view.locale, "TIME_ONLY") if (time := parse_google_time(leg.get(moment))) else "",
        )
        for end, moment in (("origin", "departureDateTime"), ("destination", "arrivalDateTime"))
    )
    return start, stop, view.class_.get("transitType")


def _draw_journey(canvas: Canvas, view: GoogleView, start: _End, stop: _End, means: object) -> float:
    room = (ROOM - _GLYPH - 20) / 2
    size = min(shrink(end[1], room, 38, 15) for end in (start, stop))
    places: tuple[tuple[_End, float, Align], ...] = ((start, MARGIN, "start"), (stop, WIDTH - MARGIN, "end"))
    for (above, large, below), x, align in places:
        canvas.text(above, x, 102, 12, view.muted, room=room, align=align)
        canvas.text(large, x, 138, size, view.foreground, room=room, align=align)
        canvas.text(below, x, 160, 15, view.foreground, room=room, align=align)
    glyph = transit_glyph(means, (WIDTH - _GLYPH) / 2, 111, _GLYPH, view.foreground, mirrored=view.rtl)
    canvas.add(glyph)
    return 170.0


def _circle(x: float, y: float, radius: float) -> str:
    around = f"a{radius:g} {radius:g} 0 1 0"
    return f"M{x:g} {y + radius:g}{around} {2 * radius:g} 0{around} {-2 * radius:g} 0z"
