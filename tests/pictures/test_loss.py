"""What is lost of a picture is said."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from walletpass.findings import Severity
from walletpass.pictures import open_picture, picture_findings
from walletpass.values import Color

WHITE = Color(255, 255, 255)


def source(image: Image.Image):
    out = io.BytesIO()
    image.save(out, format="PNG")
    return open_picture(out.getvalue(), name="source.png")


def disc(color: str, ground: str | None = None, size: int = 600):
    image = Image.new("RGBA", (size, size), ground or (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((5, 5, size - 6, size - 6), fill=color)
    return source(image)


def rules(*args: object, **options: object) -> list[str]:
    return [finding.rule for finding in picture_findings(*args, **options)]


def test_a_fit_picture_has_no_findings():
    assert rules("apple", "logo", disc("navy"), behind=WHITE) == []
    assert rules("google", "logo", disc("navy", size=700), behind=WHITE) == []
    assert rules("apple", "strip", source(Image.new("RGB", (1125, 432), "navy"))) == []


def test_a_source_smaller_than_the_largest_scale_is_named_with_the_size_it_needs():
    findings = picture_findings("apple", "icon", disc("navy", size=60))
    assert [(finding.rule, finding.severity, finding.where) for finding in findings] == [
        ("picture-enlarged", Severity.WARNING, "images.icon")
    ]
    assert findings[0].hint == "Give one of at least 114 x 114 pixels, or an SVG."


def test_an_svg_is_never_called_too_small():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
    assert rules("apple", "icon", open_picture(svg, name="a.svg")) == []


@pytest.mark.parametrize(("width", "expected"), [(1125, []), (1350, []), (2000, ["picture-cropped"])])
def test_cropping_is_told_beyond_a_fifth(width, expected):
    assert rules("apple", "strip", source(Image.new("RGB", (width, 432), "navy"))) == expected


def test_padding_instead_of_cropping_says_nothing():
    assert rules("google", "hero", source(Image.new("RGB", (2000, 2000), "navy")), fit="contain") == []


def test_a_clear_backdrop_is_told_unless_a_color_fills_it():
    picture = disc("navy", size=1400)
    assert "picture-transparent" in rules("apple", "artwork", picture)
    assert "picture-transparent" not in rules("apple", "artwork", picture, background=WHITE)


def test_a_logo_that_cannot_be_seen_is_told():
    assert rules("apple", "logo", disc("#fafafa"), behind=WHITE) == ["picture-faint"]
    assert rules("apple", "logo", disc("#fafafa"), behind=Color(0, 60, 40)) == []


def test_a_logo_with_its_own_ground_is_told_to_show_as_a_box():
    picture = disc("navy", ground="white")
    assert rules("apple", "logo", picture, behind=Color(0, 60, 40)) == ["picture-boxed"]
    assert rules("apple", "logo", picture, behind=WHITE) == []


def test_a_heavy_picture_is_noted_for_apple_as_every_pass_carries_it():
    noise = source(Image.effect_noise((1200, 500), 90))
    assert "picture-heavy" in rules("apple", "strip", noise)
    assert "picture-heavy" not in rules("google", "hero", noise)


def test_the_place_can_be_named():
    findings = picture_findings("apple", "icon", disc("navy", size=60), where="images.icon.languages.fr")
    assert findings[0].where == "images.icon.languages.fr"
