"""
What each answer of APNs asks for, as data.

Source: Apple, "Handling notification responses from APNs"; what to do is ours.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType

from walletpass_server.wallets.apple.apns.client import Answer


class Action(Enum):
    """What to do about one answer."""

    DONE = "done"
    FORGET = "forget"
    """The push token is gone: the device loses its passes, unless it has registered again since."""
    DOUBT = "doubt"
    """As FORGET, as long as it is rare: when many are told so, it is our environment or topic that is wrong."""
    MISMATCH = "mismatch"
    """The token is of another pass type: forget nothing, and stop the credential unless it is one among many."""
    STOP = "stop"
    """Nobody can be pushed so: stop the credential, keep the letters, alarm."""
    TOKEN_WAITS = "token-waits"
    """This device was pushed too often: leave it alone for minutes."""
    SERVER_WAITS = "server-waits"
    """Apple has trouble: try later."""
    GIVE_UP = "give-up"
    """This one push can never work."""
    RETRY = "retry"
    """Nobody told us of this answer: try again as after any failure."""


_BY_REASON = MappingProxyType(
    {
        "Unregistered": Action.FORGET,
        "ExpiredToken": Action.FORGET,
        "BadDeviceToken": Action.DOUBT,
        "DeviceTokenNotForTopic": Action.MISMATCH,
        "MissingDeviceToken": Action.GIVE_UP,
        "TooManyRequests": Action.TOKEN_WAITS,
        "TooManyProviderTokenUpdates": Action.SERVER_WAITS,
        "ExpiredProviderToken": Action.SERVER_WAITS,  # the client tried with a new one already: a clock is wrong
        "IdleTimeout": Action.SERVER_WAITS,
        "InternalServerError": Action.SERVER_WAITS,
        "ServiceUnavailable": Action.SERVER_WAITS,
        "Shutdown": Action.SERVER_WAITS,
    }
    | dict.fromkeys(
        (
            "BadTopic", "MissingTopic", "TopicDisallowed", "InvalidPushType", "BadPriority", "BadExpirationDate",
            "BadMessageId", "BadCollapseId", "DuplicateHeaders", "PayloadEmpty", "PayloadTooLarge", "BadPath",
            "MethodNotAllowed", "BadCertificate", "BadCertificateEnvironment", "InvalidProviderToken",
            "MissingProviderToken", "UnrelatedKeyIdInToken", "BadEnvironmentKeyIdInToken", "Forbidden",
        ),
        Action.STOP,
    )
)  # fmt: skip

_BY_STATUS = MappingProxyType({200: Action.DONE, 403: Action.STOP, 410: Action.FORGET, 429: Action.TOKEN_WAITS})


def action_for(answer: Answer) -> Action:
    """What an answer asks for; a reason that Apple adds later is taken by its status."""
    if answer.status == 200:
        return Action.DONE
    if answer.reason in _BY_REASON:
        return _BY_REASON[answer.reason]
    return Action.SERVER_WAITS if answer.status >= 500 else _BY_STATUS.get(answer.status, Action.RETRY)
