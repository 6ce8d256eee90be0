"""The web application: the doors, joined."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.routes import HTTPRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from walletpass_server.api import problems
from walletpass_server.api import routes as api
from walletpass_server.bootstrap import Platform
from walletpass_server.google import routes as google
from walletpass_server.http import failures
from walletpass_server.http.frame import Frame
from walletpass_server.http.health import Readiness, alive, ready
from walletpass_server.http.mounted import Mounted
from walletpass_server.links import routes as links
from walletpass_server.passkit import routes as passkit

BODY_BYTES = 64 * 1024
"""Most of a body; a route that needs more says so with `request_max_body_size`."""


def create_app(on: Platform, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Litestar:
    """
    The application of a process.

    Args:
        on: What it works with; handlers get it as the dependency `on`.
        clock: What time it is for phones, aware.
    """
    readiness = Readiness(on)
    app = Litestar(
        route_handlers=[alive, ready, *google.routes(), *links.routes(), *api.routes()],
        dependencies={
            "on": Provide(lambda: on, sync_to_thread=False),
            "readiness": Provide(lambda: readiness, sync_to_thread=False),
        },
        state=State({"on": on}, deep_copy=False),  # for guards, which get no dependencies
        exception_handlers={**failures.HANDLERS, HTTPException: _refused},
        request_max_body_size=BODY_BYTES,
        logging_config=None,
        openapi_config=None,
    )
    inner = Mounted(app.asgi_handler, passkit.mounts(on, clock))
    https = on.settings.public_url.startswith("https:")
    frame = Frame(inner, allowed=_allowed(app), https=https, traffic=on.traffic)
    proxies = list(on.settings.trusted_proxies)
    # Outside Litestar's own middleware, so that unknown paths pass through it too.
    app.asgi_handler = ProxyHeadersMiddleware(frame, proxies) if proxies else frame  # type: ignore[arg-type,assignment]
    return app


def _refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """A path or method that no route takes: tools are told in the words of the API, people by a page."""
    if request.scope["path"].startswith("/v1/"):
        return problems.refused_by_framework(request, error)
    if isinstance(error, NotFoundException):
        return links.nowhere(request, error)
    return failures.refused_by_framework(request, error)


def _allowed(app: Litestar) -> dict[str, str]:
    """The methods of each route, over all its handlers."""
    found: dict[str, set[str]] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            found.setdefault(route.path_format, set()).update(route.methods)
    return {path: ", ".join(sorted(methods)) for path, methods in found.items()}
