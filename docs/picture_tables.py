"""
Write the size tables of pictures.md from the templates: `python docs/picture_tables.py [--check]`.

With --check nothing is written; exit 1 tells that the page is out of step.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from walletpass.templates import apple, google

PAGE = Path(__file__).with_name("pictures.md")
APPLE_FITS = {"exact": "all of it, padded", "within": "all of it, as large as fits", "fill": "filled, cropped"}
GOOGLE_FITS = {**APPLE_FITS, "exact": "all of it, padded in the middle"}


def apple_table() -> str:
    """One row for each picture of an Apple pass."""
    rows = [
        "| file | box in points | @2x, pixels | @3x, pixels | how it is fitted | shown by |",
        "|---|---|---|---|---|---|",
    ]
    for rule in apple.IMAGES.values():
        styles = [style.key for style in apple.STYLES.values() if rule.name in style.images]
        boxes = [*dict.fromkeys([rule.size, *rule.sizes.values()])] if rule.size else []
        sizes = [" or ".join(f"{w * n}×{h * n}" for w, h in boxes) or "as wide as a phone" for n in apple.SCALES]
        note = f" ({', '.join(rule.sizes)}: the second)" if rule.sizes else ""
        fit = APPLE_FITS[rule.fit] + (", 2:3 to 3:2" if rule.aspect else "")
        rows.append(
            f"| `{rule.name}` | {sizes[0]}{note} | {sizes[1]} | {sizes[2]} | {fit} | {', '.join(styles) or '–'} |"
        )
    return "\n".join(rows)


def google_table() -> str:
    """One row for each picture of a Google pass."""
    rows = ["| picture | pixels | how it is fitted | where Google shows it |", "|---|---|---|---|"]
    for name, rule in google.IMAGES.items():
        width, height = rule.size
        fit = GOOGLE_FITS[rule.fit] + (f", margin {rule.margin:.0%}" if rule.margin else "")
        rows.append(f"| `{name}` | {f'{width}×{height}' if height else f'{width} wide'} | {fit} | {rule.shown} |")
    return "\n".join(rows)


def page_in_step(page: str) -> str:
    """The page with its tables as the templates have them now."""
    for name, table in {"apple": apple_table(), "google": google_table()}.items():
        page = re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", page, count=1, flags=re.DOTALL)
    return page


def main(arguments: list[str]) -> int:
    """Bring the page into step, or say whether it is."""
    page = PAGE.read_text("utf-8")
    fresh = page_in_step(page)
    if "--check" in arguments:
        return int(fresh != page)
    PAGE.write_text(fresh, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
