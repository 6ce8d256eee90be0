"""Answers that blame the phone, and may be our own fault when many phones are blamed."""

from __future__ import annotations

from collections import deque

from walletpass_server.wallets.apple.apns.reasons import Action

WINDOW = 1000
"""Pushes of a credential that are looked at."""
SHARE = 0.01


class Doubts:
    """The last pushes by one credential, in this process."""

    def __init__(self) -> None:
        self._last: deque[Action] = deque(maxlen=WINDOW)

    def note(self, action: Action) -> None:
        """One more answer."""
        self._last.append(action)

    def too_many_bad_tokens(self) -> bool:
        """Whether BadDeviceToken came for more than 1 % of 1,000 pushes: then it is not the tokens that are bad."""
        return self._last.count(Action.DOUBT) > SHARE * WINDOW

    def too_many_mismatches(self) -> bool:
        """Whether tokens of another pass type are more than 1 % of the pushes so far; one among many is one phone's."""
        return self._last.count(Action.MISMATCH) > SHARE * len(self._last)
