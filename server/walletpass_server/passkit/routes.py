"""The routes of Apple's web service: everything below its base, routed by `service` on the path as it came."""

from __future__ import annotations

from typing import cast

from litestar import Litestar, asgi
from litestar.types import ControllerRouterHandler, Receive, Scope, Send

from walletpass_server.bootstrap import Platform
from walletpass_server.passkit.paths import BASE
from walletpass_server.passkit.service import PassKitService
from walletpass_server.wallets.apple.provider import AppleProvider


@asgi(BASE, is_mount=True, copy_scope=False)
async def passkit(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a request to the service of this application, made at its first request."""
    app = scope["litestar_app"]
    service: PassKitService | None = app.state.get("passkit")
    if service is None:
        service = app.state["passkit"] = _service(app)
    await service(scope, receive, send)


def routes() -> list[ControllerRouterHandler]:
    """What is joined to the application."""
    return [passkit]


def _service(app: Litestar) -> PassKitService:
    on: Platform = app.state["on"]
    return PassKitService(on, cast(AppleProvider, on.wallets["apple"]))
