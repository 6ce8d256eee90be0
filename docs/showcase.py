"""
Draw the pictures of the README: `python docs/showcase.py`.

Examples are run as they are, and what they made is laid out on two sheets.
"""

from __future__ import annotations

import runpy
import sys
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from walletpass import Drawing, draw_apple, draw_google
from walletpass.preview import sheet

DOCS = Path(__file__).parent
EXAMPLES = DOCS.parent / "examples"
FRONTS = {
    "01_coupon": "Coupon",
    "02_loyalty": "Loyalty card",
    "04_gift_card": "Gift card",
    "06_event_ticket": "Event ticket",
    "08_flight": "Boarding pass, by semantics (iOS 26)",
    "03_membership": "Membership, as a poster (iOS 27)",
}
"""Example to caption."""
PIXELS = 1.5
"""A point: sharp in the README, and below 400 kB."""


def run(stem: str) -> dict[str, Any]:
    """The names of an example after it ran in a folder that is thrown away."""
    arguments = sys.argv
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        sys.argv = [stem, folder]
        try:
            return runpy.run_path(str(EXAMPLES / f"{stem}.py"))
        finally:
            sys.argv = arguments


def apple_fronts() -> Drawing:
    """Six kinds of pass, in English."""
    passes = [run(stem)["apple"] for stem in FRONTS]
    return sheet([draw_apple(one.pass_json, one.files, language="en") for one in passes], [*FRONTS.values()], columns=3)


def both_wallets() -> Drawing:
    """One coupon, front and back, on both wallets, in French."""
    made = run("01_coupon")
    apple, google, pictures = made["apple"], made["google"], made["published"].get
    drawings = [
        draw_apple(apple.pass_json, apple.files, language="fr"),
        draw_apple(apple.pass_json, apple.files, language="fr", side="back"),
        draw_google(google.class_, google.object_, language="fr", images=pictures),
        draw_google(google.class_, google.object_, language="fr", images=pictures, side="back"),
    ]
    return sheet(drawings, ["Apple Wallet", "its back", "Google Wallet", "its details"])


def save(drawing: Drawing, name: str) -> None:
    """Write one sheet beside this script."""
    Image.open(BytesIO(drawing.png(scale=PIXELS))).convert("RGB").save(DOCS / name, optimize=True)


if __name__ == "__main__":
    save(apple_fronts(), "showcase-apple.png")
    save(both_wallets(), "showcase-both.png")
