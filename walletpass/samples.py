"""Plausible values for a Model that has no pass yet: for checks, previews and dry runs."""

from __future__ import annotations

from typing import Any

from walletpass.model import PassModel
from walletpass.model.variables import Variable

SERIAL = "SAMPLE-0001"

_CODES = {
    "ean13": "4006381333931",
    "ean8": "96385074",
    "upc-a": "036000291452",
    "itf": "0012345678",
    "codabar": "A123456B",
    "code39": "SAMPLE-1",
}
"""A message that each picky barcode format can carry."""

# A clear square: enough to see where the picture goes.
_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><rect width="200" height="200" fill="#9aa5b1"/>'
    b'<circle cx="100" cy="78" r="38" fill="#e4e7eb"/><path d="M30 200c0-52 32-78 70-78s70 26 70 78z" fill="#e4e7eb"/>'
    b"</svg>"
)


def sample_values(model: PassModel) -> dict[str, Any]:
    """
    A value for every variable without a default: its example, else one made from its type and name.

    A variable that goes into the barcode gets a message that the barcode's format can carry.
    """
    in_code = {name for name, places in model.references().items() if any(p.startswith("barcode.") for p in places)}
    code = _CODES.get(model.barcode.format) if model.barcode else None
    values: dict[str, Any] = {}
    for name, variable in model.variables.items():
        if variable.example is not None and variable.type != "image":
            values[name] = variable.example
        elif variable.default is None:
            values[name] = code if code and name in in_code else _made_up(name, variable)
    return values


def _made_up(name: str, variable: Variable) -> Any:
    if variable.type == "text":
        return name.replace("_", " ").strip().capitalize()[: variable.max_length]
    return {
        "number": 120,
        "money": f"12.50 {variable.currency or 'EUR'}",
        "date-time": "2027-06-18T19:30",
        "date": "2027-06-18",
        "url": "https://example.com/",
        "boolean": False,
        "image": _PICTURE,
    }[variable.type]
