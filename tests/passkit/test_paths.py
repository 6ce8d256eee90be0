"""Which pass a path names, read from the bytes that came."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass_server.passkit.paths import Target, target_of

NAMES = st.text(min_size=1, max_size=40)


@given(device=NAMES, pass_type=NAMES, serial=NAMES)
def test_any_name_survives_the_way_through_a_path(device: str, pass_type: str, serial: str) -> None:
    d, t, s = (quote(name, safe="").encode() for name in (device, pass_type, serial))
    assert target_of(b"/passkit/v1/devices/%b/registrations/%b/%b" % (d, t, s)) == Target(
        "registration", device, pass_type, serial
    )
    assert target_of(b"/passkit/v1/devices/%b/registrations/%b" % (d, t)) == Target("list", device, pass_type)
    assert target_of(b"/passkit/v1/passes/%b/%b" % (t, s)) == Target("pass", "", pass_type, serial)


@given(st.binary(max_size=60))
def test_no_path_is_a_fault(raw: bytes) -> None:
    target = target_of(b"/passkit/v1/" + raw)
    assert target is None or target.route in ("registration", "list", "pass", "personalize", "log")


@pytest.mark.parametrize(
    ("raw", "serial"),
    [
        (b"/passkit//v1/passes/t/a%2Fb", "a/b"),
        (b"/passkit///v1/passes/t/a.b", "a.b"),
        (b"/passkit/v1/passes/t/a+b%20c", "a+b c"),
        (b"/passkit/v1/passes/t/..", ".."),
        (b"/passkit/v1/passes/t/100%25", "100%"),
        (b"/passkit/v1/passes/t/%", "%"),
        (b"/passkit/v1/passes/t/%c3%A9", "é"),
        (b"/passkit/v1/passes/t/%FF", "\udcff"),
        (b"/prefix/passkit/v1/passes/t/s", "s"),
    ],
)
def test_unusual_serials_are_read_as_they_are(raw: bytes, serial: str) -> None:
    assert target_of(raw) == Target("pass", "", "t", serial)


@pytest.mark.parametrize(
    "raw",
    [
        b"/passkit",
        b"/passkit/",
        b"/passkit/v1",
        b"/passkit/v2/passes/t/s",
        b"/passkit/v1/passes/t",
        b"/passkit/v1/passes/t/",
        b"/passkit/v1/passes//s",
        b"/passkit/v1/passes/t/s/more",
        b"/passkit/v1/log/",
        b"/passkitv1/log",
        b"/%70asskit/v1/log",
        b"/passkit/v1/devices/d/registrations",
    ],
)
def test_other_paths_name_nothing(raw: bytes) -> None:
    assert target_of(raw) is None
