"""One source picture becomes the files each wallet wants."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from walletpass.errors import PictureError, UsageError
from walletpass.pictures import apple_files, google_image, hashed_name, open_picture, picture_findings, svg, url_prefix
from walletpass.pictures.cache import Cache
from walletpass.templates import apple, google
from walletpass.values import Color

DISC = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100">
  <circle cx="150" cy="50" r="40" fill="#c02020"/></svg>"""


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def photo(width: int, height: int) -> Image.Image:
    """Opaque, with four different corners."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (across, down, Image.new("L", (width, height), 90)))


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize("kind", apple.IMAGES)
def test_apple_gets_each_picture_in_three_scales_inside_its_box(kind):
    files = apple_files(kind, open_picture(DISC, name="disc.svg"))
    assert list(files) == [f"{kind}.png", f"{kind}@2x.png", f"{kind}@3x.png"]
    sizes = [opened(png).size for png in files.values()]
    rule = apple.IMAGES[kind]
    for scale, size in zip((1, 2, 3), sizes, strict=True):
        if rule.size and rule.fit == "exact":
            assert size == (rule.size[0] * scale, rule.size[1] * scale)
        elif rule.size:
            assert size[0] <= rule.size[0] * scale
            assert size[1] <= rule.size[1] * scale
            assert size[0] >= (rule.min_width or 0) * scale


def test_the_strip_of_an_event_ticket_is_lower():
    picture = open_picture(saved(photo(1200, 400)), name="strip.png")
    sizes = {style: opened(apple_files("strip", picture, style=style)["strip@3x.png"]).size for style in apple.STYLES}
    assert sizes["coupon"] == sizes["storeCard"] == (1125, 432)
    assert sizes["eventTicket"] == (1125, 294)


@pytest.mark.parametrize("kind", google.IMAGES)
def test_google_gets_each_picture_in_its_size(kind):
    image = opened(google_image(kind, open_picture(saved(photo(2000, 1000)), name="photo.png")))
    width, height = google.IMAGES[kind].size
    if google.IMAGES[kind].fit == "within":
        assert image.width <= width
        assert image.height <= (height or 2 * width)
    else:
        assert image.size == (width, height)


def test_a_google_logo_keeps_its_drawing_out_of_the_corners_of_the_circle():
    image = opened(google_image("logo", open_picture(DISC, name="disc.svg")))
    left, top, right, bottom = image.getchannel("A").point(lambda alpha: 255 * (alpha > 128)).getbbox()
    assert min(left, top, 660 - right, 660 - bottom) >= 99
    assert 450 < right - left <= 462


def test_a_logo_on_a_plain_ground_is_padded_with_that_ground():
    plain = Image.new("RGB", (600, 300), "#f4efe6")
    ImageDraw.Draw(plain).ellipse((250, 100, 350, 200), fill="#123456")
    image = opened(google_image("logo", open_picture(saved(plain), name="plain.png")))
    assert image.mode == "RGB"
    assert pixel(image, 2, 2) == (0xF4, 0xEF, 0xE6)
    assert pixel(image, 330, 330) == (0x12, 0x34, 0x56)
    assert pixel(image, 110, 330) == pytest.approx((0x12, 0x34, 0x56), abs=90)  # the disc fills the middle


def test_a_photo_as_google_logo_fills_the_square():
    picture = open_picture(saved(photo(900, 600)), name="photo.png")
    assert len({opened(google_image("logo", picture)).getpixel((x, 659)) for x in (0, 659)}) == 2
    assert "picture-corners-cut" in [finding.rule for finding in picture_findings("google", "logo", picture)]


def test_fit_and_focus_choose_what_is_seen():
    halves = Image.new("RGB", (800, 200), "red")
    halves.paste("blue", (400, 0, 800, 200))
    picture = open_picture(saved(halves), name="halves.png")
    seen = [
        pixel(opened(apple_files("artwork", picture, focus=(x, 0.5), scales=(1,))["artwork.png"]), 180, 200)
        for x in (0.0, 1.0)
    ]
    assert seen == [(255, 0, 0), (0, 0, 255)]
    padded = opened(apple_files("artwork", picture, fit="contain", scales=(1,))["artwork.png"])
    assert padded.size == (358, 448)
    assert pixel(padded, 180, 5)[3] == 0
    grounded = apple_files("artwork", picture, fit="contain", background=Color(1, 2, 3), scales=(1,))
    assert pixel(opened(grounded["artwork.png"]), 180, 5) == (1, 2, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_becomes_eight_bit_color(mode):
    grey = Image.new("I;16", (64, 64), 0x8000) if mode == "I;16" else Image.new("L", (64, 64), 255).convert(mode)
    image = opened(apple_files("icon", open_picture(saved(grey), name=mode), scales=(1,))["icon.png"])
    assert image.mode == "RGB"
    assert pixel(image, 19, 19) == ((128,) * 3 if mode == "I;16" else (255,) * 3)


def test_cmyk_and_color_profiles_end_as_srgb():
    cmyk = open_picture(saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95), name="cmyk.jpg")
    red, green, blue = pixel(opened(apple_files("icon", cmyk)["icon.png"]), 19, 19)
    assert red > 200
    assert max(green, blue) < 60
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    odd = open_picture(saved(Image.new("RGB", (64, 64), "teal"), icc_profile=profile), name="odd.png")
    assert pixel(opened(apple_files("icon", odd)["icon.png"]), 19, 19) == (0, 128, 128)


def test_orientation_is_applied_and_metadata_left_behind():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    exif[0x010E] = "taken at home"
    sideways = saved(photo(400, 200), "JPEG", exif=exif)
    picture = open_picture(sideways, name="phone.jpg")
    assert (picture.width, picture.height) == (200, 400)
    png = apple_files("personalizationLogo", picture)["personalizationLogo.png"]
    assert opened(png).size == (20, 40)
    assert b"home" not in png
    assert opened(png).info == {}


def test_the_type_is_told_by_the_bytes_not_by_the_name():
    assert open_picture(saved(photo(9, 9), "WEBP"), name="photo.png").type == "WEBP"


def test_an_svg_is_drawn_sharp_at_each_scale():
    line = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path fill="#000" d="M0 0h1v2H0z"/></svg>'
    image = opened(apple_files("icon", open_picture(line, name="line.svg"))["icon@3x.png"]).getchannel("A")
    assert set(image.get_flattened_data() if hasattr(image, "get_flattened_data") else image.getdata()) == {0, 255}


def test_the_same_source_gives_the_same_bytes_in_another_process():
    code = (
        "import hashlib, sys; from walletpass.pictures import *;"
        "files = apple_files('logo', open_picture(sys.stdin.buffer.read(), name='x'));"
        "print(hashlib.sha256(b''.join(files.values())).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], input=DISC, capture_output=True).stdout for _ in range(2)}
    assert len(runs) == 1
    assert len(runs.pop().strip()) == 64


def test_a_source_is_resized_once_however_many_threads_ask():
    picture = open_picture(saved(photo(500, 300)), name="p.png")
    made = apple_files("strip", picture)["strip.png"]
    with ThreadPoolExecutor(4) as threads:
        again = list(threads.map(lambda _: apple_files("strip", picture)["strip.png"], range(40)))
    assert all(png is made for png in again)
    assert apple_files("strip", open_picture(picture.data, name="again"))["strip.png"] is made


@settings(max_examples=50)
@given(st.lists(st.integers(0, 60)))
def test_the_cache_keeps_the_newest_and_never_weighs_more_than_allowed(weights):
    cache: Cache[int, str] = Cache(max_weight=50)
    for weight in weights:
        cache.put(weight, f"of {weight}", weight)
        assert cache.get(weight) == (f"of {weight}" if weight <= 50 else None)
        assert cache.weight <= 50


def test_an_unknown_kind_names_those_there_are():
    picture = open_picture(DISC, name="disc.svg")
    with pytest.raises(UsageError, match="Apple has no picture 'hero': name one of icon, logo"):
        apple_files("hero", picture)
    with pytest.raises(UsageError, match="Google has no picture 'strip': name one of logo"):
        google_image("strip", picture)


def test_an_svg_far_from_the_shape_wanted_is_refused_before_it_is_drawn():
    thin = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 480"><rect width="10" height="480"/></svg>'
    with pytest.raises(PictureError, match=r"picture 'thin.svg' would need 750 x 36000 pixels"):
        apple_files("strip", open_picture(thin, name="thin.svg"))


def test_names_for_google_change_with_the_content():
    urls = url_prefix("https://img.example.com/p/")
    assert urls("hero", b"1") == f"https://img.example.com/p/{hashed_name(b'1', 'hero')}"
    assert urls("hero", b"1") != urls("hero", b"2")
    assert hashed_name(b"", "logo") == "logo-e3b0c44298fc1c14.png"


@pytest.mark.parametrize(
    "prefix", ["http://a.example/", "https://", "a.example", "https://a.example/?q=1", "https://[x"]
)
def test_pictures_for_google_need_a_plain_https_address(prefix):
    with pytest.raises(UsageError, match="give a plain https address"):
        url_prefix(prefix)


@pytest.mark.parametrize("stem", ["", "a/b", "..", "é"])
def test_a_name_for_google_is_safe_in_a_url(stem):
    with pytest.raises(UsageError):
        hashed_name(b"", stem)


def test_importing_pictures_does_not_load_pillow():
    code = "import sys, walletpass.pictures; print('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_an_elaborate_svg_is_drawn_apart_and_looks_the_same(monkeypatch):
    dots = "".join(f'<circle cx="{n % 20}" cy="{n // 20}" r=".4"/>' for n in range(400))
    source = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">{dots}</svg>'.encode()
    apart = svg.draw(source, 40, 40)
    monkeypatch.setattr(svg, "MAX_COST_HERE", 10_000)
    assert svg.draw(source, 40, 40).tobytes() == apart.tobytes()


def test_an_svg_that_takes_too_long_is_stopped(monkeypatch):
    layers = '<rect width="90" height="90" fill="red" fill-opacity=".5"/>' * 2000
    source = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90">{layers}</svg>'.encode()
    picture = open_picture(source, name="layers.svg")
    monkeypatch.setattr(svg, "MAX_SECONDS", 0.4)
    with pytest.raises(PictureError, match=r"picture 'layers.svg' is an SVG that takes more than 0.4 s to draw"):
        apple_files("background", picture, scales=(3,))
