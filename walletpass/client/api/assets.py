"""
Routes of the API: assets.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime

from walletpass.client.call import Answer, Call, Page, call


class AssetOut(Answer):
    """A picture that is kept."""

    id: str
    """SHA-256 of its bytes: what a Model names, as `logo: {file: <id>}`."""
    media_type: str
    bytes: int
    created_at: datetime


def list_assets(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[AssetOut]]:
    """
    List the pictures, by id.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call("GET", "/v1/assets", Page[AssetOut].model_validate_json, query={"cursor": cursor, "limit": limit})


def keep_picture(*, body: bytes) -> Call[AssetOut]:
    """
    Keep a picture: PNG, JPEG, WebP or SVG. The body is the file itself. The same bytes again are the same asset.

    Args:
        body: The file.
    """
    return call("POST", "/v1/assets", AssetOut.model_validate_json, body=body)


def read_asset(asset_id: str) -> Call[bytes]:
    """
    Read the bytes of a picture.

    Args:
        asset_id: SHA-256 of its bytes.
    """
    return call("GET", "/v1/assets/{asset_id}", bytes, at={"asset_id": asset_id})
