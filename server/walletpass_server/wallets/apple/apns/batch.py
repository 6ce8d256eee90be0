"""What a batch of pushes comes to: answers in, the fate of each letter out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from walletpass.errors import ApnsRefusesCertificate
from walletpass_server.persistence.outbox import Failure, Letter
from walletpass_server.wallets.apple.apns.addresses import Credential, Target
from walletpass_server.wallets.apple.apns.client import Answer
from walletpass_server.wallets.apple.apns.doubts import Doubts
from walletpass_server.wallets.apple.apns.reasons import Action, action_for

TOKEN_WAIT = timedelta(minutes=5)
"""How long a device is left alone that was pushed too often."""
STOPPED_WAIT = timedelta(minutes=5)
"""Between two looks whether a stopped credential may push again."""


@dataclass(frozen=True, slots=True)
class Tried:
    """
    A push that was tried.

    Attributes:
        result: What APNs said, or why it said nothing.
        at: When it was sent.
    """

    target: Target
    result: Answer | Exception
    at: datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """
    A push token that is no longer valid.

    Attributes:
        reason: Apple's word.
        since: What registered later is not meant.
    """

    target: Target
    reason: str
    since: datetime


@dataclass(slots=True)
class Fate:
    """
    What becomes of a batch.

    Attributes:
        sent: Letters that are done.
        failed: Letters to try again, which counts.
        postponed: Letters to try again, which does not.
        gone: Push tokens to forget, and what to do about their letters after that.
        stopped: Credentials that cannot push, with the reason.
        is_outage: APNs answered nobody: every letter is handed back, and the channel rests.
    """

    sent: list[Letter] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    postponed: list[Failure] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    stopped: dict[Credential, str] = field(default_factory=dict)
    is_outage: bool = False

    def wait(self, target: Target, why: str) -> None:
        """Keep the letters of a target for a while."""
        self.postponed += [Failure(letter, why, wait=STOPPED_WAIT) for letter in target.letters]


def decide(tries: list[Tried], doubts: Callable[[Credential], Doubts]) -> Fate:
    """What becomes of the letters of pushes that were tried; `doubts` has heard of the answers already."""
    fate = Fate()
    actions = [(tried, judge(tried.result)) for tried in tries]
    if actions and all(action is Action.SERVER_WAITS for _, action in actions):
        fate.is_outage = True
        return fate
    for tried, action in actions:
        why = _stops(tried, action, doubts)
        if why is not None and tried.target.credential is not None:
            fate.stopped.setdefault(tried.target.credential, why)
    for tried, action in actions:
        _sort(fate, tried, action)
    return fate


def judge(result: Answer | Exception) -> Action:
    """What a try asks for."""
    if isinstance(result, Answer):
        return action_for(result)
    return Action.STOP if isinstance(result, ApnsRefusesCertificate) else Action.SERVER_WAITS


def told(result: Answer | Exception) -> str:
    """The answer in a few words, for the log and the outbox."""
    return f"{result.status} {result.reason}".strip() if isinstance(result, Answer) else str(result)


def _stops(tried: Tried, action: Action, doubts: Callable[[Credential], Doubts]) -> str | None:
    """Why the credential cannot push any more; None when it can."""
    credential = tried.target.credential
    if credential is None:
        return None
    if action is Action.STOP:
        return told(tried.result)
    if action is Action.DOUBT and doubts(credential).too_many_bad_tokens():
        return f"{told(tried.result)} for more than 1 % of 1,000 pushes"
    if action is Action.MISMATCH and doubts(credential).too_many_mismatches():
        return told(tried.result)
    return None


def _sort(fate: Fate, tried: Tried, action: Action) -> None:
    target, why = tried.target, told(tried.result)
    if action is Action.DONE:
        fate.sent += target.letters
    elif target.credential in fate.stopped:
        fate.wait(target, why)
    elif action in (Action.FORGET, Action.DOUBT) and isinstance(tried.result, Answer):
        fate.gone.append(Gone(target, tried.result.reason, tried.result.timestamp or tried.at))
    else:
        wait = TOKEN_WAIT if action is Action.TOKEN_WAITS else None
        final = action in (Action.GIVE_UP, Action.MISMATCH)
        fate.failed += [Failure(letter, why, wait=wait, final=final) for letter in target.letters]
