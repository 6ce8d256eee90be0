"""
Routes of the API: imports.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from typing import Literal

from walletpass.client.call import Answer, Call, call


class FaultyRow(Answer):
    """A row that was left out."""

    row: int
    """As an editor counts lines, from 1."""
    column: str
    reason: str
    """In French or English, by Accept-Language."""


class ImportOut(Answer):
    """An import and how far it is."""

    id: int
    operation_id: int
    state: str
    """uploading, uploaded, importing, done or failed."""
    bytes: int
    offset: int
    """Bytes that are here: where the next part begins."""
    lines: int | None
    """Of the file; null before they are counted."""
    line: int
    """The last line dealt with."""
    added: int
    """Tokens made."""
    known: int
    """Rows whose external id had a token already."""
    faulty: int
    """Rows left out."""
    faults: list[FaultyRow]
    """The first 200 of them."""
    error: str | None
    """Why it failed."""


def begin_import(
    operation_id: int,
    *,
    format: Literal["csv", "jsonl"],
    bytes: int,
    sha256: str | None = None,
    idempotency_key: str | None = None,
) -> Call[ImportOut]:
    """
    Announce a file of tokens to make. Then send it to the import's `content`.

    External ids make an import repeatable: one that has a token keeps it, whatever file names it again.

    Args:
        format: csv: a header with `external_id` and names of variables. jsonl: `{"external_id": "K-1",
            "values": {}}` a line.
        bytes: Its size.
        sha256: Its SHA-256, checked before anything is made of it.
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
    """
    return call(
        "POST",
        "/v1/operations/{operation_id}/imports",
        ImportOut.model_validate_json,
        at={"operation_id": operation_id},
        headers={"Idempotency-Key": idempotency_key},
        body={"format": format, "bytes": bytes, "sha256": sha256},
    )


def send_content(import_id: int, *, body: bytes, upload_offset: int) -> Call[ImportOut]:
    """
    Send the file, or what follows of it.

    All that arrives before a connection breaks is kept: read the import, and go on from its `offset`.

    Args:
        body: The file.
        upload_offset: Bytes of the file before this part.
    """
    return call(
        "PATCH",
        "/v1/imports/{import_id}/content",
        ImportOut.model_validate_json,
        at={"import_id": import_id},
        headers={"Upload-Offset": upload_offset},
        body=body,
    )


def read_import(import_id: int) -> Call[ImportOut]:
    """Read how far an import is."""
    return call("GET", "/v1/imports/{import_id}", ImportOut.model_validate_json, at={"import_id": import_id})
