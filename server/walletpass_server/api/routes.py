"""The routes of the API: every handler needs a key with a scope, unless it says that it needs none."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from walletpass_server.api import (
    account,
    assets,
    certificates,
    contacts,
    credentials,
    events,
    exports,
    hooks,
    imports,
    keys,
    letters,
    logs,
    matrices,
    models,
    openapi,
    operations,
    passes,
    persons,
    reports,
    retention,
    runs,
    tokens,
)
from walletpass_server.api.guard import authorise, caller, tell_pace
from walletpass_server.api.problems import HANDLERS

BODY_BYTES = 4_000_000
"""Most of a JSON body: a Matrix with its Models."""
RESOURCES = (
    assets, models, matrices, operations, tokens, imports, exports, passes, contacts, events, runs, reports,
    credentials, keys, hooks, letters, logs, persons, account, certificates, retention,
    openapi,
)  # fmt: skip


def routes() -> list[ControllerRouterHandler]:
    """What is joined to the application."""
    return [api()]


def api() -> Router:
    """Everything under /v1."""
    return Router(
        "/v1",
        route_handlers=[handler for resource in RESOURCES for handler in resource.HANDLERS],
        dependencies={"caller": Provide(caller)},
        guards=[authorise],
        middleware=[tell_pace],
        exception_handlers=HANDLERS,
        request_max_body_size=BODY_BYTES,
    )
