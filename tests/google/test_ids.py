"""Ids: only the letters Google allows, and never two serials with one id."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from walletpass.errors import IdInvalid, ValuesError
from walletpass.google.ids import check_issuer, object_suffix, serial_of, split_id
from walletpass.templates.google import ID_PATTERN
from walletpass.testing.models import serials


def test_a_plain_serial_stays_as_it_is() -> None:
    assert object_suffix("AB-12.c") == "AB-12.c"


def test_other_letters_become_their_bytes() -> None:
    assert object_suffix("A_1 é") == "A_5f1_20_c3_a9"


@settings(max_examples=100)
@given(serials())
def test_an_id_fits_google_and_gives_the_serial_back(serial: str) -> None:
    google_id = f"1.{object_suffix(serial)}"
    assert re.fullmatch(ID_PATTERN, google_id)
    assert serial_of(google_id) == (None if google_id.startswith("1._h") else serial)


@settings(max_examples=100)
@given(serials(), serials())
def test_two_serials_never_share_an_id(one: str, other: str) -> None:
    assert (object_suffix(one) == object_suffix(other)) == (one == other)


def test_a_serial_that_imitates_an_escape_or_a_hash_has_an_id_of_its_own() -> None:
    long = "é" * 100
    twins = ["A 1", "A_201", object_suffix("A 1"), long, object_suffix(long)]
    assert len({object_suffix(serial) for serial in twins}) == len(set(twins))


def test_a_long_serial_is_hashed_to_a_hundred_letters_or_less() -> None:
    suffix = object_suffix("é" * 128)
    assert suffix.startswith("_h")
    assert len(suffix) == 66


def test_an_id_made_elsewhere_has_no_serial() -> None:
    assert serial_of("1._ff") is None


@pytest.mark.parametrize("serial", ["", " A", "A\n", "x" * 129])
def test_what_is_no_serial_has_no_id(serial: str) -> None:
    with pytest.raises(ValuesError, match="serial"):
        object_suffix(serial)


def test_the_first_dot_parts_issuer_and_suffix() -> None:
    assert split_id("338.a.b") == ("338", "a.b")


@pytest.mark.parametrize("google_id", ["338", "x.y", "338.", "338.é", "338." + "a" * 101, "338.a\n"])
def test_what_is_no_id_is_refused(google_id: str) -> None:
    with pytest.raises(IdInvalid, match=r"<issuer>\.<suffix>"):
        split_id(google_id)


@pytest.mark.parametrize("issuer", ["", "12a", "1" * 21, "١٢"])
def test_an_issuer_is_digits(issuer: str) -> None:
    with pytest.raises(IdInvalid, match="console"):
        check_issuer(issuer)
