"""
Routes of the API: runs.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime

from walletpass.client.call import Answer, Call, Page, call


class RunOut(Answer):
    """A run and how far it is."""

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


def list_runs(operation_id: int, *, cursor: str | None = None, limit: int | None = None) -> Call[Page[RunOut]]:
    """
    List the runs of an operation, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/operations/{operation_id}/runs",
        Page[RunOut].model_validate_json,
        at={"operation_id": operation_id},
        query={"cursor": cursor, "limit": limit},
    )


def read_run(run_id: int) -> Call[RunOut]:
    """Read how far a run is."""
    return call("GET", "/v1/runs/{run_id}", RunOut.model_validate_json, at={"run_id": run_id})


def pause_run(run_id: int) -> Call[RunOut]:
    """Stop a run after the chunk that is under way, until it is resumed."""
    return call("POST", "/v1/runs/{run_id}/pause", RunOut.model_validate_json, at={"run_id": run_id})


def resume_run(run_id: int) -> Call[RunOut]:
    """Let a paused or failed run go on from where it stopped."""
    return call("POST", "/v1/runs/{run_id}/resume", RunOut.model_validate_json, at={"run_id": run_id})


def cancel_run(run_id: int) -> Call[RunOut]:
    """End a run for good. What it moved stays moved."""
    return call("POST", "/v1/runs/{run_id}/cancel", RunOut.model_validate_json, at={"run_id": run_id})
