"""What a rule is, and how it says that it is broken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import httpx

from walletpass.testing.protocol.subject import Subject

Check = Callable[[Subject], Awaitable[None]]

REGISTER = "Apple, Wallet Passes: Register a Pass for Update Notifications"
UNREGISTER = "Apple, Wallet Passes: Unregister a Pass for Update Notifications"
LIST = "Apple, Wallet Passes: Get the List of Updatable Passes"
FETCH = "Apple, Wallet Passes: Send an Updated Pass"
LOG = "Apple, Wallet Passes: Log a Message"
PERSONALIZE = "Apple, Wallet Passes: Return a Personalized Pass"
UPDATING = "Apple, Wallet Passes: Adding a Web Service to Update Passes"
ARCHIVE = "Apple, PassKit Web Service Reference (archive)"
HTTP = "RFC 9110"
URI = "RFC 3986"
CACHING = "RFC 9111"
SEEN = "seen of devices"
SAFETY = "walletpass: a public service answers anything, with one clear refusal, and gives nothing away"


class Need(StrEnum):
    """What a rule needs of its subject, besides one pass."""

    SECOND_PASS = "a second pass of the same type"
    CHANGE = "a way to change a pass"
    VOID = "a way to void a pass"
    PUSHES = "the pushes that were sent"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One thing that a web service has to do.

    Attributes:
        name: For tests and reports ("a-new-registration-answers-201").
        sentence: The rule in words.
        source: Where it is written, or seen.
        needs: What the subject must offer.
        check: Raises RuleBroken.
    """

    name: str
    sentence: str
    source: str
    needs: frozenset[Need]
    check: Check

    def __str__(self) -> str:
        """Its name."""
        return self.name

    def missing(self, subject: Subject) -> list[Need]:
        """What a subject lacks for it."""
        offered = {
            Need.SECOND_PASS: len(subject.passes) > 1,
            Need.CHANGE: subject.change is not None,
            Need.VOID: subject.void is not None,
            Need.PUSHES: subject.pushes is not None,
        }
        return [need for need in Need if need in self.needs and not offered[need]]


class RuleBroken(AssertionError):
    """A web service does not keep a rule. The message says what was asked, and what came."""


class RuleBook:
    """The rules of one chapter, in the order they are written."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def rule(self, source: str, *needs: Need) -> Callable[[Check], Check]:
        """Enter a check; its docstring is the sentence."""

        def enter(check: Check) -> Check:
            sentence = " ".join((check.__doc__ or "").split())
            name = check.__name__.replace("_", "-")
            self.rules.append(Rule(name, sentence, source, frozenset(needs), check))
            return check

        return enter


def expect(answer: httpx.Response, *statuses: int) -> httpx.Response:
    """
    Have one of these statuses.

    Raises:
        RuleBroken: It has another.
    """
    if answer.status_code not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise RuleBroken(f"{_told(answer)}, not {wanted}")
    return answer


def refused(answer: httpx.Response) -> httpx.Response:
    """Have a status that refuses, and does not confess a fault of the server. Raises RuleBroken."""
    if not 400 <= answer.status_code < 500:
        raise RuleBroken(f"{_told(answer)}, which is no refusal (4xx)")
    return answer


def hold(truth: object, says: str, answer: httpx.Response | None = None) -> None:
    """
    Have something be so.

    Raises:
        RuleBroken: It is not: `says` tells what was found instead.
    """
    if not truth:
        raise RuleBroken(says if answer is None else f"{_told(answer)}: {says}")


def _told(answer: httpx.Response) -> str:
    """What was asked, shortly, and what came."""
    asked = answer.request.url.raw_path.decode("ascii", "replace")
    return f"{answer.request.method} {asked if len(asked) < 200 else asked[:200] + '…'} answers {answer.status_code}"
