"""Hooks: who is told of events by the web, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from pydantic import ConfigDict, Field, WithJsonSchema
from sqlalchemy import select

from walletpass.errors import NotFound, QuotaReached, UsageError
from walletpass.hooks import NAME, OURS, WILDCARD, event_id, subscriptions
from walletpass_server.api import paging
from walletpass_server.api.shapes import PAGE, WHOLE, Cursor, Id, Instant, Limit, Name, Page, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now
from walletpass_server.hooks import endpoints
from walletpass_server.hooks.endpoints import NewSecret, Wish
from walletpass_server.hooks.wishes import PYTHON
from walletpass_server.persistence.tables import HookDeliveryRow, HookEndpointRow
from walletpass_server.persistence.unit_of_work import Unit

_HOOK: Any = {
    "id": 31,
    "name": "CRM",
    "url": "https://crm.example/walletpass",
    "environment": "test",
    "events": ["pass.added", "pass.deleted"],
    "operations": None,
    "models": None,
    "include": [],
    "state": "active",
    "paused_at": None,
    "paused_why": None,
    "waiting": 0,
    "dead": 0,
    "delivered": 120,
    "failed": 2,
    "last_status": 200,
    "last_error": None,
    "delivered_at": "2027-03-20T08:00:00Z",
    "failing_since": None,
    "replaying": False,
    "two_secrets_until": None,
    "created_at": "2027-03-01T08:00:00Z",
}
_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
EventPattern = Annotated[
    str,
    Field(min_length=1, max_length=80),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [
                {"enum": [*subscriptions()]},
                {"pattern": f"^(?:{NAME}|{WILDCARD})$", "maxLength": 80, "not": {"pattern": OURS}},
            ],
        },
        mode="validation",
    ),
]
State = Literal["waiting", "delivered", "dead"]


class HookIn(Shape):
    """An endpoint to tell, in the environment of the key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "CRM",
                    "url": "https://crm.example/walletpass",
                    "events": ["pass.added", "pass.deleted"],
                }
            ]
        }
    )

    name: Name
    """Who listens."""
    url: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^https?://[!-~]+$")]
    """Where events are posted: public, and by https."""
    events: Annotated[list[EventPattern], Field(min_length=1, max_length=100)]
    """Names such as `pass.added`, or `pass.*`, or `*`."""
    operations: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = None
    """Of these operations only; by default all that the key reaches."""
    models: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    """Of passes with these Models only; of a move, one of the two."""
    include: Annotated[list[Literal["holder"]], Field(max_length=1)] = Field(default_factory=list)
    """`holder`: the values of the pass are told too. Without it, no personal data are."""


class RotateSecretIn(Shape):
    """How a secret is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[int, Field(ge=0, le=720), WHOLE] = 24
    """How long the old one signs too."""


class ReplayIn(Shape):
    """What to tell again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2027-03-20T08:00:00Z"}]})

    since: Instant
    """From when on, by the clock of the platform."""
    until: Instant | None = None
    """Up to when; now by default."""


class DeliveriesAgainIn(Shape):
    """Which deliveries get another three days."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deliveries": [907]}]})

    deliveries: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None
    """By id; all that were given up by default."""


class DeliveriesAgainOut(Shape):
    """How many deliveries are tried again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deliveries": 1}]})

    deliveries: int


class HookOut(Shape):
    """An endpoint, without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HOOK]})

    id: int
    name: str
    url: str
    environment: str | None
    """test or production; null for both."""
    events: list[str]
    operations: list[int] | None
    models: list[str] | None
    include: list[str]
    state: str
    """active or paused; while it is paused, events wait."""
    paused_at: datetime | None
    paused_why: str | None
    waiting: int
    """Deliveries on their way."""
    dead: int
    """Given up."""
    delivered: int
    failed: int
    """Attempts that failed."""
    last_status: int | None
    """HTTP status of the last attempt; null when there was no answer."""
    last_error: str | None
    delivered_at: datetime | None
    failing_since: datetime | None
    """Since when nothing arrives."""
    replaying: bool
    two_secrets_until: datetime | None
    """After a rotation: until when events carry two signatures."""
    created_at: datetime

    @classmethod
    def of(cls, row: HookEndpointRow, counts: tuple[int, int]) -> HookOut:
        """From its row, and how many deliveries wait and are dead."""
        same = (
            "id", "name", "url", "environment", "events", "operations", "models", "include", "state", "paused_at",
            "paused_why", "delivered", "failed", "last_status", "last_error", "delivered_at", "failing_since",
            "created_at",
        )  # fmt: skip
        return cls(
            **{name: getattr(row, name) for name in same},
            waiting=counts[0],
            dead=counts[1],
            replaying=row.replay_from is not None,
            two_secrets_until=row.before_until,
        )


class HookMade(Shape):
    """An endpoint with the secret that signs from now on. It is shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hook": _HOOK, "secret": _SECRET}]})

    hook: HookOut
    secret: str
    """To verify signatures with, by Standard Webhooks."""


