"""Persons: what the platform has of one, erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Self

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, model_validator

from walletpass.errors import NotFound
from walletpass_server.api.shapes import ExternalId, Serial, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.erasure import Erased, erase
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now

_NULL: Any = {"type": "null"}
_GIVEN: Any = {"not": _NULL}
_EITHER: Any = [
    {"required": ["external_id"], "properties": {"external_id": _GIVEN, "serial": _NULL}},
    {"required": ["serial"], "properties": {"external_id": _NULL, "serial": _GIVEN}},
]


class EraseIn(Shape):
    """Whom to erase: one person by your own id, or one pass by its serial."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _EITHER, "examples": [{"external_id": "K-1"}]})

    external_id: ExternalId | None = None
    """Every pass and token of this person."""
    serial: Serial | None = None
    """One pass, with its tokens."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.external_id is None) == (self.serial is None):
            raise ValueError("names the person in one way: external_id or serial")
        return self


class EraseOut(Shape):
    """The receipt: what was done, without a word about whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**Erased(1, 1, 1).receipt(datetime(2027, 3, 20, 8, tzinfo=UTC)), "erased": ["tokens"]}]
        }
    )

    erased_at: datetime
    passes: int
    tokens: int
    on_phones: int
    """Passes whose phones are told to fetch an empty, void version."""
    erased: list[str]
    kept: list[str]
    phones: str
    google: str
    backups: str
    """Which copies still hold it, and how long."""


@post("/persons/erase", status_code=200, scope="persons:erase", refuses=(NotFound,))
async def erase_person(
    data: JSONBody[EraseIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> EraseOut:
    """
    Erase a person: values, tokens and contacts go, figures stay under a pseudonym. It cannot be undone.

    Phones fetch an empty, void version; the object at Google is emptied. The log of changes keeps the receipt, and not
    whom it was about.
    """
    now = utc_now()

    def forget(pass_id: int) -> None:
        for provider in on.wallets.values():
            provider.forget(caller.client_id, [pass_id])

    gone = await erase(
        on.database,
        caller.client_id,
        now,
        external_id=data.external_id,
        serial=data.serial,
        reach=caller.reach,
        purge=[forget],
        actor=caller.actor,
        backups_kept=on.settings.backups_kept,
    )
    return EraseOut(**{**gone.receipt(now), "erased_at": now})


HANDLERS = (erase_person,)
