"""How long what is known of an operation's holders is kept after its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field

from walletpass.errors import NotFound, UsageError
from walletpass_server.api.reaching import reach_operation_row
from walletpass_server.api.shapes import WHOLE, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.keys import Key
from walletpass_server.engine.retention import LONGEST, keep_for
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import Unit


class RetentionIn(Shape):
    """How long to keep it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 90}]})

    days: Annotated[int, Field(ge=0, le=LONGEST), WHOLE] | None
    """After the end; null for as long as nobody is erased."""


class RetentionOut(Shape):
    """How long it is kept, and whether that is over."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 90, "emptied_at": None}]})

    days: int | None
    emptied_at: datetime | None
    """When passes were emptied and tokens removed."""

    @classmethod
    def of(cls, row: OperationRow) -> RetentionOut:
        """From its row."""
        return cls(days=row.kept_days, emptied_at=row.emptied_at)


@get("/operations/{operation_id:int}/retention", scope="operations:read", refuses=(NotFound,))
async def read_retention(
    operation_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> RetentionOut:
    """Read how long an operation keeps what it knows of holders."""
    async with on.database.reading(caller.client_id) as unit:
        return RetentionOut.of(await reach_operation_row(unit, caller, operation_id))


@put("/operations/{operation_id:int}/retention", scope="operations:write", refuses=(NotFound, UsageError))
async def change_retention(
    operation_id: PathId, data: JSONBody[RetentionIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> RetentionOut:
    """
    Say how many days after its end the passes of an operation are emptied and its tokens removed.

    Phones then fetch an empty, void version. Figures stay.
    """

    async def work(unit: Unit) -> OperationRow:
        await reach_operation_row(unit, caller, operation_id)
        return await keep_for(unit, operation_id, data.days, caller.actor, utc_now())

    return RetentionOut.of(await on.writer.write(caller.client_id, work))


HANDLERS = (read_retention, change_retention)
