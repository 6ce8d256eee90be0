"""What Google posts when somebody saves or deletes a pass."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from litestar import MediaType, Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from walletpass.errors import CallbackError, IdInvalid, NotFound
from walletpass.google import verify_callback
from walletpass.google.callbacks import LARGEST_BODY, check_form
from walletpass.google.ids import check_issuer
from walletpass_server.bootstrap import Platform
from walletpass_server.http.failures import status_of
from walletpass_server.wallets.google.addresses import CALLBACKS
from walletpass_server.wallets.google.callbacks import take_callback
from walletpass_server.wallets.google.root_keys import RootKeyStore

_logger = logging.getLogger(__name__)


@post(f"{CALLBACKS}/{{issuer_id:str}}", status_code=200, request_max_body_size=LARGEST_BODY)
async def callback(
    request: Request[Any, Any, Any],
    on: NamedDependency[Platform],
    root_keys: NamedDependency[RootKeyStore],
    issuer_id: FromPath[str],
) -> Response[bytes]:
    """
    Verify it, keep what it says, answer.

    200 also for repeats and for passes that are not here: Google would only post those again.
    """
    try:
        check_issuer(issuer_id)
    except IdInvalid as exc:
        raise NotFound("there is no such callback address") from exc
    body = await request.body()
    check_form(body)  # what is nonsense anyway is told so even while Google's keys cannot be had
    now = datetime.now(UTC)
    told = verify_callback(body, issuer_id=issuer_id, root_keys=await root_keys.keys(), now=now)
    await take_callback(on.database, on.writer, told, now)
    return Response(b"", status_code=200, media_type=MediaType.TEXT)


def refused(request: Request[Any, Any, Any], error: CallbackError) -> Response[bytes]:  # noqa: ARG001 - litestar gives it
    """What is not to be believed is told nothing but that."""
    _logger.info("%s", error)
    return Response(b"", status_code=status_of(error), media_type=MediaType.TEXT)


def router() -> Router:
    """The callback address, with the root keys of this process."""
    kept: RootKeyStore | None = None

    def root_keys(on: NamedDependency[Platform]) -> RootKeyStore:
        nonlocal kept
        kept = kept or RootKeyStore(on.settings)
        return kept

    return Router(
        "/",
        route_handlers=[callback],
        dependencies={"root_keys": Provide(root_keys, sync_to_thread=False)},
        exception_handlers={CallbackError: refused},
    )
