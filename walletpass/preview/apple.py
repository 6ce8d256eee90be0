"""An Apple pass as Wallet would show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from walletpass.preview.apple_boarding import draw_boarding_pass
from walletpass.preview.apple_classic import draw_coupon, draw_event_ticket, draw_generic, draw_store_card
from walletpass.preview.apple_flight import draw_semantic_flight, is_semantic_flight
from walletpass.preview.apple_parts import WIDTH
from walletpass.preview.apple_poster import draw_poster_generic, draw_poster_ticket, is_poster_ticket
from walletpass.preview.apple_view import AppleView
from walletpass.preview.details import Detail, draw_details
from walletpass.preview.drawing import Drawing

_CLASSIC: dict[str, Callable[[AppleView, str | None], Drawing]] = {
    "boardingPass": draw_boarding_pass,
    "coupon": draw_coupon,
    "eventTicket": draw_event_ticket,
    "generic": draw_generic,
    "storeCard": draw_store_card,
}


def draw_apple(
    pass_json: Mapping[str, Any],
    files: Mapping[str, bytes],
    *,
    language: str | None = None,
    side: Literal["front", "back"] = "front",
    style: Literal["newest", "classic"] = "newest",
    now: datetime | None = None,
) -> Drawing:
    """
    One side of a compiled Apple pass.

    Args:
        pass_json: The object in pass.json. It need not be valid: what cannot be read is left out.
        files: Archive path ("logo@2x.png", "fr.lproj/pass.strings") to content.
        language: Which `.lproj` to show; None takes English, else the first there is.
        side: The card, or the details behind it.
        style: The newest form that the pass asks for and has all parts of, or the one that older systems show.
        now: When given, a pass past its `expirationDate` is marked as expired.
    """
    view = AppleView(pass_json, files, language)
    if side == "back":
        return _draw_back(view)
    mark = view.mark(now)
    if style == "newest" or view.style is None:
        if isinstance(pass_json.get("posterGeneric"), Mapping):
            return draw_poster_generic(view, mark)
        if is_poster_ticket(view):
            return draw_poster_ticket(view, mark)
        if is_semantic_flight(view):
            return draw_semantic_flight(view, mark)
    return _CLASSIC[view.style or "generic"](view, mark)


def _draw_back(view: AppleView) -> Drawing:
    fields = [Detail(f.label, f.value, link=_is_link(f.value)) for f in view.back_fields()]
    about = [Detail("", text) for text in (view.top("description"),) if text]
    return draw_details(WIDTH, view.top("organizationName"), "", [about, fields], rtl=view.rtl)


def _is_link(text: str) -> bool:
    return " " not in text and text.startswith(("https://", "http://", "mailto:", "tel:", "www."))
