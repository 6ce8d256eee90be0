"""A raw folder with `pass.json` and pictures, as other tools use, into a signed pass."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from walletpass.apple.bundle import PASS_JSON, prepare
from walletpass.apple.names import RESERVED
from walletpass.apple.signing import Signer
from walletpass.apple.zip_layout import LARGEST_ARCHIVE, MOST_FILES
from walletpass.errors import BundleError, DocumentError, FileMissing, IdentityMismatch

_SKIPPED_FOLDERS = frozenset({"__MACOSX"})


def sign_folder(folder: str | os.PathLike[str], signer: Signer, at: datetime | None = None) -> bytes:
    """
    The `.pkpass` of a folder. Its `manifest.json` and `signature` are made anew; files of the desktop are left out.

    Args:
        folder: Holds `pass.json`; not changed.
        signer: For the pass type and team that `pass.json` names.
        at: Signing time (default: now).

    Raises:
        FileMissing: No such folder.
        BundleError: No `pass.json`, a symbolic link, an unsafe name, too much for an archive.
        DocumentError: `pass.json` is not a JSON object.
        IdentityMismatch: `pass.json` is for another pass type or team than the signer.
        SigningError: From the signer.
    """
    files = read_folder(folder)
    where = Path(folder) / PASS_JSON
    if PASS_JSON not in files:
        raise BundleError(f"{where} does not exist: give the folder that holds {PASS_JSON}")
    _check_identity(files[PASS_JSON], where, signer)
    return prepare(files).build({}, signer, datetime.now(UTC) if at is None else at)


def read_folder(folder: str | os.PathLike[str]) -> dict[str, bytes]:
    """
    The files of a pass folder by path with "/", without dot files, `__MACOSX`, and what signing makes.

    Raises:
        FileMissing: The folder or a file in it cannot be read.
        BundleError: A symbolic link or special file; too much for an archive.
    """
    files: dict[str, bytes] = {}
    total = 0
    try:
        for entry, name in _walk(Path(folder), ""):
            total += entry.stat().st_size
            if len(files) >= MOST_FILES or total > LARGEST_ARCHIVE:
                raise BundleError(f"{folder} holds more than fits a pass: give the folder of one pass")
            files[name] = Path(entry.path).read_bytes()
    except OSError as exc:
        raise FileMissing(f"{exc.filename or folder} cannot be read ({exc.strerror}): check the path") from exc
    return files


def _walk(folder: Path, prefix: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            if entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS or name in RESERVED:
                continue
            if entry.is_symlink():
                raise BundleError(f"{entry.path} is a symbolic link: put the file itself into the folder")
            if entry.is_dir():
                yield from _walk(Path(entry.path), name + "/")
            elif entry.is_file():
                yield entry, name
            else:
                raise BundleError(f"{entry.path} is not a regular file: leave it out of the folder")


def _check_identity(pass_json: bytes, where: Path, signer: Signer) -> None:
    try:
        document = json.loads(pass_json.decode())  # as text: bytes may be UTF-16 to `json`, never to a phone
    except (ValueError, RecursionError) as exc:
        raise DocumentError(f"{where} is not valid JSON ({exc}): correct it") from exc
    if not isinstance(document, dict):
        raise DocumentError(f"{where} is not a JSON object: a pass begins with {{")
    for key, held in (
        ("passTypeIdentifier", signer.pass_type_identifier),
        ("teamIdentifier", signer.team_identifier),
    ):
        if document.get(key) != held:
            raise IdentityMismatch(
                f"{where} has {key} {document.get(key)!r}, the certificate {held!r}: "
                "correct the pass, or use its certificate"
            )
