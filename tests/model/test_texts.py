"""`{{ name }}` is substitution and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass.model.text import Reference, Text, split, whole_reference


def test_a_text_is_cut_at_its_references() -> None:
    assert split("a {{ x }} b {{y | short}}") == ("a ", Reference("x"), " b ", Reference("y", "short"))


@pytest.mark.parametrize(
    "written", ["{{ 1x }}", "{{ a.b }}", "{{ a + b }}", "{{", "{{ }}", "{{ x | }}", "{% if x %}{{"]
)
def test_anything_but_a_name_in_braces_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="without a name"):
        split(written)


@given(st.text().filter(lambda text: "{{" not in text))
def test_a_text_without_braces_is_itself(text: str) -> None:
    assert "".join(map(str, split(text))) == text


def test_only_a_lone_reference_is_whole() -> None:
    assert whole_reference(" {{ x }} ") == Reference("x")
    assert whole_reference("{{ x }}!") is None


def test_a_text_knows_its_references_in_every_language() -> None:
    text = Text.parse({"en": "{{ a }}", "fr": "{{ a }} {{ b }}"})
    assert [reference.name for reference in text.references()] == ["a", "b"]


@pytest.mark.parametrize("text", ["bell \x07", "nul \0", "half \ud800"])
def test_a_text_with_control_or_half_characters_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        Text.parse(text)
    with pytest.raises(ValueError, match="control characters"):
        Text.parse({"en": "fine", "fr": text})
    assert Text.parse("two\r\nlines\t👩‍🌾").plain == "two\r\nlines\t👩‍🌾"
