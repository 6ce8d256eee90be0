"""
Draw the pictures of the examples: `python -m examples.pictures.draw`.

The marks stand on the ground colour of their pass, so that they serve as icon, as Apple's logo and in Google's circle.
The firms do not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from examples.pictures.pen import circle, gradient, group, line, path, petals, rect, shape, sheet, words

ESPRESSO, CREAM, AMBER, CINNAMON = "#3b2418", "#f6e7d2", "#e39a4a", "#8a5230"
FOREST, PAPER, TOMATO, SUN, LEAF = "#0b3d2e", "#fff4dc", "#e4572e", "#f2b134", "#7fb069"
NIGHT, ROSE, PEACH, LAGOON = "#1b1440", "#ff5d8f", "#ffb347", "#3fd0c9"
SLATE, IVORY, CLAY = "#22333b", "#f2ede4", "#c6603f"
NAVY, CORAL, SKY = "#0d2c54", "#ff7a5c", "#7cc6fe"
TEAL, SAND = "#0a5c6b", "#f0dfb0"
WINE, GOLD = "#6d1a36", "#f3c969"
OCHRE, BARK = "#ffc94d", "#3a2613"
FOAM, DEEP, BUOY = "#e8f3f4", "#123a5a", "#d1495b"
PLUM, LINEN, BRASS = "#472344", "#f8ecdc", "#e0a458"


def cup(ink: str, steam: str) -> str:
    """A cup in a square of 200, seen from the side."""
    return (
        path("M52 92h84v30a38 38 0 0 1-38 38h-8a38 38 0 0 1-38-38z", ink)
        + line("M136 100h8a17 17 0 0 1 0 34h-10", ink, 10)
        + line("M44 172h100", ink, 9)
        + line("M78 76c-10-12 10-20 0-34M108 76c-10-12 10-20 0-34", steam, 8)
    )


def basket(ink: str) -> str:
    """A market basket in a square of 200."""
    fruit = circle(76, 86, 20, TOMATO) + circle(104, 76, 23, SUN) + circle(131, 88, 18, LEAF)
    leaf = path("M104 54q2-20 22-22-2 20-22 22z", LEAF)
    weave = "".join(line(f"M{x} 112l{(100 - x) // 8} 46", FOREST, 4) for x in (64, 82, 100, 118, 136))
    return (
        leaf
        + fruit
        + path("M40 98h120l-14 68a8 8 0 0 1-8 6H62a8 8 0 0 1-8-6z", ink)
        + weave
        + rect(34, 94, 132, 14, ink, rx=7)
    )


def wave_mark(ink: str, glow: str) -> str:
    """A moon over sound waves, in a square of 200."""
    bars = "".join(rect(36 + 20 * n, 156 - h, 12, h, ink, rx=6) for n, h in enumerate((20, 40, 62, 30, 52, 30, 16)))
    return path("M118 20a36 36 0 1 0 32 56 30 30 0 0 1-32-56z", glow) + bars


def arch(ink: str, glow: str) -> str:
    """A museum's portal, in a square of 200."""
    columns = "".join(rect(x, 92, 14, 58, ink) for x in (48, 78, 108, 138))
    return (
        path("M36 80L100 40l64 40z", ink)
        + circle(100, 66, 8, glow)
        + columns
        + rect(36, 156, 128, 12, ink)
        + rect(36, 82, 128, 6, ink)
    )


def bird(ink: str, glow: str) -> str:
    """A paper bird in flight, in a square of 200."""
    return (
        path("M28 118L172 44 116 164 96 122z", ink)
        + path("M172 44L96 122l-6 44 24-22z", glow)
        + path("M28 118l68 4-38 8z", glow)
    )


def rails(ink: str, glow: str) -> str:
    """Rails running to the sun, in a square of 200."""
    sleepers = "".join(
        line(f"M{100 - w} {y}h{2 * w}", ink, 3 + w / 9) for y, w in ((104, 15), (122, 28), (146, 45), (172, 63))
    )
    return (
        circle(100, 66, 24, glow) + line("M94 92L52 178M106 92l42 86", ink, 9) + sleepers + line("M34 90h132", ink, 7)
    )


def coach(ink: str, glass: str) -> str:
    """A coach from the side under the sun, in a square of 200."""
    windows = "".join(rect(x, 82, 26, 28, glass, rx=4) for x in (48, 80, 112))
    wheels = "".join(circle(x, 150, 16, ink, stroke=glass, stroke_width=7) for x in (68, 136))
    return (
        circle(144, 42, 18, ink)
        + rect(34, 68, 134, 80, ink, rx=14)
        + windows
        + path("M144 82h12a12 12 0 0 1 12 12v30h-24z", glass)
        + wheels
    )


