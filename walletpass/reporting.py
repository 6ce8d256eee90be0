"""
The figures of a report, folded from facts.

Every fact says which Model it counts for and whether it is the first of its kind, so each figure is a plain sum: in
Python here, or by GROUP BY in a database. A day is the server's (`recorded_at`) in the zone of the Operation, so a fact
that tells of an earlier day never changes figures already given. See docs/figures.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from zoneinfo import ZoneInfo

from walletpass.events import ADDED, DELETED, DEVICE_REGISTERED, DEVICE_UNREGISTERED, DISPLAYED, Fact


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What one row of daily counts is about."""

    client: str
    operation: str
    pass_type: str
    model: str
    wallet: str
    day: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """
    What changed on a day; added up over days, what there is.

    Attributes:
        displayed: Passes shown in this wallet's way for the first time.
        generated: Change of the stock "displayed and never yet added"; may be negative on a day, never in sum.
        added, deleted: Passes whose holdings in this wallet went from none to one, and from one to none.
        devices_registered, devices_unregistered: Holdings; kept apart, never part of the four figures.
    """

    displayed: int = 0
    generated: int = 0
    added: int = 0
    deleted: int = 0
    devices_registered: int = 0
    devices_unregistered: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Counts) -> Counts:
        return self + other * -1

    def __mul__(self, times: int) -> Counts:
        return Counts(*(getattr(self, f.name) * times for f in fields(self)))

    @property
    def active(self) -> int:
        """Added minus deleted, exactly."""
        return self.added - self.deleted

    @property
    def devices(self) -> int:
        """Registered minus unregistered."""
        return self.devices_registered - self.devices_unregistered


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The figures of a period, as reports show them.

    Attributes:
        displayed, added, deleted: What happened in the period.
        generated, active: What there was at its end (a stock: never add it up over periods).
    """

    displayed: int
    generated: int
    added: int
    deleted: int
    active: int

    @classmethod
    def of(cls, period: Counts, so_far: Counts) -> Figures:
        """The figures of what changed in a period and of what changed from the beginning to its end."""
        return cls(
            displayed=period.displayed,
            generated=so_far.generated,
            added=period.added,
            deleted=period.deleted,
            active=so_far.active,
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure says, in words to print beside it."""

    counts: str
    kind: str


_STOCK = "stock at the end of the period; never added up"

_STOCK_FR = "stock à la fin de la période ; ne s'additionne jamais"

DEFINITIONS: Mapping[str, Definition] = {
    "displayed": Definition(
        "passes shown to a phone for the first time, by wallet: pass bytes or save redirect served", "in the period"
    ),
    "generated": Definition("passes displayed so far and never yet added", _STOCK),
    "added": Definition("passes whose holdings in a wallet went from none to one", "in the period"),
    "deleted": Definition("passes whose holdings in a wallet went from one to none", "in the period"),
    "active": Definition(
        "added − deleted since the beginning, exactly", "stock at the end of the period; never negative"
    ),
    "devices": Definition(
        "places that hold a pass: registered − unregistered; beside the five figures, never in them", _STOCK
    ),
}
"""The figures of a report, in the order of its columns."""

DEFINITIONS_FR: Mapping[str, Definition] = {
    "displayed": Definition(
        "pass montrés à un téléphone pour la première fois, par wallet : fichier du pass ou redirection servis",
        "dans la période",
    ),
    "generated": Definition("pass générés : montrés à ce jour et jamais encore ajoutés", _STOCK_FR),
    "added": Definition("pass ajoutés : leurs détenteurs dans un wallet passent de zéro à un", "dans la période"),
    "deleted": Definition("pass supprimés : leurs détenteurs dans un wallet passent de un à zéro", "dans la période"),
    "active": Definition(
        "pass actifs : ajoutés − supprimés depuis le début, exactement",
        "stock à la fin de la période ; jamais négatif",
    ),
    "devices": Definition(
        "endroits qui détiennent un pass : inscrits − désinscrits ; à côté des cinq chiffres, jamais dedans",
        _STOCK_FR,
    ),
}
"""The same in French."""

UNKNOWABLE: Sequence[str] = (
    "Apple: whether a pass was deleted, or only its updates were switched off: both look alike and count as deleted.",
    "Apple: whether a pass that was shown appeared on the screen: its bytes were served, nothing confirms more.",
    "Apple: passes on phones that never allowed updates: they register nowhere and count as not added.",
    "Google: on how many devices an account shows a pass: a save counts as one place.",
    "Both: whether a pass was looked at after it was added, and how many people share a picture of its barcode.",
    "Source: where a holder came from when the link had no utm_source; a pass keeps that of its first display.",
)
"""What no report can tell, to print beside the figures."""

UNKNOWABLE_FR: Sequence[str] = (
    "Apple : si un pass a été supprimé ou si seules ses mises à jour ont été coupées : les deux se ressemblent et"
    " comptent comme supprimés.",
    "Apple : si un pass montré est apparu à l'écran : son fichier a été servi, rien ne confirme davantage.",
    "Apple : les pass des téléphones qui n'ont jamais permis les mises à jour : ils ne s'inscrivent nulle part et ne"
    " comptent pas comme ajoutés.",
    "Google : sur combien d'appareils un compte affiche un pass : un enregistrement compte pour un endroit.",
    "Les deux : si un pass a été regardé après son ajout, et combien de personnes partagent une image de son code.",
    "Source : d'où vient un client final quand le lien n'avait pas d'utm_source ; un pass garde celle de son premier"
    " affichage.",
)
"""The same in French."""

NOTHING = Counts()

_ONE = {
    ADDED: Counts(added=1),
    DELETED: Counts(deleted=1),
    DEVICE_REGISTERED: Counts(devices_registered=1),
    DEVICE_UNREGISTERED: Counts(devices_unregistered=1),
}

COUNTED = (DISPLAYED, *_ONE)
"""Names of the facts that figures are made of."""


def contributions(fact: Fact, zone: ZoneInfo) -> list[tuple[Key, Counts]]:
    """What one fact adds to the daily counts, and where; nothing for most facts."""

    def key(model: str) -> Key:
        day = fact.recorded_at.astimezone(zone).date()
        return Key(fact.client, fact.operation, fact.pass_type, model, fact.wallet, day, fact.source)

    if fact.name == DISPLAYED:
        if not fact.data.get("first"):
            return []
        return [(key(fact.model), Counts(displayed=1, generated=0 if fact.data.get("added_before") else 1))]
    if fact.name not in _ONE:
        return []
    found = [(key(fact.model), _ONE[fact.name])]
    displayed_under = fact.data.get("displayed_under")
    if fact.name == ADDED and displayed_under:
        found.append((key(displayed_under), Counts(generated=-1)))
    return found


def fold(facts: Iterable[Fact], zone: ZoneInfo) -> dict[Key, Counts]:
    """Daily counts of facts, each given once, in any order."""
    days: dict[Key, Counts] = {}
    for fact in facts:
        for key, counts in contributions(fact, zone):
            days[key] = days.get(key, NOTHING) + counts
    return days


def figures(days: Mapping[Key, Counts], first: date, last: date) -> Figures:
    """
    The figures of the days `first` to `last`, both included.

    Args:
        days: Daily counts from the beginning on, of what the report is about.
        first, last: The period.
    """
    period = sum((counts for key, counts in days.items() if first <= key.day <= last), NOTHING)
    so_far = sum((counts for key, counts in days.items() if key.day <= last), NOTHING)
    return Figures.of(period, so_far)
