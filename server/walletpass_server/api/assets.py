"""Assets: the pictures that Models name."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from pydantic import ConfigDict
from sqlalchemy import func, select

from walletpass.errors import NotFound, PictureError
from walletpass.files import MAX_PICTURE
from walletpass.pictures import open_picture
from walletpass_server.api.shapes import PAGE, Limit, Page, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.designs import keep_asset
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import AssetRow
from walletpass_server.persistence.unit_of_work import Unit

_DIGEST = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
AssetId = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its bytes.")]

AfterAsset = Annotated[str | None, QueryParameter(pattern=r"^[0-9a-f]{64}$", description="`next` of the page before.")]


class AssetOut(Shape):
    """A picture that is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": _DIGEST, "media_type": "image/png", "bytes": 5120, "created_at": "2027-03-20T08:00:00Z"}
            ]
        }
    )

    id: str
    """SHA-256 of its bytes: what a Model names, as `logo: {file: <id>}`."""
    media_type: str
    bytes: int
    created_at: datetime


@post(
    "/assets",
    status_code=201,
    scope="assets:write",
    refuses=(PictureError,),
    takes="application/octet-stream",
    request_max_body_size=MAX_PICTURE,
)
async def keep_picture(
    request: Request[Any, Any, Any], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> AssetOut:
    """Keep a picture: PNG, JPEG, WebP or SVG. The body is the file itself. The same bytes again are the same asset."""
    content = await request.body()
    await asyncio.to_thread(open_picture, content, name="the picture")

    async def work(unit: Unit) -> AssetOut:
        digest = await keep_asset(unit, content, utc_now())
        return await _told(unit, caller, digest)

    return await on.writer.write(caller.client_id, work)


@get("/assets", scope="assets:read")
async def list_assets(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: AfterAsset = None, limit: Limit = PAGE
) -> Page[AssetOut]:
    """List the pictures, by id."""
    query = _LIST.where(AssetRow.client_id == caller.client_id).order_by(AssetRow.digest).limit(limit + 1)
    if cursor is not None:
        query = query.where(AssetRow.digest > bytes.fromhex(cursor))
    async with on.database.reading(caller.client_id) as unit:
        rows = (await unit.connection.execute(query)).all()
    shown = [_shown(row) for row in rows[:limit]]
    return Page(items=shown, next=shown[-1].id if len(rows) > limit else None)


@get("/assets/{asset_id:str}", scope="assets:read", refuses=(NotFound,), answers="application/octet-stream")
async def read_asset(asset_id: AssetId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> Response[bytes]:
    """Read the bytes of a picture."""
    query = select(AssetRow).where(AssetRow.digest == bytes.fromhex(asset_id))
    async with on.database.reading(caller.client_id) as unit:
        row = await unit.session.scalar(query)
    if row is None:
        raise _none(asset_id)
    # Never shown in a browser as a page of ours: an SVG could carry a script.
    headers = {"content-disposition": "attachment", "etag": f'"{asset_id}"'}
    return Response(row.content, media_type=row.media_type, headers=headers)


async def picture_bytes(unit: Unit, names: set[str]) -> dict[str, bytes]:
    """
    The pictures that a document names by id.

    Raises:
        NotFound: The client has none such.
    """
    digests = {name: bytes.fromhex(name) for name in names if _is_id(name)}
    query = select(AssetRow.digest, AssetRow.content)
    query = query.where(AssetRow.client_id == unit.client_id, AssetRow.digest.in_(set(digests.values())))
    found = dict((await unit.connection.execute(query)).all()) if digests else {}
    missing = sorted(name for name in names if digests.get(name) not in found)
    if missing:
        raise _none(missing[0][:100])
    return {name: found[digest] for name, digest in digests.items()}


async def _told(unit: Unit, caller: Key, digest: str) -> AssetOut:
    query = _LIST.where(AssetRow.client_id == caller.client_id, AssetRow.digest == bytes.fromhex(digest))
    return _shown((await unit.connection.execute(query)).one())


def _shown(row: Any) -> AssetOut:
    return AssetOut(id=row.digest.hex(), media_type=row.media_type, bytes=row.size, created_at=row.created_at)


def _is_id(name: str) -> bool:
    return len(name) == len(_DIGEST) and all(letter in "0123456789abcdef" for letter in name)


def _none(name: str) -> NotFound:
    return NotFound(f"there is no asset {name}: keep the picture first, then name it by the id of the answer")


_LIST = select(AssetRow.digest, AssetRow.media_type, AssetRow.created_at, func.length(AssetRow.content).label("size"))
HANDLERS = (keep_picture, list_assets, read_asset)
