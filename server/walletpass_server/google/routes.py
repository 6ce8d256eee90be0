"""The routes of Google's door."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from walletpass_server.google import callbacks
from walletpass_server.google.images import image
from walletpass_server.google.robots import robots


def routes() -> list[ControllerRouterHandler]:
    """What is joined to the application."""
    return [callbacks.router(), image, robots]
