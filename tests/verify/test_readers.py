"""The small readers: dates, colours, addresses, JSON, PNG, BER, names."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from walletpass.apple.verify import ber
from walletpass.apple.verify.archive import unsafe_name
from walletpass.apple.verify.barcodes import ean_check_digit
from walletpass.apple.verify.png import BrokenPng, png_size
from walletpass.apple.verify.strict_json import parse_object
from walletpass.apple.verify.values import is_zone, read_color, read_date, read_url
from walletpass.apple.verify.wording import place, shown


@pytest.mark.parametrize(
    "text", ["2026-12-05T09:00-08:00", "2026-12-05T17:00:00Z", "2026-12-05T17:00:00.123Z", "2028-02-29T23:59+05:45"]
)
def test_a_complete_date_is_read(text: str) -> None:
    assert read_date(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-05",
        "2026-12-05T09:00",
        "2026-12-05T09:00+0100",
        "2026-12-05 09:00Z",
        "2026-02-30T09:00Z",
        "2026-12-05T24:01Z",
        "2026-12-05T09:00z",
        "2026-12-05T09:00Z ",
        "2026-W49-6T09:00Z",
        "2026-12-05T09Z",
        "²026-12-05T09:00Z",
        "9" * 10_000,
    ],
)
def test_an_incomplete_date_is_not(text: str) -> None:
    assert read_date(text) is None


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_a_date_is_read_as_the_instant_it_states(naive: datetime, minutes: int) -> None:
    instant = naive.replace(microsecond=0, tzinfo=UTC) - timedelta(minutes=minutes)
    sign, rest = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{naive:%Y-%m-%dT%H:%M:%S}{sign}{rest // 60:02}:{rest % 60:02}"
    assert read_date(text.rjust(25, "0")) == instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [("rgb(1, 20,255)", (1, 20, 255)), ("#0af", (0, 170, 255)), ("#00AAFF", (0, 170, 255))]
    + [
        (text, None)
        for text in ("red", "rgb(1,2)", "rgb(256,0,0)", "rgb(-1,0,0)", "#12", "#12345g", "", "rgb(1%,2%,3%)")
    ],
)
def test_colours_are_read(text: str, expected: tuple[int, int, int] | None) -> None:
    assert read_color(text) == expected


@pytest.mark.parametrize("text", ["https://example.com", "http://[::1]:8080/x", "tel:+33123", "app://x"])
def test_addresses_are_read(text: str) -> None:
    assert read_url(text) is not None


@pytest.mark.parametrize(
    "text", ["example.com", "https://", "https://exa mple.com", "http://[::1", "https://x:99999", ""]
)
def test_what_is_no_address_is_not(text: str) -> None:
    assert read_url(text) is None


def test_time_zones_are_those_of_the_iana_database() -> None:
    zones = ["Europe/Paris", "UTC", "Etc/GMT+5", "Paris", "../etc/passwd", "/etc/localtime", "", "a\0b", "Europe", "é"]
    assert [zone for zone in zones if is_zone(zone)] == ["Europe/Paris", "UTC", "Etc/GMT+5"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e15, 1e15) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_any_json_object_is_read_without_a_word(value: dict[str, object]) -> None:
    assert parse_object(json.dumps(value).encode(), "pass.json") == (value, [])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:\\ntrue019eE+-. ', max_size=60).map(str.encode))
def test_any_bytes_are_read_as_an_object_or_refused_with_a_reason(data: bytes) -> None:
    value, findings = parse_object(data, "pass.json")
    assert isinstance(value, dict)
    assert value or findings or data.strip(b" \t\r\n\xef\xbb\xbf").replace(b" ", b"") == b"{}"


def test_a_trailing_comma_is_an_error_that_still_lets_one_look() -> None:
    value, findings = parse_object(b'{"a": [1, 2,], "b": "x,}",}', "pass.json")
    assert value == {"a": [1, 2], "b": "x,}"}
    assert [finding.rule for finding in findings] == ["json-trailing-comma"]


def test_a_repeated_key_is_found_at_any_depth() -> None:
    _, findings = parse_object(b'{"a": [{"b": 1, "b": 2}]}', "pass.json")
    assert [(finding.rule, finding.where) for finding in findings] == [("json-key-repeated", "pass.json/a/0")]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_ber_with_indefinite_lengths_becomes_der(content: bytes, piece: int) -> None:
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    string = b"\x24\x80" + b"".join(ber.encode(b"\x04", part) for part in pieces) + b"\0\0"
    assert ber.definite(b"\x30\x80" + string + b"\0\0") == ber.encode(b"\x30", core.OctetString(content).dump())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_as_ber_are_read_once_and_for_all_or_refused(data: bytes) -> None:
    try:
        once = ber.definite(data)
    except ber.BrokenBer:
        return
    assert ber.definite(once) == once


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_the_size_of_a_png_is_what_pillow_says(mode: str) -> None:
    target = BytesIO()
    Image.new(mode, (31, 17)).save(target, "PNG")
    assert png_size(target.getvalue()) == (31, 17)


def test_a_png_cut_anywhere_is_broken() -> None:
    target = BytesIO()
    Image.new("RGB", (5, 5)).save(target, "PNG")
    for length in range(8, len(target.getvalue())):
        with pytest.raises(BrokenPng):
            png_size(target.getvalue()[:length])


def test_a_png_without_pixels_is_broken() -> None:
    header = b"IHDR" + struct.pack(">2L5B", 0, 5, 8, 0, 0, 0, 0)
    end = struct.pack(">L4sL", 0, b"IEND", zlib.crc32(b"IEND"))
    with pytest.raises(BrokenPng, match="no pixels"):
        png_size(b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + header + struct.pack(">L", zlib.crc32(header)) + end)


@pytest.mark.parametrize("name", ["pass.json", "fr.lproj/", "zh-Hans.lproj/logo@2x.png", "é.png", "..hidden", "a..b"])
def test_plain_names_are_safe(name: str) -> None:
    assert unsafe_name(name) is None


@pytest.mark.parametrize(
    "name",
    ["/a", "//a", "a//b", "./a", "a/./b", "a/..", "../a", "C:a", "a\\b", "a\0", "a\n", "", "/", "x" * 256, "a\x85"],
)
def test_names_that_some_system_takes_otherwise_are_not(name: str) -> None:
    assert unsafe_name(name) is not None


def test_the_check_digit_of_ean_13_is_that_of_known_numbers() -> None:
    numbers = ["4006381333931", "9780201379624", "5901234123457", "0000000000000"]
    assert [ean_check_digit(number[:12]) for number in numbers] == [number[12] for number in numbers]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=100))
def test_a_strangers_text_stays_on_one_line(text: str) -> None:
    assert shown(text).isprintable()
    assert place("pass.json", text).isprintable()
