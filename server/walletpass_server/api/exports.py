"""Exports: the links of an operation, for whoever sends them: as a table, or as QR codes to print."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from io import RawIOBase, StringIO
from typing import Annotated, Any, BinaryIO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream

from walletpass.errors import NotFound
from walletpass_server.api.reaching import reach_operation_row
from walletpass_server.api.shapes import PathId
from walletpass_server.api.tokens import LinksOut
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.exporting import ShownToken, count_tokens, show_tokens
from walletpass_server.engine.keys import Key
from walletpass_server.http.qr import qr_code

ROWS = 500
"""Rows sent together."""
MOST_CODES = 20_000
"""QR codes of one pack: as many as are printed at once, and a ZIP of them is read by everything."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@get("/operations/{operation_id:int}/links.csv", scope="links:read", refuses=(NotFound,), answers="text/csv")
async def export_links(operation_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> Stream:
    """
    Export every token of an operation with its links, as CSV.

    Whoever has a token has the pass: treat the file as a secret.
    """
    found = await _tokens(on, caller, operation_id)

    async def rows() -> AsyncIterator[bytes]:
        text = StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("external_id", "state", "token", "link"))
        count = 0
        async for each in found:
            link = LinksOut.of(on.settings.public_url, each.token).link
            table.writerow((each.external_id or "", each.state, each.token, link))
            count += 1
            if count % ROWS == 0:
                yield _taken(text)
        yield _taken(text)

    return Stream(rows(), media_type="text/csv; charset=utf-8", headers=_attached(f"links-{operation_id}.csv"))


@get(
    "/operations/{operation_id:int}/links.zip",
    scope="links:read",
    refuses=(NotFound,),
    answers="application/zip",
)
async def export_codes(
    operation_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    part: Annotated[int, QueryParameter(ge=1, le=1_000_000, description="Which pack, of 20,000 codes each.")] = 1,
) -> Stream:
    """
    Export the links of an operation as QR codes (SVG), in the order of the CSV, in packs of 20,000.

    The header Link names the next pack, and Walletpass-Parts how many there are.
    """
    skip = (part - 1) * MOST_CODES
    async with on.database.reading(caller.client_id, long=True) as unit:
        await reach_operation_row(unit, caller, operation_id)
        count, after = await count_tokens(unit, operation_id, skip)
    parts = max(1, -(-count // MOST_CODES))
    if part > parts:
        raise NotFound(f"{count:,} codes are {parts} packs: ask for part 1 to {parts}, not {part}")
    found = show_tokens(on.database, on.keyring, caller.client_id, operation_id, after=after)

    async def archive() -> AsyncIterator[bytes]:
        out = _Pieces()
        with ZipFile(cast(BinaryIO, out), "w", ZIP_STORED) as pack:
            number = skip
            async for each in found:
                number += 1
                link = LinksOut.of(on.settings.public_url, each.token).link
                pack.writestr(ZipInfo(_file_name(number, each)), await asyncio.to_thread(qr_code, link, "svg"))
                yield out.taken()
                if number == skip + MOST_CODES:
                    break
        yield out.taken()

    headers = {**_attached(f"links-{operation_id}-{part}.zip"), "walletpass-parts": str(parts)}
    if part < parts:
        headers["link"] = f'</v1/operations/{operation_id}/links.zip?part={part + 1}>; rel="next"'
    return Stream(archive(), media_type="application/zip", headers=headers)


class _Pieces(RawIOBase):
    """What ZipFile writes to: each piece is sent on, so that a pack is never whole in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """What came since the last time."""
        held = bytes(self._held)
        self._held.clear()
        return held


async def _tokens(on: Platform, caller: Key, operation_id: int) -> AsyncIterator[ShownToken]:
    async with on.database.reading(caller.client_id) as unit:
        await reach_operation_row(unit, caller, operation_id)
    return show_tokens(on.database, on.keyring, caller.client_id, operation_id)


def _taken(text: StringIO) -> bytes:
    held = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return held


def _file_name(number: int, token: ShownToken) -> str:
    """The external id as far as every file system takes it; the number keeps names apart."""
    return f"{number:07d}-{_UNSAFE.sub('_', token.external_id or '')[:60]}.svg"


def _attached(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


HANDLERS = (export_links, export_codes)
