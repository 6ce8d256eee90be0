import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.preview.text import clean, fit, mostly_right_to_left, right_to_left, shrink, width, wrap

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120).map(clean)


def test_bold_is_wider_and_twice_the_size_is_twice_as_wide() -> None:
    assert width("Wallet", 10, bold=True) > width("Wallet", 10) > 20
    assert width("Wallet", 20) == pytest.approx(2 * width("Wallet", 10))


@settings(max_examples=80, deadline=None)
@given(WORDS, st.floats(30, 300))
def test_wrapped_lines_fit_and_lose_no_letter(text: str, room: float) -> None:
    lines = wrap(text, room, 12)
    assert all(width(line, 12) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@settings(max_examples=80, deadline=None)
@given(WORDS, st.floats(30, 300), st.integers(1, 3))
def test_text_that_is_cut_fits_and_says_so(text: str, room: float, most: int) -> None:
    lines = wrap(text, room, 12, lines=most)
    assert len(lines) <= most
    assert all(width(line, 12) <= room for line in lines)
    assert lines[-1].endswith("…") or len(wrap(text, room, 12)) <= most
    assert width(fit(text, room, 12), 12) <= room


def test_text_shrinks_only_as_far_as_it_may() -> None:
    assert shrink("ok", 100, 20, 10) == 20
    assert 10 < shrink("a longer text", 100, 20, 10) < 20
    assert shrink("a much longer text than that" * 3, 100, 20, 10) == 10


def test_cleaning_drops_controls_and_bidi_overrides_and_bounds_the_length() -> None:
    assert clean("a\x00b\x1b[0m\u202ec\u2066d\ufffe") == "ab[0mcd"
    assert clean("  two   spaces \r\n next\tline ") == "two spaces\nnext line"
    assert clean("x" * 1000, 10) == "x" * 9 + "…"


def test_direction_is_that_of_the_first_letter_with_one() -> None:
    assert right_to_left("20% مرحبا")
    assert right_to_left("שלום (Latin)")
    assert not right_to_left("Latin שלום")
    assert not right_to_left("12 €")
    assert mostly_right_to_left(["שלום", "מספר", "Latin", "12"])
