"""What each answer asks for, without any I/O."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from walletpass.errors import ApnsUnreachable
from walletpass_server.persistence.outbox import Letter
from walletpass_server.wallets.apple.apns.addresses import Credential, Target
from walletpass_server.wallets.apple.apns.batch import Tried, decide
from walletpass_server.wallets.apple.apns.client import Answer
from walletpass_server.wallets.apple.apns.doubts import Doubts
from walletpass_server.wallets.apple.apns.reasons import Action, action_for

NOW = datetime(2027, 3, 1, tzinfo=UTC)
CREDENTIAL = Credential(1, 2, None, None)

ASKED = {
    Action.DONE: ["200"],
    Action.FORGET: ["410 Unregistered", "410 ExpiredToken", "410 SomethingNew", "410"],
    Action.DOUBT: ["400 BadDeviceToken"],
    Action.MISMATCH: ["400 DeviceTokenNotForTopic"],
    Action.STOP: [
        "400 BadTopic", "400 MissingTopic", "400 TopicDisallowed", "400 InvalidPushType", "400 BadPriority",
        "400 BadExpirationDate", "400 BadMessageId", "400 BadCollapseId", "400 DuplicateHeaders", "400 PayloadEmpty",
        "403 BadCertificate", "403 BadCertificateEnvironment", "403 InvalidProviderToken", "403 MissingProviderToken",
        "403 UnrelatedKeyIdInToken", "403 Forbidden", "403 SomethingNew", "404 BadPath", "405 MethodNotAllowed",
        "413 PayloadTooLarge",
    ],
    Action.TOKEN_WAITS: ["429 TooManyRequests", "429"],
    Action.SERVER_WAITS: [
        "429 TooManyProviderTokenUpdates", "403 ExpiredProviderToken", "500 InternalServerError",
        "503 ServiceUnavailable", "503 Shutdown", "503", "502 SomethingNew",
    ],
    Action.GIVE_UP: ["400 MissingDeviceToken"],
    Action.RETRY: ["400 SomethingNew", "400", "301"],
}  # fmt: skip


@pytest.mark.parametrize(("answer", "action"), [(each, action) for action, found in ASKED.items() for each in found])
def test_every_reason_of_apple_has_its_action(answer: str, action: Action) -> None:
    status, _, reason = answer.partition(" ")
    assert action_for(Answer(int(status), reason)) is action


def test_a_token_of_another_pass_type_among_many_good_ones_is_given_up_alone() -> None:
    tries = [tried(number, 200) for number in range(100)] + [tried(100, 400, "DeviceTokenNotForTopic")]
    fate = decide(tries, doubts_of(tries))
    assert fate.stopped == {}
    assert [(failure.letter.id, failure.final) for failure in fate.failed] == [(100, True)]
    assert len(fate.sent) == 100


def test_one_such_token_among_few_stops_the_credential() -> None:
    tries = [tried(number, 200) for number in range(98)] + [tried(98, 400, "DeviceTokenNotForTopic")]
    fate = decide(tries, doubts_of(tries))
    assert list(fate.stopped) == [CREDENTIAL]
    assert [failure.letter.id for failure in fate.postponed] == [98]


def test_bad_tokens_up_to_one_percent_of_a_thousand_are_forgotten_and_more_stop_the_credential() -> None:
    for bad, stops in ((10, False), (11, True)):
        tries = [tried(number, 400, "BadDeviceToken") for number in range(bad)]
        tries += [tried(number, 200) for number in range(bad, 1000)]
        fate = decide(tries, doubts_of(tries))
        assert bool(fate.stopped) is stops
        assert len(fate.gone) == (0 if stops else bad)


def test_bad_tokens_of_a_thousand_pushes_ago_are_forgotten_about() -> None:
    doubts = Doubts()
    for action in [Action.DOUBT] * 11 + [Action.DONE] * 989:
        doubts.note(action)
    assert doubts.too_many_bad_tokens()
    doubts.note(Action.DONE)
    assert not doubts.too_many_bad_tokens()


def test_a_batch_to_which_nobody_answers_is_an_outage_and_one_answer_makes_it_none() -> None:
    silent = [Tried(target(number), ApnsUnreachable("no answer"), NOW) for number in range(3)]
    outage = decide(silent, doubts_of([]))
    assert outage.is_outage
    assert [*outage.sent, *outage.failed, *outage.postponed] == []
    fate = decide([*silent, tried(3, 200)], doubts_of([]))
    assert not fate.is_outage
    assert [failure.letter.id for failure in fate.failed] == [0, 1, 2]
    assert {failure.wait for failure in fate.failed} == {None}


def target(number: int) -> Target:
    letter = Letter(number, 1, str(number), {}, 1, NOW)
    return Target("pass.example", f"{number:02x}", CREDENTIAL, [(1, number)], [letter])


def tried(number: int, status: int, reason: str = "") -> Tried:
    return Tried(target(number), Answer(status, reason), NOW)


def doubts_of(tries: list[Tried]) -> Callable[[Credential], Doubts]:
    doubts = Doubts()
    for each in tries:
        assert isinstance(each.result, Answer)
        doubts.note(action_for(each.result))
    return lambda _: doubts
