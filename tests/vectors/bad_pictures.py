"""Faults of pictures and of localisations."""

from __future__ import annotations

from draft import png
from recipe import Recipe, Spoil, bad, both, document, files, odd

EVENT = document(coupon=None, eventTicket={})


def texts(en: str | bytes, fr: str | bytes) -> Spoil:
    """Texts of two languages."""
    encoded = [text.encode() if isinstance(text, str) else text for text in (en, fr)]
    return files(en__lproj_in_pass__strings=encoded[0], fr__lproj_in_pass__strings=encoded[1])


RECIPES: list[Recipe] = [
    bad("icon-missing", "Wallet refuses it.", files(icon__png=None, icon_at_2x__png=None, icon_at_3x__png=None)),
    odd("icon-scale-missing", "Blurred on present phones.", files(icon_at_3x__png=None)),
    bad("picture-not-png", "A JPEG under another name.", files(logo__png=b"\xff\xd8\xff\xe0 JFIF")),
    bad("picture-cut-off", "The upload broke off.", files(logo__png=png(160, 50)[:-9]), "picture-broken"),
    bad("picture-broken", "A flipped bit.", files(logo__png=png(160, 50)[:60] + b"\xff" + png(160, 50)[61:])),
    bad("picture-too-large", "Twenty thousand pixels wide.", files(logo__png=png(20_000, 50))),
    odd("picture-cropped", "A square for a strip.", files(strip__png=png(400, 400))),
    odd("picture-misspelt", "Capitals matter.", files(Logo__png=png(160, 50))),
    odd("picture-never-shown", "Coupons have no thumbnail.", files(thumbnail__png=png(90, 90))),
    odd("pictures-exclude-each-other", "A strip and a background.", both(
        EVENT, files(strip__png=png(375, 98), background__png=png(343, 503)))),
    odd("picture-hides-localized", "The root wins.",
        files(logo__png=png(160, 50), fr__lproj_in_logo__png=png(160, 50))),
    odd("picture-scales-differ", "French has no @2x.", files(
        en__lproj_in_logo__png=png(160, 50), en__lproj_in_logo_at_2x__png=png(320, 100),
        fr__lproj_in_logo__png=png(160, 50))),
    odd("language-unknown", "Not a language.", files(francais__lproj_in_logo__png=png(160, 50))),
    bad("strings-broken", "A semicolon is missing.", texts('"a" = "A"', '"a" = "A";')),
    bad("strings-not-text", "Latin-1.", texts('"a" = "é";'.encode("latin-1"), '"a" = "A";'), "strings-broken"),
    odd("strings-key-repeated", "Two texts for a key.", texts('"a" = "A"; "a" = "B";', '"a" = "A";')),
    odd("strings-keys-differ", "French lacks b.", texts('"a" = "A"; "b" = "B";', '"a" = "A";')),
    odd("strings-placeholder-lost", "Points nobody sees.", texts('"p" = "%@ points";', '"p" = "des points";')),
    odd("strings-outside-folder", "Wallet does not look there.", files(pass__strings=b'"a" = "A";')),
]  # fmt: skip
