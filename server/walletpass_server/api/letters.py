"""Letters that could not be sent: pushes, calls to Google, web hooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field

from walletpass_server.api import paging
from walletpass_server.api.shapes import PAGE, Cursor, Id, Limit, Page, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.outbox import dead_letters, send_again
from walletpass_server.persistence.unit_of_work import Unit


class LetterOut(Shape):
    """A letter that was given up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 90,
                    "channel": "apns",
                    "attempts": 12,
                    "last_error": "503 ServiceUnavailable",
                    "dead_at": "2027-03-20T08:00:00Z",
                }
            ]
        }
    )

    id: int
    channel: str
    """apns, google, hook, sms or email."""
    attempts: int
    last_error: str | None
    dead_at: datetime


class AgainIn(Shape):
    """Which letters to send again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"letters": [90]}]})

    letters: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class AgainOut(Shape):
    """How many letters have another round of attempts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"letters": 1}]})

    letters: int


@get("/letters/dead", scope="letters:read")
async def list_dead_letters(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: Cursor = None, limit: Limit = PAGE
) -> Page[LetterOut]:
    """List the letters that were given up, the oldest first."""
    async with on.database.reading(caller.client_id) as unit:
        found = await dead_letters(unit, after=paging.decode_id(cursor) or 0, limit=limit + 1)
    shown = [
        LetterOut(
            id=each.id,
            channel=each.channel,
            attempts=each.attempts,
            last_error=each.last_error,
            dead_at=each.dead_at,
        )
        for each in found[:limit]
    ]
    return Page(items=shown, next=paging.encode_id(shown[-1].id) if len(found) > limit else None)


@post("/letters/dead/send-again", status_code=202, scope="letters:write")
async def send_letters_again(
    data: JSONBody[AgainIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> AgainOut:
    """Give letters another round of attempts; ids of others are passed over."""

    async def work(unit: Unit) -> int:
        count = await send_again(unit, data.letters)
        if count:
            after = {"letters": count}
            await record(unit, caller.actor, "letter.sent-again", "letters", utc_now(), after=after)
        return count

    return AgainOut(letters=await on.writer.write(caller.client_id, work))


HANDLERS = (list_dead_letters, send_letters_again)
