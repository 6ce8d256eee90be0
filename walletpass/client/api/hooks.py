"""
Routes of the API: hooks.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from walletpass.client.call import Answer, Call, Page, call


class DeliveriesAgainOut(Answer):
    """How many deliveries are tried again."""

    deliveries: int


class DeliveryOut(Answer):
    """An event on its way to an endpoint, or there."""

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


class HookOut(Answer):
    """An endpoint, without its secret."""

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


class HookMade(Answer):
    """An endpoint with the secret that signs from now on. It is shown this once."""

    hook: HookOut
    secret: str
    """To verify signatures with, by Standard Webhooks."""


def list_hooks() -> Call[Page[HookOut]]:
    """List the endpoints of this environment, the newest first: there are few, so it is one page."""
    return call("GET", "/v1/hooks", Page[HookOut].model_validate_json)


def add_hook(
    *,
    name: str,
    url: str,
    events: Sequence[str | Any],
    operations: Sequence[int] | None = None,
    models: Sequence[str] | None = None,
    include: Sequence[Literal["holder"]] | None = None,
) -> Call[HookMade]:
    """
    Add an endpoint. It hears of what happens from now on.

    Its secret is shown once, and kept sealed: an Idempotency-Key would be of no use here.

    Args:
        name: Who listens.
        url: Where events are posted: public, and by https.
        events: Names such as `pass.added`, or `pass.*`, or `*`.
        operations: Of these operations only; by default all that the key reaches.
        models: Of passes with these Models only; of a move, one of the two.
        include: `holder`: the values of the pass are told too. Without it, no personal data are.
    """
    return call(
        "POST",
        "/v1/hooks",
        HookMade.model_validate_json,
        body={
            "name": name,
            "url": url,
            "events": events,
            "operations": operations,
            "models": models,
            "include": include,
        },
    )


def remove_hook(hook_id: int) -> Call[HookOut]:
    """Remove an endpoint, with what waits for it."""
    return call("DELETE", "/v1/hooks/{hook_id}", HookOut.model_validate_json, at={"hook_id": hook_id})


def read_hook(hook_id: int) -> Call[HookOut]:
    """Read an endpoint, without its secret."""
    return call("GET", "/v1/hooks/{hook_id}", HookOut.model_validate_json, at={"hook_id": hook_id})


def test_hook(hook_id: int) -> Call[DeliveryOut]:
    """Send a `hook.test` to an endpoint, whatever it subscribed to. The list of deliveries says what came of it."""
    return call("POST", "/v1/hooks/{hook_id}/test", DeliveryOut.model_validate_json, at={"hook_id": hook_id})


def pause_hook(hook_id: int) -> Call[HookOut]:
    """Let events wait. Again, it changes nothing."""
    return call("POST", "/v1/hooks/{hook_id}/pause", HookOut.model_validate_json, at={"hook_id": hook_id})


def resume_hook(hook_id: int) -> Call[HookOut]:
    """Go on, with what waited; also when the platform paused it itself. Again, it changes nothing."""
    return call("POST", "/v1/hooks/{hook_id}/resume", HookOut.model_validate_json, at={"hook_id": hook_id})


def rotate_hook(hook_id: int, *, overlap_hours: int | None = None) -> Call[HookMade]:
    """
    Make a new secret. Until the overlap is over, events carry a signature by each of the two.

    Args:
        overlap_hours: How long the old one signs too.
    """
    return call(
        "POST",
        "/v1/hooks/{hook_id}/rotate",
        HookMade.model_validate_json,
        at={"hook_id": hook_id},
        body={"overlap_hours": overlap_hours},
    )


def replay_hook(hook_id: int, *, since: datetime, until: datetime | None = None) -> Call[HookOut]:
    """
    Tell an endpoint again of what happened since an instant, with the ids of the first time.

    Args:
        since: From when on, by the clock of the platform.
        until: Up to when; now by default.
    """
    return call(
        "POST",
        "/v1/hooks/{hook_id}/replay",
        HookOut.model_validate_json,
        at={"hook_id": hook_id},
        body={"since": since, "until": until},
    )


def list_deliveries(
    hook_id: int,
    *,
    only: Literal["waiting", "delivered", "dead", None] | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[DeliveryOut]]:
    """
    List deliveries, the newest first; those that arrived are kept for three days.

    Args:
        only: Only those in this state.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/hooks/{hook_id}/deliveries",
        Page[DeliveryOut].model_validate_json,
        at={"hook_id": hook_id},
        query={"only": only, "cursor": cursor, "limit": limit},
    )


def deliver_again(hook_id: int, *, deliveries: Sequence[int] | None = None) -> Call[DeliveriesAgainOut]:
    """
    Give deliveries that were given up another three days; others are passed over.

    Args:
        deliveries: By id; all that were given up by default.
    """
    return call(
        "POST",
        "/v1/hooks/{hook_id}/deliveries/again",
        DeliveriesAgainOut.model_validate_json,
        at={"hook_id": hook_id},
        body={"deliveries": deliveries},
    )
