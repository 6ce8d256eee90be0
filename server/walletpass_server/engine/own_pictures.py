"""Pictures of one pass's own: variables of type image, given by the id or address of an asset of the client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from walletpass.errors import ValuesError
from walletpass_server.engine.live import LiveOperation
from walletpass_server.persistence.tables import AssetRow
from walletpass_server.persistence.unit_of_work import Unit

Given = Mapping[str, Any]
_ASSET = re.compile(r"(?:(?:https?://[^/?#]+)?/v1/assets/)?([0-9a-f]{64})")


async def own_pictures(unit: Unit, live: LiveOperation, rows: Iterable[Given]) -> Callable[[Given], Given]:
    """
    What puts the bytes of pictures in place of their assets: in values as they are given, before they are checked.

    Args:
        unit: Of the client.
        live: The operation whose Models say which variables are pictures.
        rows: All values that it will be asked for, so that their assets are read at once.

    Returns:
        A function of one of `rows`; it raises ValuesError where a value is no asset of the client.
    """
    names = [name for name, variable in live.matrix.variables.items() if variable.type == "image"]
    if not names:
        return lambda given: given
    ids = {found for given in rows for name in names if (found := _id(given.get(name)))}
    query = select(AssetRow.digest, AssetRow.content).where(
        AssetRow.client_id == unit.client_id, AssetRow.digest.in_([bytes.fromhex(each) for each in ids])
    )
    kept = {row.digest.hex(): row.content for row in await unit.connection.execute(query)} if ids else {}

    def filled(given: Given) -> Given:
        asked = {name: given[name] for name in names if given.get(name) is not None}
        found = {name: kept.get(_id(value)) for name, value in asked.items()}
        missing = [name for name, content in found.items() if content is None]
        if missing:
            says = "is no asset: keep the picture first, then name it by the id of the answer"
            raise ValuesError({name: f"{str(asked[name])[:80]!r} {says}" for name in missing})
        return {**given, **found}

    return filled


def _id(value: object) -> str:
    found = _ASSET.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else ""
