"""
Documents on disk: passes as code.

YAML is read by the 1.2 core schema: `on` stays a string, dates stay text. Duplicate keys are refused; size, depth and
what aliases expand to are bounded. A document names files only inside its own folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walletpass.errors import DocumentError, FileMissing, MatrixError, PictureError
from walletpass.model import PassModel

if TYPE_CHECKING:
    from walletpass.matrix import Matrix
    from walletpass.operation import Operation
    from walletpass.trigger import Trigger

MAX_DOCUMENT = 1_000_000
"""Bytes of one document."""
MAX_NODES = 100_000
"""Values in one document, aliases expanded."""
MAX_DEPTH = 60
"""Levels of nesting."""
MAX_PICTURE = 20_000_000
"""Bytes of one picture file."""


def read_bytes(path: Path, limit: int) -> bytes:
    """
    A file's content.

    Raises:
        FileMissing: It is not there, or cannot be opened.
        DocumentError: It is larger than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as fault:
        raise FileMissing(f"{path}: cannot be read ({fault.strerror}): check the name and the rights") from None
    if len(data) > limit:
        raise DocumentError(f"{path}: larger than {limit:,} bytes")
    return data


def read_document(path: str | os.PathLike[str]) -> dict[str, Any]:
    """
    A YAML or JSON document as plain data.

    Raises:
        FileMissing: It is not there.
        DocumentError: It is not a mapping, or not readable; the message names line and column.
    """
    path = Path(path)
    return parse_document(read_bytes(path, MAX_DOCUMENT), name=str(path))


