"""
Make the two fonts in walletpass/preview/fonts from the Noto fonts (Debian's fonts-noto-core, unpacked).

    python tools/make_preview_fonts.py FOLDER_OF_NOTO_TTF walletpass/preview/fonts

One file for each weight, so that text is measured and drawn with one font whatever its script.
"""

import sys
import tempfile
from pathlib import Path

from fontTools import merge, subset

LATIN_GREEK_CYRILLIC = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x250),
    *range(0x2B0, 0x530),
    *range(0x1E00, 0x2000),
    *range(0x2000, 0x20C1),
    *range(0x2100, 0x2190),
    0x25CC,
    0x25CF,
    0xFB01,
    0xFB02,
    0xFFFD,
]
ARABIC = [
    *range(0x600, 0x700),
    *range(0x750, 0x780),
    *range(0x8A0, 0x900),
    *range(0xFB50, 0xFE00),
    *range(0xFE70, 0xFF00),
]
HEBREW = [*range(0x590, 0x600), *range(0xFB1D, 0xFB50)]
STARS_AND_TICKS = [0x2605, 0x2606, 0x2713, 0x2714, 0x2717, 0x2708, 0x25B6]
ARROWS_AND_SIGNS = [
    0x2190,
    0x2191,
    0x2192,
    0x2193,
    0x2194,
    0x21C4,
    0x21D2,
    0x2212,
    0x221E,
    0x2248,
    0x2260,
    0x2264,
    0x2265,
]
FEATURES = ["kern", "mark", "mkmk", "ccmp", "liga", "locl", "rlig"]
FEATURES += ["init", "medi", "fina", "isol", "calt", "curs", "rclt"]  # what Arabic joins with


def cut(source: Path, letters: list[int], target: Path) -> str:
    """Write the part of a font that draws these letters, without hinting."""
    options = subset.Options(hinting=False, layout_features=FEATURES, name_IDs=["*"], notdef_outline=True)
    options.drop_tables += ["STAT", "meta"]
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)
    return str(target)


def main(noto: Path, fonts: Path) -> None:
    """Cut and merge, for each weight."""
    with tempfile.TemporaryDirectory() as folder:
        for weight in ("Regular", "Bold"):
            parts = [
                (f"NotoSans-{weight}.ttf", LATIN_GREEK_CYRILLIC),
                (f"NotoSansArabic-{weight}.ttf", ARABIC),
                (f"NotoSansHebrew-{weight}.ttf", HEBREW),
                ("NotoSansSymbols2-Regular.ttf", STARS_AND_TICKS),
                ("NotoSansMath-Regular.ttf", ARROWS_AND_SIGNS),
            ]
            cuts = [cut(noto / name, letters, Path(folder) / name) for name, letters in parts]
            merge.Merger().merge(cuts).save(str(fonts / f"NotoSans-{weight}.ttf"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
