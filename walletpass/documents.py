"""Documents of any kind, told apart by their first key, and checked together with those they name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from walletpass.errors import DocumentError
from walletpass.files import load_matrix, load_model, load_operation, models_beside, path_inside, read_document
from walletpass.findings import Finding


def lint_document(path: str | os.PathLike[str]) -> list[Finding]:
    """
    What is wrong with a Model, a Matrix or an Operation.

    Raises:
        FileMissing, DocumentError, PictureError: It, or one that it names, cannot be read at all.
    """
    path = Path(path)
    document = read_document(path)
    for kind, lint in _LINTERS.items():
        if kind in document:
            return lint(path, document)
    raise DocumentError(f"{path}: none of the keys {', '.join(_LINTERS)} is there: one of them says what it is")


def _lint_model(path: Path, _document: dict[str, Any]) -> list[Finding]:
    from walletpass.checking import check

    return check(load_model(path))


def _lint_matrix(path: Path, document: dict[str, Any]) -> list[Finding]:
    from walletpass.matrix import lint_matrix

    return lint_matrix(document, model=models_beside(path))


def _lint_operation(path: Path, _document: dict[str, Any]) -> list[Finding]:
    from walletpass.operation import check_operation

    operation = load_operation(path)
    return check_operation(operation, load_matrix(path_inside(path, operation.matrix)))


# An Operation names its Matrix under `matrix`, so its own key is looked for first.
_LINTERS: dict[str, Callable[[Path, dict[str, Any]], list[Finding]]] = {
    "operation": _lint_operation,
    "matrix": _lint_matrix,
    "model": _lint_model,
}
