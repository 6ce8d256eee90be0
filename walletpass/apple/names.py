"""Which names files of a pass may have: safe on every disk, and never two that some disk takes for one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from walletpass.errors import BundleError

RESERVED = frozenset({"manifest.json", "signature"})
"""Made while signing, so never given."""

LONGEST_NAME = 255
"""Bytes of UTF-8."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\:\ud800-\udfff]")  # colon: drives and alternate streams of Windows


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """
    A safe name in the form in which two names clash: composed, without case.

    Raises:
        BundleError: The name is absolute, climbs, is too long, or has characters that some system takes otherwise.
    """
    fault = _fault(name)
    if fault:
        raise BundleError(f"the file name {name!r} {fault}: use a plain relative path with '/', as 'fr.lproj/logo.png'")
    return _fold(name)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _fault(name: str) -> str:
    if not name:
        return "is empty"
    if _UNSAFE.search(name):
        return "holds a backslash, a colon or a control character"
    if any(part in {"", ".", ".."} for part in name.split("/")):
        return "is absolute, climbs with '..' or has an empty part"
    if len(name.encode()) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} bytes"
    if _fold(name) in RESERVED:
        return "is one that signing writes"
    return ""


class Names:
    """A set of names without clashes. Frozen by convention once a bundle is prepared: `with_added` leaves it alone."""

    __slots__ = ("_files", "_folders")

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return self._files.get(_fold(name)) == name

    def with_added(self, names: Iterable[str]) -> Names:
        """
        A copy with more names.

        Raises:
            BundleError: An unsafe name, one that is there already (in any case or Unicode form), or a file where
                another name needs a folder.
        """
        both = Names()
        both._files = dict(self._files)
        both._folders = dict(self._folders)
        for name in names:
            both._add(name)
        return both

    def _add(self, name: str) -> None:
        fold = folded(name)
        other = self._files.get(fold) or self._folders.get(fold)
        parent = fold
        while other is None and "/" in parent:
            parent = parent.rpartition("/")[0]
            other = self._files.get(parent)
            self._folders.setdefault(parent, name)
        if other is not None:
            raise BundleError(f"the files {other!r} and {name!r} cannot both be in a pass: rename or drop one")
        self._files[fold] = name
