"""Dates of HTTP, in the forms that RFC 9110 knows, and in none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass_server.passkit.exchange import http_date, read_http_date

THEN = 784111777


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_the_three_forms_mean_the_same_second(text: str) -> None:
    assert read_http_date(text) == THEN


@given(st.integers(0, 4_000_000_000))
def test_a_date_we_tell_is_read_again(seconds: int) -> None:
    assert read_http_date(http_date(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "yesterday", "1234567890", "Sun, 99 Nov 1994 99:99:99 GMT", "Sun, 06 Nov"])
def test_nonsense_is_no_date(text: str) -> None:
    assert read_http_date(text) is None


@given(st.text(max_size=60))
def test_no_text_is_a_fault(text: str) -> None:
    assert read_http_date(text) is None or isinstance(read_http_date(text), int)
