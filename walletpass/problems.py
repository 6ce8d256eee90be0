"""What pydantic finds wrong with a document, as lines for people."""

from __future__ import annotations

from pydantic import ValidationError

_PLAIN = {"extra_forbidden": "unknown key", "missing": "missing", "model_type": "not a mapping of keys to values"}


def problems(fault: ValidationError) -> tuple[str, ...]:
    """One line for each fault: `triggers.0.to: missing`."""
    return tuple(
        f"{'.'.join(map(str, error['loc'])) or 'document'}: "
        + _PLAIN.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
        for error in fault.errors(include_url=False)
    )
