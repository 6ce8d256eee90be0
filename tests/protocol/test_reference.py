"""The suite tried on itself: the reference keeps every rule, and each way of breaking one is found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from email.utils import formatdate
from urllib.parse import unquote

import httpx
import pytest

from walletpass import PassMaker
from walletpass.testing.protocol import RULES, Need, Rule, State, Subject, broken_by, run
from walletpass.testing.protocol.reference import (
    MALFORMED,
    REFUSED,
    Answer,
    Push,
    ReferenceService,
    Request,
    Scope,
    Stored,
)
from walletpass.testing.web_service import SCHEME

Make = Callable[[ReferenceService, httpx.AsyncClient], Subject]

PASS_TYPE = "pass.example.protocol"
SERVICE = "http://localhost"


def _over(service: ReferenceService) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(service))


async def _broken(rules: Iterable[Rule], service: ReferenceService, make: Make) -> set[str]:
    async with _over(service) as http:
        subject = replace(make(service, http), patience=1)
        return {result.rule.name async for result in run(rules, subject) if result.state is State.BROKEN}


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_the_reference_keeps_every_rule(rule: Rule, reference: ReferenceService, subject_of: Make) -> None:
    async with _over(reference) as http:
        subject = subject_of(reference, http)
        assert rule.missing(subject) == []
        assert await broken_by(rule, subject) == ""
        assert reference.registrations == {}


def test_every_rule_has_a_sentence_a_source_and_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) >= 60
    assert all(rule.sentence.endswith(".") and rule.source for rule in RULES)


async def test_no_rule_is_kept_by_a_server_that_only_fails(maker: PassMaker, subject_of: Make) -> None:
    class Failing(ReferenceService):
        def answer(self, scope: Scope, body: bytes) -> Answer:
            return Answer(500)

    rules = [rule for rule in RULES if Need.PUSHES not in rule.needs]  # those wait for a push that may still come
    broken = await _broken(rules, Failing(maker, SERVICE, PASS_TYPE), subject_of)
    assert broken == {rule.name for rule in rules}


class ForgetsNewTokens(ReferenceService):
    def register(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        before = self.registrations.get(device)
        answer = super().register(request, device, pass_type, serial)
        if before and answer.status == 200:
            self.registrations[device] = (before[0], self.registrations[device][1])
        return answer


class AlwaysCreated(ReferenceService):
    def register(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        answer = super().register(request, device, pass_type, serial)
        return Answer(201) if answer.status == 200 else answer


class OnePassPerDevice(ReferenceService):
    def register(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        if serial not in self.registrations.get(device, ("", {}))[1]:
            self.registrations.pop(device, None)
        return super().register(request, device, pass_type, serial)


class RegistersBeforeItLooks(ReferenceService):
    def register(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        self.registrations.setdefault(device, ("0a1b", {})).__getitem__(1).setdefault(serial, 0)
        return super().register(request, device, pass_type, serial)


class UnregistersTheWholeDevice(ReferenceService):
    def unregister(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        answer = super().unregister(request, device, pass_type, serial)
        if answer.status == 200:
            self.registrations.pop(device, None)
        return answer


class UnregistersOnce(ReferenceService):
    def unregister(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        if serial not in self.registrations.get(device, ("", {}))[1]:
            return Answer(404)
        return super().unregister(request, device, pass_type, serial)


class ListsTheNewestAlone(ReferenceService):
    def list_changed(self, request: Request, device: str, pass_type: str) -> Answer:
        answer = super().list_changed(request, device, pass_type)
        if answer.status != 200:
            return answer
        content = json.loads(answer.body)
        newest = max(content["serialNumbers"], key=lambda serial: self.passes[serial].change)
        return Answer(200, json.dumps({**content, "serialNumbers": [newest]}).encode(), answer.headers)


class ListsByChangeAlone(ReferenceService):
    """A pass that registers late is not told."""

    def register(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        answer = super().register(request, device, pass_type, serial)
        if answer.status == 201:
            self.registrations[device][1][serial] = 0
        return answer


class TimesAsTags(ReferenceService):
    """`lastUpdated` as a number, with a plus for the zone."""

    def list_changed(self, request: Request, device: str, pass_type: str) -> Answer:
        answer = super().list_changed(request, device, pass_type)
        if answer.status != 200:
            return answer
        content = {**json.loads(answer.body), "lastUpdated": "2027-03-20T08:00:00+00:00"}
        return Answer(200, json.dumps(content).encode(), answer.headers)


class EmptyLists(ReferenceService):
    """An empty list in the place of 204."""

    def list_changed(self, request: Request, device: str, pass_type: str) -> Answer:
        answer = super().list_changed(request, device, pass_type)
        if answer.status == 204:
            return Answer(200, b'{"serialNumbers": [], "lastUpdated": "0"}', {"Content-Type": "application/json"})
        return answer


class BelievesOldTags(ReferenceService):
    """A tag of another server hides what changed."""

    def list_changed(self, request: Request, device: str, pass_type: str) -> Answer:
        tag = request.query.get("passesUpdatedSince", [""])[0]
        if tag and not tag.startswith(self.epoch):
            return Answer(204)
        return super().list_changed(request, device, pass_type)


class HidesTheSameSecond(ReferenceService):
    """Versions of one second share its date."""

    def next_date(self, stored: Stored) -> int:
        return int(time.time())


class DatesOfTomorrow(ReferenceService):
    def fetch(self, request: Request, pass_type: str, serial: str) -> Answer:
        answer = super().fetch(request, pass_type, serial)
        if answer.status != 200:
            return answer
        return replace(answer, headers={**answer.headers, "Last-Modified": formatdate(time.time() + 3600, usegmt=True)})


class ReadsFloats(ReferenceService):
    """Takes If-Modified-Since for a number of seconds, as one peer does."""

    def fetch(self, request: Request, pass_type: str, serial: str) -> Answer:
        since = request.headers.get("if-modified-since", "")
        if since.replace(".", "").isdecimal() and self.opened(request, pass_type, serial):
            return Answer(304)
        headers = {name: value for name, value in request.headers.items() if name != "if-modified-since"}
        return super().fetch(replace(request, headers=headers), pass_type, serial)


class OneSecretForAll(ReferenceService):
    def opened(self, request: Request, pass_type: str, serial: str) -> Stored | None:
        given = request.headers.get("authorization", "").partition(" ")[2].strip()
        known = given in {stored.secret for stored in self.passes.values()}
        return self.passes.get(serial) if known and pass_type == PASS_TYPE else None


class TellsUnknownFromWrong(ReferenceService):
    def route(self, request: Request) -> Answer:
        answer = super().route(request)
        unknown = answer is REFUSED and request.parts[-1] not in self.passes
        return Answer(404, b'{"error":"no such pass"}') if unknown else answer


class RepeatsTheSecret(ReferenceService):
    def route(self, request: Request) -> Answer:
        answer = super().route(request)
        if answer is REFUSED:
            return Answer(401, f"{request.headers.get('authorization')} is wrong".encode())
        return answer


class NewSecretEachTime(ReferenceService):
    def change(self, serial: str, **values: object) -> None:
        self.passes[serial].secret = "0" * 16 + str(self.passes[serial].change)
        super().change(serial, **values)


class NoHead(ReferenceService):
    def route(self, request: Request) -> Answer:
        return Answer(405, headers={"Allow": "GET"}) if request.method == "HEAD" else super().route(request)


class DecodesTwice(ReferenceService):
    def route(self, request: Request) -> Answer:
        return super().route(replace(request, parts=tuple(map(unquote, request.parts))))


class BreaksOnBadBodies(ReferenceService):
    def route(self, request: Request) -> Answer:
        answer = super().route(request)
        return Answer(500) if answer is MALFORMED else answer


class GoneWhenVoid(ReferenceService):
    def fetch(self, request: Request, pass_type: str, serial: str) -> Answer:
        return Answer(410) if self.passes[serial].voided else super().fetch(request, pass_type, serial)


class PushesThoseWhoLeft(ReferenceService):
    def unregister(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        self.left = (*getattr(self, "left", ()), self.registrations.get(device, ("", {}))[0])
        return super().unregister(request, device, pass_type, serial)

    def change(self, serial: str, **values: object) -> None:
        super().change(serial, **values)
        self.pushes += [Push(token, PASS_TYPE) for token in getattr(self, "left", ())]


class CaselessScheme(ReferenceService):
    def opened(self, request: Request, pass_type: str, serial: str) -> Stored | None:
        given = request.headers.get("authorization", "")
        if given.lower().startswith(SCHEME.lower()):
            given = SCHEME + given[len(SCHEME) :]
        headers = {**request.headers, "authorization": given}
        return super().opened(replace(request, headers=headers), pass_type, serial)


@pytest.mark.parametrize(
    ("service", "rules"),
    [
        (ForgetsNewTokens, "a-change-is-pushed-to-the-newest-token"),
        (AlwaysCreated, "a-known-registration-answers-200 one-device-registers-twice-at-once"),
        (OnePassPerDevice, "both-passes-of-a-device-are-listed many-passes-register-at-once"),
        (RegistersBeforeItLooks, "a-refused-registration-registers-nothing a-registration-that-is-no-json-answers-400"),
        (UnregistersTheWholeDevice, "unregistering-one-pass-leaves-the-other"),
        (UnregistersOnce, "unregistering-twice-answers-200 an-unknown-device-may-unregister"),
        (ListsTheNewestAlone, "every-changed-pass-is-listed both-passes-of-a-device-are-listed"),
        (ListsByChangeAlone, "a-pass-added-later-is-listed"),
        (TimesAsTags, "the-tag-holds-no-plus"),
        (EmptyLists, "an-unknown-device-is-told-204 an-unregistered-pass-is-listed-no-more"),
        (BelievesOldTags, "a-tag-of-another-server-counts-as-none a-tag-that-is-nonsense-counts-as-none"),
        (HidesTheSameSecond, "no-change-hides-in-a-second"),
        (DatesOfTomorrow, "a-date-is-not-in-the-future"),
        (ReadsFloats, "a-number-is-no-date an-unchanged-pass-answers-304 a-changed-pass-settles"),
        (OneSecretForAll, "each-pass-has-a-secret-of-its-own another-scheme-answers-401"),
        (TellsUnknownFromWrong, "an-unknown-serial-looks-like-a-wrong-secret"),
        (RepeatsTheSecret, "refusals-give-no-secret-away"),
        (NewSecretEachTime, "a-changed-pass-keeps-its-identity"),
        (NoHead, "head-answers-like-get head-answers-304-too"),
        (DecodesTwice, "a-serial-is-decoded-once device-identifiers-are-told-apart-by-every-character"),
        (BreaksOnBadBodies, "a-deeply-nested-registration-answers-400 a-log-that-is-no-json-answers-400"),
        (GoneWhenVoid, "a-void-pass-is-still-served"),
        (PushesThoseWhoLeft, "a-device-that-left-is-not-pushed"),
        (CaselessScheme, "the-scheme-is-case-sensitive"),
    ],
    ids=lambda given: given.__name__ if isinstance(given, type) else "",
)
async def test_each_way_of_breaking_a_rule_is_found(
    service: type[ReferenceService], rules: str, maker: PassMaker, subject_of: Make
) -> None:
    tried = [rule for rule in RULES if rule.name in rules.split()]
    assert await _broken(tried, service(maker, SERVICE, PASS_TYPE), subject_of) == set(rules.split())