def sails(ink: str, glow: str) -> str:
    """A boat with two sails on the waves, in a square of 200."""
    return (
        path("M96 30v92H44z", ink)
        + path("M106 48l44 74h-44z", glow)
        + path("M36 132h128l-20 26H60z", ink)
        + line("M32 174q17-14 34 0t34 0 34 0 34 0", ink, 8)
    )


def book(ink: str, glow: str) -> str:
    """An open book under a lamp's light, in a square of 200."""
    page = "M100 84Q70 60 32 66v84q38-6 68 18z"
    lines = line("M50 92q18 0 32 9M50 114q18 0 32 9", glow, 6)
    return (
        circle(100, 42, 15, glow)
        + path(page, ink)
        + lines
        + group(path(page, ink) + lines, transform="translate(200 0) scale(-1 1)")
    )


def bow(ink: str) -> str:
    """A ribbon's bow around the origin, 200 wide."""
    loop = "M0 0C-20-60-110-76-100-12-96 34-30 26 0 0z"
    tail = path("M-6 6L-52 96l22-6 10 20L8 12z", ink, fill_opacity=0.85)
    return (
        tail
        + group(tail, transform="scale(-1 1)")
        + path(loop, ink)
        + group(path(loop, ink), transform="scale(-1 1)")
        + circle(0, 0, 17, ink)
    )


def mark(ground: str, drawing: str) -> str:
    """A square mark, full to the edge."""
    return sheet(
        200,
        200,
        rect(0, 0, 200, 200, ground),
        group(drawing, transform="translate(100 100) scale(.96) translate(-100 -100)"),
    )


def wide(drawing: str, name: str, ink: str) -> str:
    """A mark and a name beside it, on a clear ground, 640 x 200."""
    return sheet(640, 200, drawing, words(name, 196, 132, 92, ink))


def cafe_strip() -> str:
    """A shelf of cups in the morning; the left half stays calm, since text stands there."""
    cups = "".join(
        group(cup(AMBER if n == 1 else CREAM, AMBER), transform=f"translate({570 + 182 * n} 176) scale(.9)")
        for n in range(3)
    )
    beams = "".join(path(f"M{x} 0h90L{x - 40} 432h-170z", PEACH, fill_opacity=0.07) for x in range(160, 1200, 230))
    return sheet(
        1125,
        432,
        gradient("air", "#5a3621", ESPRESSO),
        rect(0, 0, 1125, 432, "url(#air)"),
        beams,
        circle(930, 80, 150, AMBER, fill_opacity=0.16),
        circle(930, 80, 90, AMBER, fill_opacity=0.22),
        rect(0, 332, 1125, 14, CINNAMON),
        rect(0, 346, 1125, 86, "#2b190f"),
        cups,
    )


def tomato(x: int, y: int, size: int) -> str:
    return (
        circle(x, y, size, TOMATO)
        + circle(x - size * 0.35, y - size * 0.35, size * 0.18, "#fff", fill_opacity=0.35)
        + petals(x, y - size * 0.8, 5, size * 0.16, size * 0.5, LEAF)
    )


def lemon(x: int, y: int, size: int) -> str:
    turned = shape("ellipse", cx=0, cy=0, rx=size * 1.25, ry=size * 0.9, fill=SUN) + circle(
        size * 1.2, 0, size * 0.22, SUN
    )
    return group(
        turned,
        shape(
            "ellipse", cx=-size * 0.4, cy=-size * 0.35, rx=size * 0.35, ry=size * 0.16, fill="#fff", fill_opacity=0.45
        ),
        transform=f"translate({x} {y}) rotate(-24)",
    )


def carrot(x: int, y: int, size: int) -> str:
    body = path(
        f"M0 {size * 1.6}Q{-size * 0.75} 0 {-size * 0.45} {-size * 0.6}h{size * 0.9}Q{size * 0.75} 0 0 {size * 1.6}z",
        "#f08a3c",
    )
    top = "".join(
        line(f"M0 {-size * 0.6}q{bend} {-size * 0.5} {bend * 1.6} {-size}", LEAF, size * 0.16)
        for bend in (-size * 0.4, 0, size * 0.4)
    )
    return group(top, body, transform=f"translate({x} {y}) rotate(18)")


def pea(x: int, y: int, size: int) -> str:
    pod = path(f"M{-size * 1.5} 0Q0 {size * 1.4} {size * 1.5} 0Q0 {size * 0.3} {-size * 1.5} 0z", "#4f8a4c")
    peas = "".join(circle(n * size * 0.55, size * 0.36, size * 0.3, "#a7d08c") for n in (-1, 0, 1))
    return group(pod, peas, transform=f"translate({x} {y}) rotate(-14)")