class DeliveryOut(Shape):
    """An event on its way to an endpoint, or there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 907,
                    "event_id": "evt_1f_8",
                    "type": "pass.added",
                    "state": "delivered",
                    "attempts": 1,
                    "last_status": 200,
                    "last_error": None,
                    "due_at": "2027-03-20T08:00:00Z",
                    "delivered_at": "2027-03-20T08:00:01Z",
                    "dead_at": None,
                }
            ]
        }
    )

    id: int
    event_id: str
    """The header `webhook-id`."""
    type: str
    state: str
    """waiting, delivered or dead."""
    attempts: int
    last_status: int | None
    last_error: str | None
    due_at: datetime
    """When it is tried next."""
    delivered_at: datetime | None
    dead_at: datetime | None

    @classmethod
    def of(cls, row: HookDeliveryRow) -> DeliveryOut:
        """From its row."""
        return cls(
            id=row.id,
            event_id=event_id(row.pass_id, row.place),
            type=row.type,
            state="delivered" if row.delivered_at else "dead" if row.dead_at else "waiting",
            attempts=row.attempts,
            last_status=row.status,
            last_error=row.error,
            due_at=row.due_at,
            delivered_at=row.delivered_at,
            dead_at=row.dead_at,
        )


@get("/hooks", scope="hooks:read")
async def list_hooks(on: NamedDependency[Platform], caller: NamedDependency[Key]) -> Page[HookOut]:
    """List the endpoints of this environment, the newest first: there are few, so it is one page."""
    query = select(HookEndpointRow).order_by(HookEndpointRow.id.desc())
    async with on.database.reading(caller.client_id) as unit:
        rows = [row for row in (await unit.session.scalars(query)).all() if _reaches(caller, row)]
        counts = await endpoints.counts_of(unit, [row.id for row in rows])
    return Page(items=[HookOut.of(row, counts.get(row.id, (0, 0))) for row in rows])


@post("/hooks", status_code=201, scope="hooks:write", refuses=(NotFound, UsageError, QuotaReached))
async def add_hook(
    data: JSONBody[HookIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Response[HookMade]:
    """
    Add an endpoint. It hears of what happens from now on.

    Its secret is shown once, and kept sealed: an Idempotency-Key would be of no use here.
    """
    own = caller.reach.operations
    operations = data.operations if data.operations is not None else (None if own is None else sorted(own))
    if own is not None and not set(operations or ()) <= own:
        raise NotFound("there are no such operations within the reach of this key: look them up in the list")
    wish = Wish(
        name=data.name,
        url=data.url,
        events=data.events,
        environment=caller.environment,
        operations=operations,
        models=data.models,
        include=data.include,
    )

    async def work(unit: Unit) -> NewSecret:
        private = on.settings.hooks_private
        return await endpoints.add_endpoint(unit, on.keyring, wish, caller.actor, utc_now(), private=private)

    return _made(await on.writer.write(caller.client_id, work), (0, 0))


@get("/hooks/{hook_id:int}", scope="hooks:read", refuses=(NotFound,))
async def read_hook(hook_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> HookOut:
    """Read an endpoint, without its secret."""
    async with on.database.reading(caller.client_id) as unit:
        return await _shown(unit, await _reach(unit, caller, hook_id))


@delete("/hooks/{hook_id:int}", status_code=200, scope="hooks:write", refuses=(NotFound,))
async def remove_hook(hook_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> HookOut:
    """Remove an endpoint, with what waits for it."""

    async def work(unit: Unit) -> HookOut:
        shown = await _shown(unit, await _reach(unit, caller, hook_id))
        await endpoints.remove_endpoint(unit, hook_id, caller.actor, utc_now())
        return shown

    return await on.writer.write(caller.client_id, work)


@post("/hooks/{hook_id:int}/test", status_code=202, scope="hooks:write", refuses=(NotFound,))
async def test_hook(hook_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> DeliveryOut:
    """Send a `hook.test` to an endpoint, whatever it subscribed to. The list of deliveries says what came of it."""

    async def work(unit: Unit) -> DeliveryOut:
        await _reach(unit, caller, hook_id)
        return DeliveryOut.of(await endpoints.send_test(unit, hook_id, caller.actor, utc_now()))

    return await on.writer.write(caller.client_id, work)


@post("/hooks/{hook_id:int}/pause", status_code=200, scope="hooks:write", refuses=(NotFound,))
async def pause_hook(hook_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> HookOut:
    """Let events wait. Again, it changes nothing."""

    async def work(unit: Unit) -> HookOut:
        await _reach(unit, caller, hook_id)
        return await _shown(unit, await endpoints.pause_endpoint(unit, hook_id, caller.actor, utc_now()))

    return await on.writer.write(caller.client_id, work)


@post("/hooks/{hook_id:int}/resume", status_code=200, scope="hooks:write", refuses=(NotFound,))
async def resume_hook(hook_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> HookOut:
    """Go on, with what waited; also when the platform paused it itself. Again, it changes nothing."""

    async def work(unit: Unit) -> HookOut:
        await _reach(unit, caller, hook_id)
        return await _shown(unit, await endpoints.resume_endpoint(unit, hook_id, caller.actor, utc_now()))

    return await on.writer.write(caller.client_id, work)


@post("/hooks/{hook_id:int}/rotate", status_code=201, scope="hooks:write", refuses=(NotFound,))
async def rotate_hook(
    hook_id: PathId, data: JSONBody[RotateSecretIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Response[HookMade]:
    """Make a new secret. Until the overlap is over, events carry a signature by each of the two."""
    overlap = timedelta(hours=data.overlap_hours)

    async def work(unit: Unit) -> tuple[NewSecret, tuple[int, int]]:
        await _reach(unit, caller, hook_id)
        new = await endpoints.rotate_secret(unit, on.keyring, hook_id, caller.actor, utc_now(), overlap=overlap)
        return new, (await endpoints.counts_of(unit, [hook_id])).get(hook_id, (0, 0))

    return _made(*await on.writer.write(caller.client_id, work))


@post("/hooks/{hook_id:int}/replay", status_code=202, scope="hooks:write", refuses=(NotFound, UsageError))
async def replay_hook(
    hook_id: PathId, data: JSONBody[ReplayIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> HookOut:
    """Tell an endpoint again of what happened since an instant, with the ids of the first time."""

    async def work(unit: Unit) -> HookOut:
        await _reach(unit, caller, hook_id)
        now = utc_now()
        return await _shown(
            unit, await endpoints.replay(unit, hook_id, data.since, caller.actor, now, until=data.until)
        )

    return await on.writer.write(caller.client_id, work)


@get("/hooks/{hook_id:int}/deliveries", scope="hooks:read", refuses=(NotFound,))
async def list_deliveries(
    hook_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    only: Annotated[State | None, QueryParameter(description="Only those in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[DeliveryOut]:
    """List deliveries, the newest first; those that arrived are kept for three days."""
    query = select(HookDeliveryRow).where(HookDeliveryRow.endpoint_id == hook_id)
    arrived, dead = HookDeliveryRow.delivered_at, HookDeliveryRow.dead_at
    if only == "waiting":
        query = query.where(arrived.is_(None), dead.is_(None))
    elif only is not None:
        query = query.where((arrived if only == "delivered" else dead).is_not(None))
    async with on.database.reading(caller.client_id) as unit:
        await _reach(unit, caller, hook_id)
        return await paging.page(unit, query, HookDeliveryRow.id, cursor, limit, DeliveryOut.of)


@post("/hooks/{hook_id:int}/deliveries/again", status_code=202, scope="hooks:write", refuses=(NotFound,))
async def deliver_again(
    hook_id: PathId, data: JSONBody[DeliveriesAgainIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> DeliveriesAgainOut:
    """Give deliveries that were given up another three days; others are passed over."""

    async def work(unit: Unit) -> int:
        await _reach(unit, caller, hook_id)
        return await endpoints.deliver_again(unit, hook_id, caller.actor, utc_now(), data.deliveries)

    return DeliveriesAgainOut(deliveries=await on.writer.write(caller.client_id, work))


async def _reach(unit: Unit, caller: Key, hook_id: int) -> HookEndpointRow:
    row = await endpoints.find_endpoint(unit, hook_id)
    if not _reaches(caller, row):
        raise NotFound(f"there is no hook {hook_id}: look it up in the list of hooks")
    return row


def _reaches(caller: Key, row: HookEndpointRow) -> bool:
    """Those of its environment and operations; what the operator of the server has in process is not the client's."""
    own = caller.reach.operations
    within = own is None or (row.operations is not None and set(row.operations) <= own)
    return row.environment == caller.environment and within and not row.url.startswith(PYTHON)


async def _shown(unit: Unit, row: HookEndpointRow) -> HookOut:
    return HookOut.of(row, (await endpoints.counts_of(unit, [row.id])).get(row.id, (0, 0)))


def _made(new: NewSecret, counts: tuple[int, int]) -> Response[HookMade]:
    return Response(HookMade(hook=HookOut.of(new.row, counts), secret=new.secret), status_code=201)


HANDLERS = (
    list_hooks, add_hook, read_hook, remove_hook, test_hook, pause_hook, resume_hook, rotate_hook, replay_hook,
    list_deliveries, deliver_again,
)  # fmt: skip
