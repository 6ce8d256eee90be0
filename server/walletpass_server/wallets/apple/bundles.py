"""Bundles that were signed, kept in memory so that a version is signed once in a process; never on disk."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable

BYTES = 64 * 1024 * 1024
"""What a process keeps of its bundles, without the pictures that passes share: those belong to the makers."""

Place = tuple[int, int]
"""Client and pass."""


class BundleCache:
    """
    The newest bundle of each pass, the least recently used dropped first.

    A bundle is kept under what it was made from; asked for under anything else, it is not there.
    """

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[Place, tuple[Hashable, tuple[bytes, bytes]]] = OrderedDict()
        self.size = 0

    def get(self, place: Place, made_from: Hashable) -> tuple[bytes, bytes] | None:
        """The bundle of a pass, if it was made from exactly this."""
        kept = self._kept.get(place)
        if kept is None or kept[0] != made_from:
            return None
        self._kept.move_to_end(place)
        return kept[1]

    def put(self, place: Place, made_from: Hashable, parts: tuple[bytes, bytes]) -> None:
        """Keep a bundle in place of the pass's older one."""
        self.forget([place])
        if len(parts[1]) > self._most:
            return
        self._kept[place] = (made_from, parts)
        self.size += len(parts[1])
        while self.size > self._most:
            self.forget([next(iter(self._kept))])

    def forget(self, places: Iterable[Place]) -> None:
        """Drop what is kept of passes."""
        for place in places:
            dropped = self._kept.pop(place, None)
            if dropped is not None:
                self.size -= len(dropped[1][1])
