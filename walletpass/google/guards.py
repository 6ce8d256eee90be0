"""Values that Google would refuse, refused here in words: fixed ones with the Model, filled ones with the pass."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from walletpass.errors import ValuesError
from walletpass.google.draft import Draft
from walletpass.render import OMIT, Fill, Hole, Values


def matching(draft: Draft, tree: Any, pattern: str, field: str, says: str) -> Any:
    """
    A text that has to have a form.

    Args:
        draft: Told when a fixed text does not have it.
        tree: The text or its hole. A pass whose text does not fit raises ValuesError.
        pattern: Of the whole text.
        field: Where it stands in the Model.
        says: What to write instead.
    """
    if isinstance(tree, Hole):
        return Hole(partial(_checked, tree.fill, re.compile(pattern), field, says))
    if isinstance(tree, str) and not re.fullmatch(pattern, tree):
        draft.rejected(field, f"{tree!r} does not fit Google", says)
    return tree


def _checked(fill: Fill, pattern: re.Pattern[str], field: str, says: str, values: Values) -> Any:
    filled = fill(values)
    if filled is not OMIT and not pattern.fullmatch(filled):
        raise ValuesError({field: f"{filled!r} does not fit Google: {says}"})
    return filled
