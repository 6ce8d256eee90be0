"""Runs: work over many passes of an operation, looked at and held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from litestar import get, post
from litestar.di import NamedDependency
from pydantic import ConfigDict
from sqlalchemy import select

from walletpass.errors import NotFound, RunOver
from walletpass_server.api import paging
from walletpass_server.api.reaching import reach_operation_row, reach_run
from walletpass_server.api.shapes import PAGE, Cursor, Limit, Page, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine import runs
from walletpass_server.engine.audit import record
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import RunRow
from walletpass_server.persistence.unit_of_work import Unit


class RunOut(Shape):
    """A run and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 510,
                    "kind": "event",
                    "trigger": None,
                    "state": "running",
                    "due_at": "2027-03-21T10:00:00Z",
                    "total": 100000,
                    "seen": 40000,
                    "moved": 39812,
                    "matched": 40000,
                    "seconds_left": 12.5,
                    "error": None,
                }
            ]
        }
    )

    id: int
    kind: str
    """at, late, event, import, or resign: passes signed again after a change of certificate."""
    trigger: str | None
    state: str
    """waiting, running, paused, cancelled, done, failed; uploading or importing for an import."""
    due_at: datetime
    total: int | None
    """Passes (of an import, lines) that it will look at; null before they are counted."""
    seen: int
    moved: int
    """Passes moved; of an import, tokens made."""
    matched: int
    """Passes that its filter chose so far."""
    seconds_left: float | None
    """At the pace so far."""
    error: str | None
    """Why it failed."""

    @classmethod
    def of(cls, progress: runs.Progress) -> RunOut:
        """From the engine's."""
        return cls(
            id=progress.run_id,
            kind=progress.kind,
            trigger=progress.trigger,
            state=progress.state,
            due_at=progress.due_at,
            total=progress.total,
            seen=progress.seen,
            moved=progress.moved,
            matched=progress.matched,
            seconds_left=progress.left.total_seconds() if progress.left is not None else None,
            error=progress.error,
        )


@get("/operations/{operation_id:int}/runs", scope="runs:read", refuses=(NotFound,))
async def list_runs(
    operation_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[RunOut]:
    """List the runs of an operation, the newest first."""
    async with on.database.reading(caller.client_id) as unit:
        await reach_operation_row(unit, caller, operation_id)
        query = select(RunRow).where(RunRow.operation_id == operation_id)
        now = utc_now()
        return await paging.page(
            unit, query, RunRow.id, cursor, limit, lambda row: RunOut.of(runs.progress_of(row, now))
        )


@get("/runs/{run_id:int}", scope="runs:read", refuses=(NotFound,))
async def read_run(run_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> RunOut:
    """Read how far a run is."""
    async with on.database.reading(caller.client_id) as unit:
        return RunOut.of(runs.progress_of(await reach_run(unit, caller, run_id), utc_now()))


@post("/runs/{run_id:int}/pause", status_code=200, scope="runs:write", refuses=(NotFound, RunOver))
async def pause_run(run_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> RunOut:
    """Stop a run after the chunk that is under way, until it is resumed."""
    return await _change(on, caller, run_id, "run.paused", lambda unit: runs.pause(unit, run_id))


@post("/runs/{run_id:int}/resume", status_code=200, scope="runs:write", refuses=(NotFound, RunOver))
async def resume_run(run_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> RunOut:
    """Let a paused or failed run go on from where it stopped."""
    return await _change(on, caller, run_id, "run.resumed", lambda unit: runs.resume(unit, run_id))


@post("/runs/{run_id:int}/cancel", status_code=200, scope="runs:write", refuses=(NotFound, RunOver))
async def cancel_run(run_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> RunOut:
    """End a run for good. What it moved stays moved."""
    return await _change(on, caller, run_id, "run.cancelled", lambda unit: runs.cancel(unit, run_id, utc_now()))


async def _change(
    on: Platform, caller: Key, run_id: int, action: str, change: Callable[[Unit], Awaitable[None]]
) -> RunOut:
    async def work(unit: Unit) -> RunOut:
        now = utc_now()
        before = {"state": (await reach_run(unit, caller, run_id)).state}
        await change(unit)
        await unit.session.flush()
        row = await reach_run(unit, caller, run_id)
        if row.state != before["state"]:
            after = {"state": row.state}
            await record(unit, caller.actor, action, f"run:{run_id}", now, before=before, after=after)
        return RunOut.of(runs.progress_of(row, now))

    return await on.writer.write(caller.client_id, work)


HANDLERS = (list_runs, read_run, pause_run, resume_run, cancel_run)