def market_strip() -> str:
    """A stall under its awning; room for text at the left."""
    stripes = "".join(path(f"M{n * 75} 0h75v84a37.5 37.5 0 0 1-75 0z", PAPER if n % 2 else TOMATO) for n in range(15))
    goods = (
        pea(548, 318, 52) + tomato(664, 318, 54) + lemon(790, 326, 50) + carrot(906, 290, 58) + tomato(1040, 308, 64)
    )
    back = lemon(724, 246, 34) + tomato(838, 238, 40) + lemon(970, 222, 36) + tomato(1090, 214, 34)
    return sheet(
        1125,
        432,
        gradient("shade", "#124f3c", FOREST),
        rect(0, 0, 1125, 432, "url(#shade)"),
        back,
        goods,
        rect(0, 364, 1125, 68, "#8a5a33"),
        rect(0, 364, 1125, 10, "#a8713f"),
        rect(0, 402, 1125, 4, "#744826"),
        stripes,
    )


def hills(width: int, low: int, color: str, bend: int) -> str:
    return path(f"M0 {low}Q{width // 4} {low - bend} {width // 2} {low}T{width} {low}V2000H0z", color)


def stars(width: int, height: int, count: int) -> str:
    """Scattered evenly, the same each time (a low-discrepancy sequence)."""
    places = ((n * 0.7549 % 1, n * 0.5698 % 1) for n in range(1, count + 1))
    return "".join(
        circle(x * width, y * height, 1.5 + n % 4, "#fff", fill_opacity=0.75) for n, (x, y) in enumerate(places)
    )


def festival_artwork() -> str:
    """A night by the sea, the stage's lights over the water."""
    beams = "".join(
        path(f"M537 1010L{x} 120h{w}z", color, fill_opacity=0.13)
        for x, w, color in (
            (-60, 220, LAGOON),
            (210, 170, ROSE),
            (470, 140, PEACH),
            (700, 170, ROSE),
            (920, 230, LAGOON),
        )
    )
    ripples = "".join(
        line(f"M{537 - w} {y}h{2 * w}", PEACH, 5, stroke_opacity=0.55)
        for y, w in ((1060, 150), (1092, 96), (1126, 190), (1168, 70), (1210, 120))
    )
    crowd = "".join(circle(18 + 53 * n, 1322 - (n * 37 % 23), 34, "#0c0822") for n in range(21))
    hands = "".join(
        line(f"M{x} 1330q{bend} -60 {bend // 2} -110", "#0c0822", 17)
        for x, bend in ((120, 20), (214, -24), (420, 16), (598, -14), (760, 22), (930, -20))
    )
    return sheet(
        1074,
        1344,
        gradient("sky", NIGHT, "#3b1f6e", "#a3386f", "#ff8a5c"),
        gradient("sea", "#7a2f66", "#1a1240"),
        rect(0, 0, 1074, 1344, "url(#sky)"),
        stars(1074, 620, 60),
        circle(537, 640, 250, PEACH, fill_opacity=0.18),
        circle(537, 640, 180, "#ffd9a0"),
        beams,
        hills(1074, 960, "#57265f", 120),
        rect(0, 1000, 1074, 344, "url(#sea)"),
        ripples,
        hands,
        crowd,
    )


def museum_artwork() -> str:
    """A gallery of arches, one in the other, towards the light."""
    shades = ("#2c404a", "#38515c", "#4b6a74", "#7d9290", "#c9bfa6", "#f2e3c0")
    arches = "".join(
        path(f"M{537 - w} 1344V{720 - w // 2}a{w} {w} 0 0 1 {2 * w} 0v{624 + w // 2}z", shade)
        for w, shade in zip((500, 410, 325, 245, 170, 100), shades, strict=True)
    )
    floor = path("M0 1344V1120L437 850h200l437 270v224z", "#1a282f", fill_opacity=0.55)
    statue = circle(537, 735, 26, CLAY) + path("M537 768q44 8 44 60l-16 66h-56l-16-66q0-52 44-60z", CLAY)
    plinth = rect(497, 894, 80, 66, IVORY) + rect(485, 890, 104, 14, IVORY)
    return sheet(1074, 1344, rect(0, 0, 1074, 1344, SLATE), arches, floor, statue + plinth)


def festival_background() -> str:
    """Calm and wide: Apple blurs it."""
    return sheet(
        1029,
        1509,
        gradient("sky", NIGHT, "#4a2378", "#b33d74", "#ff9a62"),
        rect(0, 0, 1029, 1509, "url(#sky)"),
        circle(760, 420, 300, ROSE, fill_opacity=0.35),
        circle(200, 900, 340, LAGOON, fill_opacity=0.25),
        circle(700, 1200, 260, PEACH, fill_opacity=0.4),
        stars(1029, 700, 40),
    )


