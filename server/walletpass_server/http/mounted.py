"""Applications beside Litestar, each below a path of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send


class Mounted:
    """
    An ASGI application that leaves what is below some paths to others.

    They route and answer by themselves, errors included: Litestar's way to a handler costs more than what a phone
    asks for most.
    """

    def __init__(self, app: ASGIApp, mounts: Mapping[str, ASGIApp]) -> None:
        """
        Args:
            app: What answers everything else.
            mounts: Path (`/passkit`) to the application below it.
        """
        self._app = app
        self._mounts = [(base, f"{base}/", mounted) for base, mounted in mounts.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        for base, below, mounted in self._mounts:
            path = _path(scope)
            if path.startswith(below) or path == base:
                await mounted(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _path(scope: Any) -> str:
    path: str = scope.get("path", "")
    return path
