"""Keys of the API, made by keys of the API: never with more rights than the one that asks has itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import KeyOver, NotFound, ScopeMissing, UsageError
from walletpass_server.api import paging
from walletpass_server.api.shapes import PAGE, WHOLE, Cursor, Id, Limit, Name, Page, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine import keys
from walletpass_server.engine.keys import SCOPES, Key, NewKey
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import ApiKeyRow
from walletpass_server.persistence.unit_of_work import Unit

_KEY: Any = {
    "id": 12,
    "name": "Till",
    "environment": "test",
    "hint": "wp_test_Ab3d",
    "scopes": ["events:write", "passes:read"],
    "operations": None,
    "state": "good",
    "replaces": None,
    "created_at": "2027-03-20T08:00:00Z",
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
}
Scope = Literal[SCOPES]  # type: ignore[valid-type]  # the scopes are listed once, in the engine


class KeyIn(Shape):
    """A key to make, in the environment of the key that asks."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Till", "scopes": ["events:write", "passes:read"]}]}
    )

    name: Name
    """Who uses it."""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))]
    """What it may do: a part of what the key that asks may."""
    operations: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = None
    """The only operations it reaches; by default those of the key that asks."""


class RotateIn(Shape):
    """How a key is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[int, Field(ge=0, le=720), WHOLE] = 24
    """How long the old key is still good."""


class KeyOut(Shape):
    """A key, without its text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    id: int
    name: str
    environment: str
    """test or production."""
    hint: str
    """How its text begins."""
    scopes: list[str]
    operations: list[int] | None
    """The only operations it reaches; null for all of its environment."""
    state: str
    """good, expiring, over or revoked."""
    replaces: int | None
    """The key it was rotated from."""
    created_at: datetime
    last_used_at: datetime | None
    """Right to a minute."""
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: ApiKeyRow) -> KeyOut:
        """From its row."""
        return cls(
            id=row.id,
            name=row.name,
            environment=row.environment,
            hint=row.hint,
            scopes=row.scopes,
            operations=row.operations,
            state=_state(row, utc_now()),
            replaces=row.replaces,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


class KeyMade(Shape):
    """A key that was just made. Its text is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"key": _KEY, "text": "wp_test_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb7cDe0fGh3"}]}
    )

    key: KeyOut
    text: str
    """What goes into `Authorization: Bearer …`."""


@get("/keys", scope="keys:read")
async def list_keys(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: Cursor = None, limit: Limit = PAGE
) -> Page[KeyOut]:
    """List the keys of this environment, the newest first; those that are no longer good too."""
    query = select(ApiKeyRow).where(ApiKeyRow.environment == caller.environment)
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, query, ApiKeyRow.id, cursor, limit, KeyOut.of)


@get("/keys/{key_id:int}", scope="keys:read", refuses=(NotFound,))
async def read_key(key_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> KeyOut:
    """Read a key, without its text."""
    async with on.database.reading(caller.client_id) as unit:
        return KeyOut.of(await _reach(unit, caller, key_id))


@post("/keys", status_code=201, scope="keys:write", refuses=(NotFound, UsageError))
async def make_key(
    data: JSONBody[KeyIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Response[KeyMade]:
    """Make a key. Its text is shown once, and kept nowhere: an Idempotency-Key would be of no use here."""
    if more := sorted(set(data.scopes) - caller.scopes):
        raise ScopeMissing(f"a key makes no key that may do more than itself: {', '.join(more)}")
    own = caller.reach.operations
    operations = data.operations if data.operations is not None else (None if own is None else sorted(own))
    if own is not None and not set(operations or ()) <= own:
        raise NotFound("there are no such operations within the reach of this key: look them up in the list")

    async def work(unit: Unit) -> NewKey:
        environment: Literal["test", "production"] = "test" if caller.environment == "test" else "production"
        return await keys.create_key(
            unit, data.name, environment, data.scopes, caller.actor, utc_now(), operations=operations
        )

    return _made(await on.writer.write(caller.client_id, work))


@post("/keys/{key_id:int}/rotate", status_code=201, scope="keys:write", refuses=(NotFound, KeyOver))
async def replace_key(
    key_id: PathId, data: JSONBody[RotateIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Response[KeyMade]:
    """Make a key in place of another, with the same rights. The old one stays good for the overlap."""

    async def work(unit: Unit) -> NewKey:
        row = await _reach(unit, caller, key_id)
        _no_more_than(caller, row)
        return await keys.rotate_key(unit, key_id, caller.actor, utc_now(), overlap=timedelta(hours=data.overlap_hours))

    return _made(await on.writer.write(caller.client_id, work))


@post("/keys/{key_id:int}/revoke", status_code=200, scope="keys:write", refuses=(NotFound,))
async def revoke_key(key_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> KeyOut:
    """Revoke a key: it is refused from now on, for good. Again, it changes nothing."""

    async def work(unit: Unit) -> ApiKeyRow:
        await _reach(unit, caller, key_id)
        return await keys.revoke_key(unit, key_id, caller.actor, utc_now())

    return KeyOut.of(await on.writer.write(caller.client_id, work))


async def _reach(unit: Unit, caller: Key, key_id: int) -> ApiKeyRow:
    row = await keys.find_key(unit, key_id)
    if row.environment != caller.environment:
        raise NotFound(f"there is no key {key_id}: look it up in the list of keys")
    return row


def _no_more_than(caller: Key, row: ApiKeyRow) -> None:
    """Whoever gets the text of a key has its rights."""
    own = caller.reach.operations
    wider = own is not None and (row.operations is None or not set(row.operations) <= own)
    if wider or set(row.scopes) - caller.scopes:
        raise ScopeMissing(f"key {row.id} may do more than the key that asks: rotate it with one that may as much")


def _made(new: NewKey) -> Response[KeyMade]:
    return Response(KeyMade(key=KeyOut.of(new.row), text=new.text), status_code=201)


def _state(row: ApiKeyRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is None:
        return "good"
    return "expiring" if now < row.expires_at else "over"


HANDLERS = (list_keys, read_key, make_key, replace_key, revoke_key)
