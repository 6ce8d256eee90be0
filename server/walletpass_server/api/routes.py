"""The routes of the API."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler


def routes() -> list[ControllerRouterHandler]:
    """What is joined to the application."""
    return []
