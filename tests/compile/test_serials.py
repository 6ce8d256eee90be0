"""Serials name files: safely, and never two the same."""

from hypothesis import given
from hypothesis import strategies as st

from walletpass.serials import file_stem


def test_a_plain_serial_names_its_file_itself() -> None:
    assert file_stem("C-1") == "C-1"


@given(st.text(min_size=1, max_size=40))
def test_a_file_name_is_plain_whatever_the_serial(serial: str) -> None:
    stem = file_stem(serial)
    assert stem
    assert not set(stem) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not stem.startswith(".")
    assert not stem.endswith(".")


@given(st.sets(st.text(alphabet="aAbB.-/ é", min_size=1, max_size=4), max_size=30))
def test_different_serials_never_share_a_file(serials: set[str]) -> None:
    assert len({file_stem(serial) for serial in serials}) == len(serials)


def test_a_serial_spelt_as_anothers_file_name_gets_a_name_of_its_own() -> None:
    taken = file_stem("a/b")
    assert file_stem(taken) != taken


def test_names_that_windows_keeps_are_changed() -> None:
    assert file_stem("con") != "con"
    assert file_stem("NUL.x") != "NUL.x"
