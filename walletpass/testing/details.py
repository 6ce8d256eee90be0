"""Hypothesis strategies for the section of a Model that is named after its pass type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from walletpass.testing.models import Pieces

Section = st.SearchStrategy[Any]


def details_of(pass_type: str, pieces: Pieces) -> Section:
    """A section, or None where it may be left out."""
    section = _SECTIONS[pass_type](pieces)
    return section if pass_type == "boarding-pass" else st.none() | section


def _some(needed: dict[str, Section], optional: dict[str, Section]) -> Section:
    return st.fixed_dictionaries(needed, optional=optional)


def _coupon(p: Pieces) -> Section:
    text = p.text()
    channel = st.sampled_from(("in-store", "online", "both"))
    optional = {"title": text, "short_title": text, "provider": text, "details": text, "channel": channel}
    return _some({}, {**optional, "help_url": st.just("https://example.com/help")})


def _loyalty(p: Pieces) -> Section:
    text, points = p.text(), _some({"balance": p.balance()}, {"label": p.text()})
    names = ("program", "tier", "tier_label", "number_label", "name_label")
    optional = {**dict.fromkeys(names, text), "number": p.whole(), "name": p.whole()}
    return _some({}, {**optional, "points": points, "second_points": points})


def _generic(p: Pieces) -> Section:
    return _some({}, dict.fromkeys(("title", "header", "subheader"), p.text()))


def _gift_card(p: Pieces) -> Section:
    texts = dict.fromkeys(("number", "number_label", "pin", "pin_label", "event_number", "merchant"), p.text())
    return _some({}, {**texts, "balance": p.money(), "balance_at": p.date_time()})


def _event_ticket(p: Pieces) -> Section:
    text = p.text()
    venue = _some({"name": text}, dict.fromkeys(("address", "region", "room", "entrance"), text))
    seat = _some({}, dict.fromkeys(("section", "row", "seat", "gate", "level"), p.whole()))
    times = dict.fromkeys(("starts_at", "ends_at", "doors_at"), p.date_time())
    texts = dict.fromkeys(("name", "holder", "ticket_number", "ticket_type", "confirmation", "genre"), text)
    return _some({}, {**texts, **times, "venue": venue, "seat": seat, "price": p.money()})


def _boarding_pass(p: Pieces) -> Section:
    text, zone = p.text(), st.sampled_from(("Europe/Paris", "Asia/Tokyo", "UTC"))
    code = st.sampled_from(("CDG", "NRT", "JFK"))
    stop = _some({"code": code, "name": text}, {"zone": zone, "city": text, "terminal": text, "gate": text})
    names = ("carrier", "seat", "coach", "travel_class", "group", "sequence", "ticket_number", "frequent_flyer")
    return _some(
        {
            "transit": st.sampled_from(("air", "air", "train", "bus", "boat", "other")),
            "carrier_code": st.sampled_from(("AF", "AFR")),
            "number": st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True),
            "origin": stop,
            "destination": stop,
            "departs_at": p.slot(_literal_times(), *_needed(p)),
            "passenger": _some({"name": text}, {"given": text, "family": text}),
            "confirmation": text,
        },
        {
            **dict.fromkeys(names, text),
            **dict.fromkeys(("boards_at", "gate_closes_at", "arrives_at"), p.date_time()),
            "trip": st.sampled_from(("one-way", "round-trip")),
            "price": p.money(),
            "status": st.sampled_from(("scheduled", "cancelled")),
        },
    )


def _literal_times() -> st.SearchStrategy[str]:
    return st.sampled_from(("2027-03-20T08:00", "2027-10-31T02:30+01:00", "2028-02-29T23:59Z"))


def _needed(p: Pieces) -> tuple[str, ...]:
    """Types of variables that hold a departure, when each of them has a value in every pass."""
    times = [p.variables[name] for name in p.names("date-time", "date")]
    return () if any(variable.get("required") is False for variable in times) else ("date-time", "date")


_SECTIONS = {
    "coupon": _coupon,
    "loyalty": _loyalty,
    "membership": _generic,
    "gift-card": _gift_card,
    "event-ticket": _event_ticket,
    "boarding-pass": _boarding_pass,
    "generic": _generic,
}
