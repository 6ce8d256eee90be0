"""Poster event ticket (iOS 18) and poster generic pass (iOS 27): one picture from edge to edge."""

from __future__ import annotations

from typing import Any

from walletpass.preview import shapes
from walletpass.preview.apple_classic import cut_out
from walletpass.preview.apple_parts import MARGIN, ROOM, WIDTH, barcode_panel, draw_row
from walletpass.preview.apple_view import AppleView, Field
from walletpass.preview.barcode_panel import draw_panel
from walletpass.preview.canvas import Canvas
from walletpass.preview.colours import BLACK, WHITE, parse_colour
from walletpass.preview.drawing import Drawing
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.pictures import Picture
from walletpass.preview.svg import fade
from walletpass.preview.text import clean, wrap
from walletpass.preview.values import format_day, format_hour, parse_moment
from walletpass.preview.words import word

_ARTWORK = 470.0
_CODE_MARGIN = 20.0


def is_poster_ticket(view: AppleView) -> bool:
    """Whether iOS 18 would show the poster: asked for, with an event name, a venue and a picture."""
    named = view.semantic_text("eventName") and view.semantic_text("venueName")
    return (
        view.style == "eventTicket"
        and view.prefers("posterEventTicket")
        and bool(named)
        and _artwork(view, "artwork", "background") is not None
    )


def draw_poster_ticket(view: AppleView, mark: str | None) -> Drawing:
    """Logo and date on top, event, venue and seat at the foot; texts come from the semantic tags."""
    view = _on_artwork(view)
    canvas = _poster(view, "artwork", "background")
    _draw_when(canvas, view)
    seats = _seat_fields(view)
    title = wrap(view.semantic_text("eventName"), ROOM, 26, bold=True, lines=2)
    y = _ARTWORK - (74 if seats else 18) - 24 - 31 * len(title)
    for line in title:
        y += 31
        canvas.text(line, MARGIN, y, 26, view.foreground, room=ROOM, bold=True)
    venue = [view.semantic_text(tag) for tag in ("venueName", "venueRegionName")]
    canvas.text(" · ".join(filter(None, venue)), MARGIN, y + 22, 14, view.foreground, room=ROOM, opacity=0.85)
    draw_row(canvas, seats, _ARTWORK - 54, view)
    if logo := view.picture("secondaryLogo", 135, 12):
        canvas.picture(logo, WIDTH - MARGIN - 135, 50, 135, 12, cover=False, align="end")
    return _finish(canvas, view, mark, shown="nfc" not in view.json)


def draw_poster_generic(view: AppleView, mark: str | None) -> Drawing:
    """Logo and one header field on top, up to four primary fields and one footer field at the foot."""
    body = mapping(view.json.get("posterGeneric"))
    view = _on_artwork(view)
    canvas = _poster(view, "artwork")
    header = view.fields("headerFields", 1, body=body)
    for field in header:
        canvas.text(field.value, WIDTH - MARGIN, 40, 17, view.foreground, room=160, bold=True, align="end")
    fields = view.fields("primaryFields", 4, body=body)
    rows = [fields[:1], fields[1:]] if len(fields) > 2 else [fields]
    footer = view.fields("footerFields", 1, body=body)
    y = _ARTWORK - 52 * len(rows) - (24 if footer else 0)
    for row in rows:
        draw_row(canvas, row, y, view)
        y += 52
    for field in footer:
        text = " ".join(filter(None, (field.label, field.value)))
        canvas.text(text, MARGIN, _ARTWORK - 14, 12, view.foreground, room=ROOM, opacity=0.8)
    return _finish(canvas, view, mark, shown=True)


def _artwork(view: AppleView, *names: str) -> Picture | None:
    """The first of these pictures that the pass has."""
    return next(filter(None, (view.picture(name, WIDTH, _ARTWORK) for name in names)), None)


def _on_artwork(view: AppleView) -> AppleView:
    """White text, unless the pass names its colours."""
    named = parse_colour(view.json.get("foregroundColor"))
    if named and view.json.get("useAutomaticColors") is not True:
        return view
    return view.recoloured(WHITE, WHITE.towards(BLACK, 0.2))


def _poster(view: AppleView, *names: str) -> Canvas:
    """The picture, darkened where text stands on it, and the primary logo."""
    canvas = Canvas(WIDTH, rtl=view.rtl)
    if picture := _artwork(view, *names):
        canvas.picture(picture, 0, 0, WIDTH, _ARTWORK)
    if view.json.get("suppressHeaderDarkening") is not True:
        canvas.add(fade(0, 0, WIDTH, 110, ("#000000", 0.5), ("#000000", 0)))
    foot = parse_colour(view.json.get("footerBackgroundColor")) or BLACK
    canvas.add(fade(0, _ARTWORK - 240, WIDTH, 120, (str(foot), 0), (str(foot), 0.72)))
    canvas.box(0, _ARTWORK - 120, WIDTH, 120, foot, opacity=0.72)
    if logo := view.picture("primaryLogo", 126, 30):
        canvas.picture(logo, MARGIN, 18, 126, 30, cover=False, align="start")
    else:
        text = view.top("eventLogoText") or view.top("logoText") or view.top("organizationName")
        canvas.text(text, MARGIN, 40, 18, view.foreground, room=ROOM * 0.55, bold=True, smallest=12)
    return canvas


def _draw_when(canvas: Canvas, view: AppleView) -> None:
    start = mapping(view.semantic("eventStartDateInfo")).get("date") or view.semantic("eventStartDate")
    moment = parse_moment(start)
    if moment is None:
        return
    end = WIDTH - MARGIN
    canvas.text(format_day(moment, view.locale), end, 33, 14, view.foreground, room=150, bold=True, align="end")
    canvas.text(format_hour(moment, view.locale), end, 50, 13, view.foreground, room=150, align="end", opacity=0.85)


_SEAT_PARTS = (
    ("seatSection", "Section"),
    ("seatRow", "Row"),
    ("seatNumber", "Seat"),
)


def _seat_fields(view: AppleView) -> list[Field]:
    """Section, row and seat as Wallet takes them from the tags; the first auxiliary fields where there are none."""
    seats: list[Any] = mappings(view.semantic("seats"))
    found = [
        Field(word(label, view.language), clean(seat[key], 40))
        for seat in seats[:1]
        for key, label in _SEAT_PARTS
        if seat.get(key)
    ]
    admission = view.semantic_text("admissionLevel")
    if admission:
        found.insert(0, Field(word("Admission", view.language), admission))
    return found[:4] or view.fields("auxiliaryFields", 4)


def _finish(canvas: Canvas, view: AppleView, mark: str | None, *, shown: bool) -> Drawing:
    panel = barcode_panel(view) if shown else None
    height = _ARTWORK
    if panel:
        draw_panel(canvas, panel, _ARTWORK + _CODE_MARGIN, mark=mark)
        height += panel.height + 2 * _CODE_MARGIN
    return cut_out(canvas, view, height, shapes.rounded(WIDTH, height, radius=20))
