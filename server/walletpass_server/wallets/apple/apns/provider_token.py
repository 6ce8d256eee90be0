"""Who we are, for APNs by key (.p8): a signed token that is made anew every 40 minutes, and when Apple asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import jwt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LIFE = 40 * 60
"""Seconds. Apple takes tokens for 60 minutes, and no new one within 20."""


class ProviderToken:
    """
    The token of one key. Source: Apple, "Establishing a token-based connection to APNs".

    Args:
        key: Of the .p8 file.
        key_id: Its name with Apple.
        team_identifier: Whose it is; it pushes every pass type of this team, and of no other.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        key: EllipticCurvePrivateKey,
        key_id: str,
        team_identifier: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._key_id = key_id
        self._team = team_identifier
        self._clock = clock
        self._issued_at = float("-inf")
        self._header = ""

    def header(self) -> str:
        """For `authorization`. Made anew when it is old, or from the future because the clock was set back."""
        now = self._clock()
        if not 0 <= now - self._issued_at < LIFE:
            token = jwt.encode(
                {"iss": self._team, "iat": int(now)}, self._key, algorithm="ES256", headers={"kid": self._key_id}
            )
            self._issued_at, self._header = now, f"bearer {token}"
        return self._header

    def expired(self, header: str) -> None:
        """APNs says that this one has expired: the next is a new one. Told twice of the same, it makes one."""
        if header == self._header:
            self._issued_at = float("-inf")
