"""Each file of hostile/ is refused for its own reason, in one line that names it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from walletpass.errors import PictureError
from walletpass.pictures import apple_files, open_picture, raster

HOSTILE = Path(__file__).parent / "hostile"

REASONS = {
    "animated.png": "animated",
    "animated.webp": "animated",
    "aspect-1000-to-1.svg": "SVG of 9000 x 9",
    "bomb-of-64-megapixels.png": "has 8000 x 8000 pixels",
    "checksum-wrong.png": "damaged",
    "circle-of-references.svg": "refers to itself",
    "claims-4-gigapixels.png": "not a readable PNG",
    "clear-everywhere.png": "shows nothing",
    "cut-off.jpg": "damaged or cut off",
    "cut-off.png": "damaged or cut off",
    "cut-off.webp": "not a readable WEBP",
    "draws-nothing.svg": "shows nothing",
    "embedded-bomb.svg": "picture inside that has 8000 x 8000 pixels",
    "embedded-svg.svg": "refers to another file",
    "empty.png": "is empty",
    "entity-bomb.svg": "declares entities",
    "entity-of-a-file.svg": "declares entities",
    "film.jpg": "is a film",
    "filter-without-bound.svg": "feTurbulence",
    "gif-inside.png": "is a GIF",
    "header-only.jpg": "not a readable JPEG",
    "header-only.webp": "not a readable WEBP",
    "heic-inside.jpg": "is an HEIC",
    "marker.svg": "with a marker",
    "named-file-in-style.svg": "refers to another file",
    "named-file.svg": "refers to another file",
    "named-url.svg": "refers to another file",
    "nested-1000-deep.svg": "too complex",
    "no-size.svg": "without size",
    "not-closed.svg": "not well-formed",
    "not-utf-8.svg": "not in UTF-8",
    "pdf-inside.jpg": "is a PDF",
    "style-filter-on-all.svg": "too complex",
    "style-import.svg": "imports",
    "text-bomb-of-80-megabytes.png": "not a readable PNG",
    "text.svg": "convert the text to outlines",
    "too-many-elements.svg": "too complex",
    "use-bomb.svg": "too complex",
    "web-page.svg": "is a web page",
    "width-zero.png": "not a readable PNG",
    "words.png": "no known picture type",
}


def test_every_hostile_file_has_its_reason():
    assert {path.name for path in HOSTILE.iterdir() if path.suffix in {".png", ".jpg", ".webp", ".svg"}} == set(REASONS)


@pytest.mark.parametrize("name", REASONS)
def test_a_hostile_file_is_refused_in_one_line_for_its_own_reason(name):
    with pytest.raises(PictureError) as refused:
        open_picture((HOSTILE / name).read_bytes(), name=name)
    message = str(refused.value)
    assert message.startswith(f"picture '{name}' ")
    assert REASONS[name] in message
    assert ": " in message
    assert "\n" not in message


def test_a_file_beyond_20_megabytes_is_refused_unread():
    with pytest.raises(PictureError, match="has 21 MB"):
        open_picture(bytes(21_000_000), name="large.png")


def test_a_bomb_is_refused_before_its_pixels_are_unpacked(monkeypatch):
    unpacked = []
    monkeypatch.setattr(raster, "_load", unpacked.append)
    with pytest.raises(PictureError):
        open_picture((HOSTILE / "bomb-of-64-megapixels.png").read_bytes(), name="bomb.png")
    assert unpacked == []


def whole_files() -> list[bytes]:
    photo = Image.radial_gradient("L").resize((60, 40)).convert("RGB")
    files = []
    for kind in ("PNG", "JPEG", "WEBP"):
        out = io.BytesIO()
        photo.save(out, format=kind)
        files.append(out.getvalue())
    return [*files, b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>']


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(whole_files()), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=5))
def test_a_damaged_picture_opens_or_is_refused_and_nothing_else(source, damages):
    damaged = bytearray(source)
    for share, value in damages:
        damaged[int(share * len(damaged))] = value
    with contextlib.suppress(PictureError):
        assert len(apple_files("icon", open_picture(bytes(damaged), name="x"))) == 3
