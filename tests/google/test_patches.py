"""A PATCH leaves nothing of the past behind."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.google.patches import both, shape_of, with_nulls

NAMES = st.sampled_from(["a", "b", "c", "d"])
LEAVES = st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2)
CONTENT = st.recursive(
    st.dictionaries(NAMES, LEAVES), lambda inner: st.dictionaries(NAMES, LEAVES | inner), max_leaves=8
)


def merged(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """What Google does with a PATCH: merge, and null removes."""
    result = dict(before)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            there = result.get(name)
            result[name] = merged(there if isinstance(there, dict) else {}, value)
        else:
            result[name] = value
    return result


@settings(max_examples=100)
@given(CONTENT, CONTENT)
def test_after_a_patch_there_is_only_what_the_new_content_has(before, after):
    shape = both(shape_of(before), shape_of(after))
    assert merged(before, with_nulls(after, shape)) == after


def test_translations_and_other_forms_of_a_balance_are_cleared_even_if_filled_as_a_whole():
    text = {"defaultValue": {"language": "en", "value": "x"}}
    assert with_nulls({"header": text}, {"header": None})["header"] == {**text, "translatedValues": None}
    balance = with_nulls({"balance": {"int": 5}}, {"balance": None})["balance"]
    assert balance == {"int": 5, "string": None, "double": None, "money": None}


def test_arrays_are_sent_whole_and_without_nulls():
    modules = [{"id": "a", "body": "x"}]
    assert with_nulls({"textModulesData": modules}, {"textModulesData": None, "linksModuleData": None}) == {
        "textModulesData": modules,
        "linksModuleData": None,
    }
