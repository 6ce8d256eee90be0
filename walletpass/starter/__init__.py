"""What `walletpass new` writes: one model of each kind, with its pictures and values, made for this project."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from walletpass.errors import UsageError

KINDS = ("coupon", "loyalty", "membership", "gift-card", "event-ticket", "boarding-pass", "generic")
"""The kinds of pass, as in `PassModel.pass_type`."""


def write_starter(folder: Path, kind: str, *, force: bool = False) -> None:
    """
    Write a starter: model.yaml, data.yaml, rows.csv, pictures/, credentials.yaml and fresh certificates in certs/.

    Args:
        folder: Made if need be.
        kind: One of `KINDS`.
        force: Also when the folder is not empty; files of the same name are replaced.

    Raises:
        UsageError: The folder is not empty, or cannot be written.
        OSError: The disk is full.
    """
    from walletpass.testing.sample import write_sample
    from walletpass.writing import write_file

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UsageError(f"{folder} is not empty: name a new folder, or give --force")
    for path, content in starter_files(kind):
        write_file(folder / path, content)
    write_sample(folder / "certs")


def starter_files(kind: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of a starter, certificates left out."""
    root = files("walletpass.starter")
    yield "credentials.yaml", (root / "credentials.yaml").read_bytes()
    yield from _walk(root / kind, "")


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()
