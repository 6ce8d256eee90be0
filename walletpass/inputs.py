"""The values of one pass as files give them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walletpass.errors import ValuesError, WalletPassError
from walletpass.files import folder_reader, read_document
from walletpass.model import PassModel


@dataclass(frozen=True, slots=True)
class PassInput:
    """The serial of a pass, None when it has to be made, and its values, pictures as bytes."""

    serial: str | None
    values: dict[str, Any]


def read_values(path: str | os.PathLike[str], model: PassModel) -> PassInput:
    """
    One pass from a YAML or JSON document: variable to value, and optionally `serial`.

    Raises:
        FileMissing, DocumentError: The document cannot be read.
        ValuesError: A picture it names cannot be read.
    """
    document = read_document(path)
    serial = document.pop("serial", None)
    if serial is not None and (isinstance(serial, bool) or not isinstance(serial, str | int)):
        raise ValuesError({"serial": "is neither a text nor a whole number"})
    values = read_pictures(model, document, folder_reader(Path(path).parent))
    return PassInput(None if serial is None else str(serial), values)


def read_pictures(model: PassModel, values: Mapping[str, object], read: Callable[[str], bytes]) -> dict[str, object]:
    """
    The same values with each picture's path replaced by its bytes.

    Args:
        model: Says which variables are pictures.
        values: Variable to value.
        read: Gives the bytes of a path inside the folder of the values.

    Raises:
        ValuesError: A picture cannot be read.
    """
    filled = dict(values)
    problems: dict[str, str] = {}
    for name, variable in model.variables.items():
        value = filled.get(name)
        if variable.type != "image" or not isinstance(value, str):
            continue
        try:
            filled[name] = read(value)
        except WalletPassError as fault:
            problems[name] = str(fault)
    if problems:
        raise ValuesError(problems)
    return filled
