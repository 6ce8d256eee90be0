"""What pydantic finds wrong with a document, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_PLAIN = {
    "extra_forbidden": "unknown key",
    "missing": "missing",
    "model_type": "not a mapping of keys to values",
    "dict_type": "not a mapping of keys to values",
    "tuple_type": "not a list: write [one, two]",
    "string_type": "not a text: put it in quotes",
    "invalid_key": "a key that is no text: put it in quotes",
}


def problems(fault: ValidationError) -> tuple[str, ...]:
    """One line for each fault: `triggers.0.to: missing`."""
    return tuple(
        f"{'.'.join(map(str, error['loc'])) or 'document'}: {says(error)}" for error in fault.errors(include_url=False)
    )


def says(error: ErrorDetails) -> str:
    """What is wrong, in words."""
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "should be")
    if error["type"] == "string_pattern_mismatch":
        message = f"does not match the pattern {error['ctx']['pattern']}"
    return _PLAIN.get(error["type"], message)
