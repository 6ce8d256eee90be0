"""
The wallets' official badges, from the operator's own folder: `fr/add-to-apple-wallet.svg` and so on.

None is shipped: both companies hand them out themselves. Without a folder, or a file for a wallet, links are text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from walletpass.errors import FileMissing
from walletpass.lifecycle import Wallet
from walletpass.values import language_tag

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
LARGEST = 100_000
"""Bytes of a badge: more is no badge."""
_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Badge:
    """
    One badge.

    Attributes:
        name: The last part of its address; changes with its bytes.
    """

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Badges:
    """The badges there are, by language and wallet. Read once: another folder needs a restart."""

    by_place: Mapping[tuple[str, Wallet], Badge] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path | None) -> Badges:
        """
        The badges of a folder; none without one.

        Raises:
            FileMissing: The folder, or a file in it, cannot be read.
        """
        if folder is None:
            return cls()
        try:
            found = {
                (place.name, wallet): badge
                for place in sorted(folder.iterdir())
                if place.is_dir() and _is_language(place.name)
                for wallet in _WALLETS
                if (badge := _read(place, wallet)) is not None
            }
        except OSError as exc:
            raise FileMissing(f"{folder}: the badges cannot be read: {exc.strerror}; check WALLETPASS_BADGES") from exc
        return cls(found)

    def choose(self, languages: Iterable[str], wallet: Wallet) -> Badge | None:
        """The badge of the first of the languages that has one, else the English one."""
        tried = [tag for language in languages for tag in (language, language.split("-")[0])]
        return next((b for tag in [*tried, _FALLBACK] if (b := self.by_place.get((tag, wallet)))), None)

    def named(self, name: str) -> Badge | None:
        """A badge by the last part of its address."""
        return next((badge for badge in self.by_place.values() if badge.name == name), None)


_WALLETS: tuple[Wallet, ...] = ("apple", "google")


def _read(place: Path, wallet: Wallet) -> Badge | None:
    for suffix, media_type in MEDIA_TYPES.items():
        file = place / f"add-to-{wallet}-wallet{suffix}"
        if file.is_file() and file.stat().st_size <= LARGEST:
            content = file.read_bytes()
            mark = hashlib.sha256(content).hexdigest()[:16]
            return Badge(f"{wallet}-{place.name}-{mark}{suffix}", media_type, content)
    return None


def _is_language(name: str) -> bool:
    try:
        language_tag(name)
    except ValueError:
        return False
    return True
