"""What the benchmarks build: a loyalty card with noise for pictures, about 400 kB of them or hardly any."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any, Literal

from PIL import Image, ImageFilter

from walletpass import PassModel

Size = Literal["large", "small"]

VARIABLES = {
    "name": {"type": "text", "max_length": 40},
    "points": {"type": "number"},
    "balance": {"type": "money", "currency": "EUR"},
    "visited": {"type": "date-time"},
    "tier": {"type": "text"},
    "shop": {"type": "text", "default": "Lyon"},
}


@cache
def noise(width: int, height: int, seed: int, blur: float) -> bytes:
    """A PNG that compresses as a photograph does: noise, less of it with more blur."""
    pixels = random.Random(seed).randbytes(width * height * 3)
    picture = Image.frombytes("RGB", (width, height), pixels).filter(ImageFilter.GaussianBlur(blur))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def pictures(size: Size) -> dict[str, bytes]:
    """`large`: a strip and a logo, from which 400 kB of files are made. `small`: a little logo."""
    if size == "small":
        return {"logo": noise(50, 50, 3, 9)}
    return {"logo": noise(480, 150, 1, 4), "strip": noise(1125, 432, 2, 8)}


def model(size: Size = "large", *, spoken: bool = False) -> PassModel:
    """The Model; see `document`."""
    return PassModel.read(document(pictures(size), spoken=spoken))


def document(images: Mapping[str, bytes | str], *, spoken: bool = False) -> dict[str, Any]:
    """
    A store card of two languages whose six fields differ from pass to pass.

    Args:
        images: Place to picture, or to its path.
        spoken: A translated text holds values too, written as each language does, so that each pass has
            translations of its own; otherwise all share them.
    """
    return {
        "model": "benchmark-card",
        "pass_type": "loyalty",
        "function": "card in use",
        "organization": "Example",
        "description": {"en": "Loyalty card of Example", "fr": "Carte de fidélité Example"},
        "languages": ["en", "fr"],
        "zone": "Europe/Paris",
        "variables": VARIABLES,
        "colors": {"background": "#123456", "foreground": "#ffffff"},
        "images": dict(images),
        "fields": {
            "header": [field("points", "POINTS", "POINTS")],
            "primary": [field("balance", "BALANCE", "SOLDE")],
            "secondary": [field("name", "NAME", "NOM"), field("tier", "TIER", "STATUT")],
            "auxiliary": [field("visited", "LAST VISIT", "DERNIÈRE VISITE"), field("shop", "SHOP", "MAGASIN")],
            "back": [{"key": "how", "label": {"en": "How to", "fr": "Comment faire"}, "value": _about(spoken)}],
        },
        "barcode": {"format": "qr", "message": "{{ serial }}", "alt_text": "{{ serial }}"},
        "terms": {"en": "One card for each person.", "fr": "Une carte par personne."},
        "links": [{"url": "https://example.com/card/{{ serial }}", "label": {"en": "My account", "fr": "Mon compte"}}],
        "contact": {"email": "hello@example.com", "phone": "+33 1 23 45 67 89"},
        "loyalty": {"points": {"balance": "{{ points }}"}},
    }


def field(key: str, english: str, french: str) -> dict[str, Any]:
    """A field that shows the variable of its name, with a message when it changes."""
    label = {"en": english, "fr": french}
    change = {"en": f"{english.capitalize()}: %@", "fr": f"{french.capitalize()} : %@"}
    return {"key": key, "label": label, "value": f"{{{{ {key} }}}}", "change_message": change}


def _about(spoken: bool) -> dict[str, str]:
    if spoken:
        return {
            "en": "On {{ visited | date }} you had {{ points }} points, worth {{ balance }}.",
            "fr": "Le {{ visited | date }}, vous aviez {{ points }} points, soit {{ balance }}.",
        }
    return {"en": "Show it at the till.", "fr": "Présentez-la en caisse."}


def values(number: int) -> dict[str, object]:
    """What one pass says, as a CSV or a form gives it: text. Points and balance repeat after 100,000 passes only."""
    cents = number * 37 % 100_000
    return {
        "name": f"Ada Example {number}",
        "points": str(number * 7 % 100_000),
        "balance": f"{cents // 100}.{cents % 100:02} EUR",
        "visited": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:{number // 24 % 60:02}",
        "tier": ("blue", "silver", "gold")[number % 3],
        "shop": ("Lyon", "Paris", "Lille", "Nantes")[number % 4],
    }


def serial(number: int) -> str:
    """Its serial."""
    return f"BENCH-{number:07}"
