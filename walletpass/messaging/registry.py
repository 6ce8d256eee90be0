"""Transports by name: those that come along, those that packages offer, those that a program registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from walletpass.errors import UsageError
from walletpass.messaging.file_transport import FileTransport
from walletpass.messaging.log_transport import LogTransport
from walletpass.messaging.memory_transport import MemoryTransport
from walletpass.messaging.transport import Transport

ENTRY_POINTS = "walletpass.transports"
Factory = Callable[[Mapping[str, Any]], Transport]
"""Makes a transport of its settings, which it checks; raises UsageError."""

_registered: dict[str, Factory] = {}


def register(name: str, factory: Factory) -> None:
    """Offer a transport under a name, in place of what had it."""
    _registered[name] = factory


def transport(name: str, settings: Mapping[str, Any]) -> Transport:
    """
    A transport by its name.

    Raises:
        UsageError: There is none of this name, or its settings do not fit.
    """
    if name in _registered:
        return _registered[name](settings)
    for point in entry_points(group=ENTRY_POINTS, name=name):
        factory: Factory = point.load()
        return factory(settings)
    raise UsageError(f"there is no transport {name}; there are: {', '.join(sorted(_names()))}")


def _names() -> set[str]:
    return {*_registered, *(point.name for point in entry_points(group=ENTRY_POINTS))}


def _file(settings: Mapping[str, Any]) -> FileTransport:
    if set(settings) != {"folder"}:
        raise UsageError("the transport file needs one setting, its folder")
    return FileTransport(Path(settings["folder"]))


def _without_settings(made: Callable[[], Transport]) -> Factory:
    def factory(settings: Mapping[str, Any]) -> Transport:
        if settings:
            raise UsageError(f"this transport has no settings: leave out {', '.join(settings)}")
        return made()

    return factory


register("file", _file)
register("log", _without_settings(LogTransport))
register("memory", _without_settings(MemoryTransport))
