"""Events: what happened to passes, told by the client's own systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Self

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field, model_validator

from walletpass.errors import EventError, HookLoop, NotFound, OperationEnded
from walletpass.values import READABLE
from walletpass_server.api.shapes import (
    CauseId,
    ContactText,
    ExternalId,
    Id,
    IdempotencyKey,
    Instant,
    Name,
    Serial,
    Shape,
)
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.contacts import Contact, contact_digest
from walletpass_server.engine.fired import Fired
from walletpass_server.engine.firing import accept_for_all
from walletpass_server.engine.firing_together import Firing, fire_together
from walletpass_server.engine.keys import Key
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import Unit

_PASSES = ("pass_id", "serial", "token", "external_id", "contact")
"""Ways to name passes: one of them, or an operation."""


def _either() -> Any:
    """The same for the document of the API: what is null counts as left out."""
    null, given = {"type": "null"}, {"not": {"type": "null"}}
    one = [
        {"required": [way], "properties": {**dict.fromkeys((*_PASSES, "where"), null), way: given}} for way in _PASSES
    ]
    return [*one, {"required": ["operation"], "properties": {**dict.fromkeys(_PASSES, null), "operation": given}}]


class SubjectIn(Shape):
    """Whom an event concerns: one of the first five; or an operation, which may narrow one of the latter three."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _either(), "examples": [{"serial": "C-1"}]})

    pass_id: Id | None = None
    """The pass of this id."""
    serial: Serial | None = None
    """The pass of this serial."""
    token: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = None
    """The pass of this link's token."""
    external_id: ExternalId | None = None
    """The passes of one person; there may be none."""
    contact: ContactText | None = None
    """The passes that this telephone number or e-mail address leads to; there may be none."""
    operation: Name | None = None
    """All passes of the newest operation of this name."""
    where: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Only passes of the operation for which this holds: `pass.points > 100.0`."""

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        given = [way for way in _PASSES if getattr(self, way) is not None]
        if len(given) > 1 or not (given or self.operation):
            raise ValueError("names a pass in one way: pass_id, serial, token, external_id or contact; or an operation")
        if self.where is not None and (given or not self.operation):
            raise ValueError("where chooses among the passes of an operation: name the operation, and no pass")
        return self

    def meant(self) -> Subject:
        """As the engine takes it; a contact is yet to be looked up."""
        return Subject(**{name: value for name, value in self if value is not None})


class EventIn(Shape):
    """Something that happened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "coupon.used",
                    "subject": {"serial": "C-1"},
                    "data": {"amount": 12, "store": "Lyon"},
                    "idempotency_key": "order-77",
                },
                {
                    "type": "pass.redeemed",
                    "subject": {"serial": "C-1"},
                    "data": {"by": "till-2", "place": "Lyon", "value": 12},
                    "idempotency_key": "ticket-4711",
                },
            ]
        }
    )

    type: Annotated[str, Field(min_length=1, max_length=80, pattern=READABLE)]
    """An event that the Matrix declares; or `pass.redeemed`, `pass.scanned`, of any pass, with by, place and value."""
    subject: SubjectIn
    data: Annotated[dict[str, Any], Field(max_length=100)] = Field(default_factory=dict)
    """What comes with it, as the Matrix declares."""
    occurred_at: Instant | None = None
    """When it happened; now by default."""
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255, pattern=READABLE)] | None = None
    """The same key again changes nothing and is answered alike. The header Idempotency-Key does the same."""


class EventOut(Shape):
    """What became of an event."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"matched": 1, "moved": 1, "run_id": None, "reasons": {}}]}
    )

    matched: int | None
    """Passes it concerned; null while a run with a filter has not looked yet."""
    moved: int | None
    """Passes that it moved; null when a run is to do that."""
    run_id: int | None
    """The run that carries it out; null when it is done."""
    reasons: dict[str, int]
    """Why passes did not move, by how many."""

    @classmethod
    def of(cls, fired: Fired) -> EventOut:
        """From the engine's."""
        return cls(matched=fired.matched, moved=fired.moved, run_id=fired.run_id, reasons=dict(fired.reasons))


@post("/events", status_code=202, scope="events:write", refuses=(NotFound, EventError, OperationEnded, HookLoop))
async def send_event(
    data: JSONBody[EventIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
    cause: CauseId = None,
) -> EventOut:
    """
    Tell of an event.

    One pass is decided before the answer. An event for all passes of an operation is accepted, and a run carries it
    out. A pass, serial or token that does not exist is 404; an external id or contact that nobody has is matched by
    none.
    """

    firing = Firing(
        event=data.type,
        subject=data.subject.meant(),
        data=data.data,
        occurred_at=data.occurred_at,
        key=data.idempotency_key or idempotency_key,
        reach=caller.reach,
        environment=caller.environment,
        cause=cause,
    )
    if firing.subject.is_everyone:
        fired = await on.writer.write(caller.client_id, lambda unit: accept_for_all(unit, firing, utc_now()))
    else:
        fired = await on.writer.join(caller.client_id, _fire, (firing, on.keyring))
    return EventOut.of(fired)


async def _fire(unit: Unit, told: Sequence[tuple[Firing, Keyring]]) -> Sequence[Fired | Exception]:
    """The events of callers who wait at the same time."""
    return await fire_together(unit, [await _looked_up(unit, *each) for each in told], utc_now())


async def _looked_up(unit: Unit, firing: Firing, keyring: Keyring) -> Firing:
    """A contact as it is kept."""
    if firing.subject.contact is None:
        return firing
    digest = await contact_digest(unit, keyring, Contact.read(firing.subject.contact))
    return replace(firing, subject=replace(firing.subject, contact=digest or ""))


HANDLERS = (send_event,)
