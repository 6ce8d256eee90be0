"""A file of tokens to make, sent in parts: whatever breaks, it goes on where the server has it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from walletpass.client.api.imports import ImportOut, begin_import, read_import, send_content
from walletpass.client.call import Call
from walletpass.client.conversation import ATTEMPTS, Conversation, ask
from walletpass.errors import ApiConflict, ApiError, ApiFault, ApiUnreachable, FileMissing, UsageError

PART_BYTES = 4_000_000
"""Of the file, in one request: what is held in memory."""
_POLL = (0.2, 2.0)
"""Seconds between two looks at how far it is: at first, and later on."""
_FORMATS: dict[str, Literal["csv", "jsonl"]] = {".csv": "csv", ".jsonl": "jsonl"}


def import_file(operation_id: int, file: Path, progress: Callable[[ImportOut], None]) -> Conversation[ImportOut]:
    """As `Client.import_file`."""
    begun = yield from ask(_announced(operation_id, file))
    if begun.state == "failed":  # an earlier try of the same file
        begun = yield from ask(_announced(operation_id, file, again=True))
    sent = yield from _send(file, begun, progress)
    return (yield from _follow(sent, progress))


def _announced(operation_id: int, file: Path, *, again: bool = False) -> Call[ImportOut]:
    """The beginning. Its idempotency key is made of the file, so the same file finds the same import."""
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as exc:
        raise FileMissing(f"{file}: cannot be read ({exc.strerror}): check the path") from exc
    if file.suffix not in _FORMATS or not size:
        raise UsageError(f"{file}: a file to import is .csv or .jsonl, and not empty")
    key = None if again else f"import-{operation_id}-{digest}"
    form = _FORMATS[file.suffix]
    return begin_import(operation_id, format=form, bytes=size, sha256=digest, idempotency_key=key)


def _send(file: Path, begun: ImportOut, progress: Callable[[ImportOut], None]) -> Conversation[ImportOut]:
    """All of the file. A part that fails is looked up: what arrived of it stays, so only the rest is sent again."""
    found, in_vain = begun, 0
    with file.open("rb") as opened:
        while found.state == "uploading" and found.offset < found.bytes:
            opened.seek(found.offset)
            part = opened.read(PART_BYTES)
            try:
                now = yield from ask(send_content(found.id, body=part, upload_offset=found.offset))
            except (ApiUnreachable, ApiFault, ApiConflict) as error:
                now = yield from _look(found, error, in_vain)
            in_vain = 0 if now.offset > found.offset else in_vain + 1
            found = now
            progress(found)
    return found


def _look(found: ImportOut, error: ApiError, in_vain: int) -> Conversation[ImportOut]:
    if in_vain >= ATTEMPTS:
        raise error
    return (yield from ask(read_import(found.id), after=0.1 * 2**in_vain))


def _follow(found: ImportOut, progress: Callable[[ImportOut], None]) -> Conversation[ImportOut]:
    """Until the server has dealt with every line."""
    wait, longest = _POLL
    while found.state not in ("done", "failed"):
        found = yield from ask(read_import(found.id), after=wait)
        wait = min(wait * 1.5, longest)
        progress(found)
    return found