def parse_document(data: bytes, *, name: str) -> dict[str, Any]:
    """As `read_document`, from bytes; `name` is what errors call it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DocumentError(f"{name}: not UTF-8 (byte {fault.start}): save the file as UTF-8") from None
    loaded = _parse_json(text, name) if name.endswith(".json") else _parse_yaml(text, name)
    if not isinstance(loaded, dict):
        raise DocumentError(f"{name}: not a mapping of keys to values")
    check_bounds(loaded, name)
    return loaded


def _parse_json(text: str, name: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise DocumentError(f"{name}: the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
        return dict(pairs)

    def refuse(word: str) -> Any:
        raise DocumentError(f"{name}: {word} is not a JSON number")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as fault:
        raise DocumentError(f"{name}: not JSON: {fault}") from None


def _parse_yaml(text: str, name: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    class CoreConstructor(SafeConstructor):
        """Dates, and digits after a leading zero, stay text; anything but the core tags is refused."""

        def construct_yaml_int(self, node: Any) -> Any:
            """A number; `007` is a code, whose zeros count."""
            text = self.construct_scalar(node)
            return text if re.fullmatch(r"0[0-9]+", text) else super().construct_yaml_int(node)

    CoreConstructor.add_constructor("tag:yaml.org,2002:int", CoreConstructor.construct_yaml_int)
    CoreConstructor.add_constructor("tag:yaml.org,2002:timestamp", CoreConstructor.construct_yaml_str)
    for tag in ("binary", "omap", "pairs", "set"):
        CoreConstructor.add_constructor(f"tag:yaml.org,2002:{tag}", CoreConstructor.construct_undefined)

    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = CoreConstructor
    yaml.allow_duplicate_keys = False
    try:
        return yaml.load(text)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = " ".join(str(fault.problem or fault.context or "cannot be read").split())
        raise DocumentError(f"{name}: not YAML{place}: {problem.split(' To suppress')[0]}") from None
    except (YAMLError, ValueError, RecursionError) as fault:
        raise DocumentError(f"{name}: not YAML: {' '.join(str(fault).split())[:200]}") from None


def check_bounds(document: Any, name: str) -> None:
    """
    Count what aliases expand to, and refuse too much or too deep before anything walks it.

    Raises:
        DocumentError: More than MAX_NODES values or MAX_DEPTH levels, or a text or key that cannot be kept.
    """
    left = MAX_NODES
    stack: list[tuple[Any, int]] = [(document, 1)]
    while stack:
        value, depth = stack.pop()
        left -= 1
        if left < 0:
            raise DocumentError(f"{name}: more than {MAX_NODES:,} values, aliases expanded")
        if depth > MAX_DEPTH:
            raise DocumentError(f"{name}: nested deeper than {MAX_DEPTH} levels, or an alias holds itself")
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise DocumentError(
                f"{name}: a text has half a character (a lone surrogate such as \\ud800): write it whole"
            )
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str | bool | int | float) and key is not None:
                    raise DocumentError(f"{name}: a key is not a plain word")
            stack.extend((item, depth + 1) for item in value.values())
        elif isinstance(value, list):
            stack.extend((item, depth + 1) for item in value)


def folder_reader(folder: Path, *, limit: int = MAX_PICTURE) -> Callable[[str], bytes]:
    """
    A reader of files inside one folder, never outside it, links followed.

    Raises:
        DocumentError: From the reader: the path leaves the folder, or the file is too large.
        FileMissing: From the reader: no such file.
    """
    root = folder.resolve()

    def read(name: str) -> bytes:
        path = root / name
        if "\0" in name or not path.resolve().is_relative_to(root):
            raise DocumentError(f"{name}: outside the folder of its document; keep pictures beside the model")
        return read_bytes(path, limit)

    return read


def load_model(path: str | os.PathLike[str]) -> PassModel:
    """
    A PassModel with its pictures, from a YAML or JSON file.

    Raises:
        FileMissing: The document is not there.
        PictureError: A picture it names is not there.
        ModelError: The document is not a valid Model.
        DocumentError: It cannot be read at all.
    """
    path = Path(path)
    read = folder_reader(path.parent)

    def picture(name: str) -> bytes:
        try:
            return read(name)
        except FileMissing as fault:
            raise PictureError(str(fault)) from None

    return PassModel.read(read_document(path), name=str(path)).with_pictures(picture)


def dump_model(model: PassModel) -> dict[str, Any]:
    """A Model as the shortest document that reads back equal; pictures by the file they name."""
    document: dict[str, Any] = model.model_dump(mode="json", exclude_defaults=True)
    return {"model": document.pop("model"), **document}


def load_matrix(path: str | os.PathLike[str]) -> Matrix:
    """
    A Matrix with its Models and their pictures, from a YAML or JSON file. Models are files inside its folder.

    Raises:
        FileMissing: The document is not there.
        MatrixError: It is not a valid Matrix, or a Model it names is not there.
        ModelError, PictureError: A Model, or a picture of one, is not valid.
    """
    from walletpass.matrix import Matrix

    path = Path(path)
    return Matrix.read(read_document(path), model=models_beside(path), name=str(path))


def models_beside(document: Path) -> Callable[[str], PassModel]:
    """A reader of the Models that a Matrix names by file; raises MatrixError when one is not there."""

    def model(name: str) -> PassModel:
        path = path_inside(document, name)
        if not path.is_file():
            raise MatrixError(f"{document}: the Model {name} is not there: correct its path under models")
        return load_model(path)

    return model


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


def dump_matrix(matrix: Matrix, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """
    A Matrix as a document that reads back equal.

    Args:
        matrix: The Matrix.
        files: Name of a Model to the file it is kept in; a Model without one is written out in the document.
    """
    document: dict[str, Any] = matrix.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"models", "triggers"}
    )
    document["models"] = {n: (files or {}).get(n) or dump_model(model) for n, model in matrix.models.items()}
    if matrix.triggers:
        document["triggers"] = [_dump_trigger(trigger) for trigger in matrix.triggers]
    return {"matrix": document.pop("matrix"), **document}


def _dump_trigger(trigger: Trigger) -> dict[str, Any]:
    document: dict[str, Any] = trigger.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return document


def load_operation(path: str | os.PathLike[str]) -> Operation:
    """
    An Operation from a YAML or JSON file.

    Raises:
        FileMissing: It is not there.
        OperationError: It is not a valid Operation.
    """
    from walletpass.operation import Operation

    path = Path(path)
    return Operation.read(read_document(path), name=str(path))


def dump_operation(operation: Operation) -> dict[str, Any]:
    """An Operation as the shortest document that reads back equal."""
    document: dict[str, Any] = operation.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"operation": document.pop("operation"), **document}


def write_yaml(document: Mapping[str, Any]) -> str:
    """A document as YAML text."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 120
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keys keep their order
    out = StringIO()
    yaml.dump(dict(document), out)
    return out.getvalue()
