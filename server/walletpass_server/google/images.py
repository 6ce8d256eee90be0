"""
Pictures that Google fetches by itself, and nothing else of what clients keep.

An address is the SHA-256 of the bytes, so it never shows anything else and may be kept for ever.
"""

from __future__ import annotations

import re
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from walletpass.errors import NotFound
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.designs import public_asset
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.wallets.google.addresses import PICTURES

_NAME = re.compile(r"([0-9a-f]{64})\.png")


@route(f"{PICTURES}/{{name:str}}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def image(request: Request[Any, Any, Any], on: NamedDependency[Platform], name: FromPath[str]) -> Response[bytes]:
    """One picture."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise NotFound("there is no such picture")
    async with on.database.reading(ALL_CLIENTS) as unit:
        found = await public_asset(unit, bytes.fromhex(match[1]))
    if found is None:
        raise NotFound("there is no such picture")
    etag = f'"{match[1]}"'
    headers = {
        "cache-control": "public, max-age=31536000, immutable",
        "etag": etag,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
    }
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
    if request.method == HttpMethod.HEAD:
        headers["content-length"] = str(len(found.content))
        return Response(b"", headers=headers, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)
