"""Documents of any kind, told apart by their first key, and checked together with those they name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from walletpass.errors import DocumentError
from walletpass.files import load_model, read_document
from walletpass.findings import Finding
from walletpass.model import PassModel


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

    return lint_matrix(document, model=model_source(path))


def _lint_operation(path: Path, document: dict[str, Any]) -> list[Finding]:
    from walletpass.matrix import Matrix
    from walletpass.operation import Operation, check_operation

    operation = Operation.read(document, name=str(path))
    beside = path_inside(path, operation.matrix)
    matrix = Matrix.read(read_document(beside), model=model_source(beside), name=str(beside))
    return check_operation(operation, matrix)


# An Operation names its Matrix under `matrix`, so its own key is looked for first.
_LINTERS: dict[str, Callable[[Path, dict[str, Any]], list[Finding]]] = {
    "operation": _lint_operation,
    "matrix": _lint_matrix,
    "model": _lint_model,
}


def model_source(document: Path) -> Callable[[str], PassModel]:
    """Gives the Models that a Matrix names by file, inside its own folder."""
    return lambda name: load_model(path_inside(document, name))


def path_inside(document: Path, name: str) -> Path:
    """
    The file that a document names.

    Raises:
        DocumentError: It lies outside the document's folder.
    """
    path = document.parent / name
    if "\0" in name or not path.resolve().is_relative_to(document.parent.resolve()):
        raise DocumentError(f"{document}: {name} is outside its folder: keep what it names beside it")
    return path