def festival_thumbnail() -> str:
    """The mark in its night."""
    return sheet(
        270,
        270,
        gradient("sky", "#3b1f6e", "#c2406f"),
        rect(0, 0, 270, 270, "url(#sky)"),
        group(wave_mark("#fff", PEACH), transform="translate(27 30) scale(1.08)"),
    )


def member_thumbnail() -> str:
    """A reader's portrait, 2:3."""
    return sheet(
        180,
        270,
        rect(0, 0, 180, 270, "#d9c7a8"),
        circle(140, 50, 70, "#e6d8bf"),
        path("M10 270c0-74 34-106 80-106s80 32 80 106z", SLATE),
        path("M66 150h48v30a24 24 0 0 1-48 0z", "#c98f6b"),
        circle(90, 112, 46, "#dca57f"),
        path("M42 114c-8-62 32-78 54-74 40-2 50 36 42 74-6-26-22-40-40-44-22 6-46 12-56 44z", "#3a2a22"),
        path("M58 270l8-64 24 18 24-18 8 64z", CLAY),
    )


def airline_footer() -> str:
    """A band above the barcode, 286 x 15 points."""
    tails = "".join(group(bird("#fff", SKY), transform=f"translate({x} 1) scale(.14)") for x in (4, 826))
    return sheet(
        858,
        45,
        rect(0, 0, 858, 45, NAVY),
        group(tails, transform="translate(0 7)"),
        words("PRIORITY", 429, 34, 30, "#fff", spacing=12, middle=True),
        line("M52 24H300M558 24H806", CORAL, 3),
    )


def gift_strip() -> str:
    """Ribbon and bow on paper full of stars."""
    pattern = "".join(
        petals(45 + 90 * (n % 13) - 45 * (n // 13 % 2), 40 + 88 * (n // 13), 4, 5, 17, GOLD, fill_opacity=0.22)
        for n in range(65)
    )
    return sheet(
        1125,
        432,
        gradient("paper", "#8e2448", WINE, across=True),
        rect(0, 0, 1125, 432, "url(#paper)"),
        pattern,
        rect(806, 0, 64, 432, GOLD),
        rect(0, 354, 1125, 46, GOLD),
        rect(806, 0, 10, 432, "#fff", fill_opacity=0.25),
        rect(0, 354, 1125, 8, "#fff", fill_opacity=0.25),
        group(bow("#ffdf8e"), transform="translate(838 372) scale(1.2)"),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "cafe-mark": lambda: mark(ESPRESSO, cup(CREAM, AMBER)),
    "cafe-wide": lambda: wide(cup(CREAM, AMBER), "brume", CREAM),
    "cafe-strip": cafe_strip,
    "market-mark": lambda: mark(FOREST, basket(PAPER)),
    "market-wide": lambda: wide(basket(PAPER), "halle", PAPER),
    "market-strip": market_strip,
    "festival-mark": lambda: mark(NIGHT, wave_mark(ROSE, PEACH)),
    "festival-wide": lambda: wide(wave_mark(ROSE, PEACH), "marée", "#fff"),
    "festival-artwork": festival_artwork,
    "festival-background": festival_background,
    "festival-thumbnail": festival_thumbnail,
    "museum-mark": lambda: mark(SLATE, arch(IVORY, CLAY)),
    "museum-wide": lambda: wide(arch(IVORY, CLAY), "palais", IVORY),
    "museum-artwork": museum_artwork,
    "member-thumbnail": member_thumbnail,
    "airline-mark": lambda: mark(NAVY, bird("#fff", CORAL)),
    "airline-wide": lambda: wide(bird("#fff", CORAL), "alba air", "#fff"),
    "airline-footer": airline_footer,
    "train-mark": lambda: mark(TEAL, rails(SAND, "#fff")),
    "train-wide": lambda: wide(rails(SAND, "#fff"), "ligne", SAND),
    "bus-mark": lambda: mark(OCHRE, coach(BARK, OCHRE)),
    "bus-wide": lambda: wide(coach(BARK, OCHRE), "cigale", BARK),
    "boat-mark": lambda: mark(FOAM, sails(DEEP, BUOY)),
    "boat-wide": lambda: wide(sails(DEEP, BUOY), "goéland", DEEP),
    "library-mark": lambda: mark(PLUM, book(LINEN, BRASS)),
    "gift-wide": lambda: wide(group(bow(GOLD), transform="translate(100 84) scale(.8)"), "écrin", GOLD),
    "gift-mark": lambda: mark(WINE, group(bow(GOLD), transform="translate(100 84) scale(.8)")),
    "gift-strip": gift_strip,
}


if __name__ == "__main__":
    for name, drawing in PICTURES.items():
        Path(__file__).with_name(f"{name}.svg").write_text(drawing(), "utf-8")
    print(f"{len(PICTURES)} pictures drawn")
