"""Samples: JSON files beside this one, and pictures painted here."""

import json
import random
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from walletpass.apple.strings import write_strings

SAMPLES = Path(__file__).parent / "samples"
SIZES = {
    "logo": (124, 100),
    "primaryLogo": (76, 60),
    "strip": (750, 288),
    "thumbnail": (180, 180),
    "background": (686, 1006),
    "footer": (572, 30),
    "artwork": (716, 896),
    "hero": (1032, 336),
    "round": (660, 660),
}


@cache
def paint(name: str, colours: tuple[str, str]) -> bytes:
    """A picture of its usual size: hills under a sky, or a mark on nothing for logos."""
    width, height = SIZES[name]
    if name in {"logo", "primaryLogo", "footer"}:
        picture = Image.new("RGBA", (width, height))
        draw = ImageDraw.Draw(picture)
        side = height * 0.8
        draw.ellipse((2, height * 0.1, side, height * 0.1 + side - 2), fill=colours[0])
        draw.ellipse((side * 0.5, height * 0.3, side * 1.2, height * 0.9), fill=colours[1])
    else:
        picture = Image.new("RGB", (width, height), colours[0])
        draw = ImageDraw.Draw(picture)
        for step in range(height):
            draw.line(
                (0, step, width, step),
                fill=Image.blend(
                    Image.new("RGB", (1, 1), colours[0]), Image.new("RGB", (1, 1), colours[1]), step / height
                ).getpixel((0, 0)),
            )
        chance = random.Random(name)
        for layer in range(3):
            base = height * (0.55 + 0.15 * layer)
            for _ in range(5):
                x, r = chance.uniform(0, width), chance.uniform(0.15, 0.3) * width
                shade = Image.new("RGB", (1, 1), colours[0]).point(lambda v, k=layer: int(v * (0.8 - 0.2 * k)))
                draw.ellipse((x - r, base, x + r, base + 2 * r), fill=shade.getpixel((0, 0)))
        picture = picture.filter(ImageFilter.GaussianBlur(2))
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def load_apple(name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """pass.json and the other files of a sample."""
    sample = json.loads((SAMPLES / f"apple-{name}.json").read_text(encoding="utf-8"))
    files = {f"{picture}@2x.png": paint(picture, tuple(sample["colours"])) for picture in sample["pictures"]}
    for language, texts in sample.get("strings", {}).items():
        files[f"{language}.lproj/pass.strings"] = write_strings(texts)
    return sample["pass"], files


def load_google(name: str) -> tuple[dict[str, Any], dict[str, Any], Callable[[str], bytes | None]]:
    """Class and object of a sample, and what resolves its picture addresses."""
    sample = json.loads((SAMPLES / f"google-{name}.json").read_text(encoding="utf-8"))

    def fetch(url: str) -> bytes | None:
        kind = url.rsplit("/", 1)[-1].removesuffix(".png")
        return paint(kind, tuple(sample["colours"])) if kind in SIZES else None

    return sample["class"], sample["object"], fetch


APPLE = sorted(path.stem.removeprefix("apple-") for path in SAMPLES.glob("apple-*.json"))
GOOGLE = sorted(path.stem.removeprefix("google-") for path in SAMPLES.glob("google-*.json"))


@pytest.fixture(params=APPLE)
def apple_sample(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, bytes]]:
    return load_apple(request.param)


@pytest.fixture(params=GOOGLE)
def google_sample(
    request: pytest.FixtureRequest,
) -> tuple[dict[str, Any], dict[str, Any], Callable[[str], bytes | None]]:
    return load_google(request.param)


@pytest.fixture
def apple() -> Callable[[str], tuple[dict[str, Any], dict[str, bytes]]]:
    return load_apple


@pytest.fixture
def google() -> Callable[[str], tuple[dict[str, Any], dict[str, Any], Callable[[str], bytes | None]]]:
    return load_google
