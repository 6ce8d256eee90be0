"""The web application: the doors, joined."""

from __future__ import annotations

from litestar import Litestar
from litestar.di import Provide

from walletpass_server.api import routes as api
from walletpass_server.bootstrap import Platform
from walletpass_server.google import routes as google
from walletpass_server.links import routes as links
from walletpass_server.passkit import routes as passkit


def create_app(on: Platform) -> Litestar:
    """
    The application of a process.

    Args:
        on: What it works with; handlers get it as the dependency `on`.
    """
    return Litestar(
        route_handlers=[*passkit.routes(), *google.routes(), *links.routes(), *api.routes()],
        dependencies={"on": Provide(lambda: on, sync_to_thread=False)},
        openapi_config=None,
        logging_config=None,
    )
