"""The fake Google says what Google says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import httpx
import jwt
import pytest
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from walletpass.google import GoogleCompiler, GooglePass, RootKeys, ServiceAccount, save_link, verify_callback
from walletpass.model import PassModel
from walletpass.templates.google import API_SCOPE, TYPES
from walletpass.testing import FakeGoogle, Fault, sample_service_account
from walletpass.testing.google_api import SaveRefused
from walletpass.testing.google_api.api import ROUTE, fault_answer
from walletpass.testing.google_api.server import Answer, Headers, LocalServer

ISSUER = "3388000000000000001"
PROGRAM = f"{ISSUER}.program"
CARD = f"{ISSUER}.card-1"


class Caller:
    """Calls the fake as a service account does."""

    def __init__(self, google: FakeGoogle, account: ServiceAccount) -> None:
        self.google = google
        self.account = account
        self.http = httpx.Client(base_url=google.url, timeout=5)
        self.token = ""

    def assertion(self, **claims: Any) -> str:
        now = int(self.google.clock().timestamp())
        usual = {"iss": self.account.client_email, "scope": API_SCOPE, "aud": self.account.token_uri}
        return jwt.encode({**usual, "iat": now, "exp": now + 3600, **claims}, self.account.private_key, "RS256")

    def log_in(self, **claims: Any) -> httpx.Response:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self.assertion(**claims)}
        answer = self.http.post("/token", data=form)
        self.token = answer.json().get("access_token", "")
        return answer

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        if not self.token:
            self.log_in()
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, f"/walletobjects/v1/{path}", json=body, headers=headers, params=query)


@pytest.fixture(scope="module")
def account() -> ServiceAccount:
    return ServiceAccount.load(json.dumps(sample_service_account()).encode())


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2030, 3, 17, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def google(account: ServiceAccount, clock: Clock) -> Iterator[FakeGoogle]:
    with FakeGoogle(clock=clock) as google:
        google.register(account, ISSUER)
        yield google


@pytest.fixture
def call(google: FakeGoogle, account: ServiceAccount) -> Iterator[Caller]:
    caller = Caller(google, account)
    with caller.http:
        yield caller


def generic_class(**parts: Any) -> dict[str, Any]:
    return {"id": PROGRAM, **parts}


def generic(**parts: Any) -> dict[str, Any]:
    def text(value: str) -> dict[str, Any]:
        return {"defaultValue": {"language": "en", "value": value}}

    return {"id": CARD, "classId": PROGRAM, "cardTitle": text("Club"), "header": text("Member"), **parts}


def offer_class(**parts: Any) -> dict[str, Any]:
    usual = {"issuerName": "Shop", "reviewStatus": "UNDER_REVIEW", "title": "Ten off", "provider": "Shop"}
    return {"id": PROGRAM, "redemptionChannel": "INSTORE", **usual, **parts}


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["errors"][0]["reason"])


def put_card(call: Caller, **parts: Any) -> None:
    assert call("POST", "genericClass", generic_class()).status_code == 200
    assert call("POST", "genericObject", generic(**parts)).status_code == 200


def test_its_paths_are_those_of_the_discovery_document() -> None:
    text = (files("googleapiclient") / "discovery_cache/documents/walletobjects.v1.json").read_text("utf-8")
    methods = [each for part in json.loads(text)["resources"].values() for each in part.get("methods", {}).values()]
    paths = {(each["httpMethod"], each["flatPath"]) for each in methods}
    verbs = {"": ("POST", "GET"), "/{resourceId}": ("GET", "PATCH", "PUT"), "/{resourceId}/addMessage": ("POST",)}
    wanted = {
        (verb, f"walletobjects/v1/{type_}{kind}{rest}")
        for type_ in TYPES
        for kind in ("Class", "Object")
        for rest, allowed in verbs.items()
        for verb in allowed
    }
    assert {path for path in paths if ROUTE.fullmatch(f"/{path[1]}")} == wanted


def test_googles_own_client_works_with_it(google: FakeGoogle, account: ServiceAccount) -> None:
    document = json.loads(get_static_doc("walletobjects", "v1"))
    document |= {"rootUrl": f"{google.url}/", "baseUrl": f"{google.url}/"}
    document.pop("mtlsRootUrl", None)
    google.clock.now = datetime.now(UTC)  # its tokens are of now
    file = {**sample_service_account(), "token_uri": f"{google.url}/token"}
    google.register(file, ISSUER)
    credentials = service_account.Credentials.from_service_account_info(file, scopes=[API_SCOPE])
    with build_from_document(document, credentials=credentials) as client:
        client.genericclass().insert(body=generic_class()).execute()
        client.genericobject().insert(body=generic()).execute()
        with pytest.raises(HttpError, match="already exists"):
            client.genericobject().insert(body=generic()).execute()
        client.genericobject().patch(resourceId=CARD, body={"state": "EXPIRED"}).execute()
        client.genericobject().addmessage(resourceId=CARD, body={"message": {"body": "Hello"}}).execute()
        read = client.genericobject().get(resourceId=CARD).execute()
        listed = client.genericobject().list(classId=PROGRAM).execute()
    assert (read["state"], read["messages"], read["hasUsers"]) == ("EXPIRED", [{"body": "Hello"}], False)
    assert listed["resources"] == [read]


def test_a_token_needs_an_assertion_of_a_known_account(call: Caller, google: FakeGoogle) -> None:
    assert call.log_in().json()["token_type"] == "Bearer"
    stranger = Caller(google, ServiceAccount.load(json.dumps(sample_service_account(name="stranger")).encode()))
    with stranger.http:
        assert stranger.log_in().json()["error"] == "invalid_grant"


@pytest.mark.parametrize("claims", [{"aud": "https://evil.example/t"}, {"scope": "email"}, {"exp": 1}, {"iss": "x"}])
def test_an_assertion_is_checked(call: Caller, claims: dict[str, Any]) -> None:
    assert call.log_in(**claims).status_code == 400


def test_a_token_ends_after_an_hour_and_can_be_revoked(call: Caller, google: FakeGoogle, clock: Clock) -> None:
    assert call("GET", "genericClass", issuerId=ISSUER).status_code == 200
    google.revoke_tokens()
    assert call("GET", "genericClass", issuerId=ISSUER).status_code == 401
    call.log_in()
    clock.now += timedelta(hours=1)
    assert call("GET", "genericClass", issuerId=ISSUER).status_code == 401


def test_another_issuers_ids_are_refused(call: Caller) -> None:
    answer = call("POST", "genericClass", {"id": "999.program"})
    assert (answer.status_code, reason(answer)) == (403, "permissionDenied")


def test_an_id_is_taken_once_across_types(call: Caller) -> None:
    put_card(call)
    assert call("POST", "offerClass", offer_class()).status_code == 409
    assert call("POST", "genericObject", generic()).status_code == 409


def test_an_object_needs_its_class_first(call: Caller) -> None:
    answer = call("POST", "genericObject", generic())
    assert (answer.status_code, reason(answer)) == (404, "classNotFound")


def test_an_object_cannot_be_of_another_type_than_its_class(call: Caller) -> None:
    call("POST", "offerClass", offer_class())
    assert call("POST", "genericObject", generic()).status_code == 400


def test_a_draft_carries_no_object(call: Caller) -> None:
    call("POST", "offerClass", offer_class(reviewStatus="DRAFT"))
    answer = call("POST", "offerObject", {"id": CARD, "classId": PROGRAM, "state": "ACTIVE"})
    assert answer.status_code == 400


def test_a_class_is_approved_at_once_and_each_change_is_reviewed_again(call: Caller) -> None:
    assert call("POST", "offerClass", offer_class()).json()["reviewStatus"] == "APPROVED"
    assert call("PATCH", f"offerClass/{PROGRAM}", {"title": "Twenty off"}).status_code == 400
    assert call("PATCH", f"offerClass/{PROGRAM}", {"reviewStatus": "APPROVED"}).status_code == 400
    changed = call("PATCH", f"offerClass/{PROGRAM}", {"title": "Twenty off", "reviewStatus": "UNDER_REVIEW"})
    assert changed.json()["title"] == "Twenty off"


def test_a_field_google_does_not_know_is_refused(call: Caller) -> None:
    assert "Unknown name" in call("POST", "genericClass", generic_class(reviewStatus="UNDER_REVIEW")).text
    put_card(call)
    assert call("PATCH", f"genericObject/{CARD}", {"cardtitle": None}).status_code == 400
    assert call("PATCH", f"genericObject/{CARD}", {"cardTitle": "plain"}).status_code == 400


def test_patch_merges_replaces_arrays_whole_and_clears_by_null(call: Caller) -> None:
    put_card(call, textModulesData=[{"id": "a", "body": "A"}, {"id": "b", "body": "B"}], barcode={"type": "QR_CODE"})
    modules = [{"id": "c", "body": "C"}]
    change = {
        "textModulesData": modules,
        "barcode": {"value": "42"},
        "hexBackgroundColor": "#123456",
    }
    changed = call("PATCH", f"genericObject/{CARD}", change).json()
    assert changed["textModulesData"] == modules
    assert changed["barcode"] == {"type": "QR_CODE", "value": "42"}
    assert changed["header"] == generic()["header"]
    cleared = call("PATCH", f"genericObject/{CARD}", {"barcode": None}).json()
    assert "barcode" not in cleared
    assert cleared["hexBackgroundColor"] == "#123456"


def test_put_replaces_everything(call: Caller) -> None:
    put_card(call, hexBackgroundColor="#123456")
    assert "hexBackgroundColor" not in call("PUT", f"genericObject/{CARD}", generic()).json()


def test_post_may_stand_for_patch(call: Caller, google: FakeGoogle) -> None:
    put_card(call)
    headers = {"Authorization": f"Bearer {call.token}", "X-HTTP-Method-Override": "PATCH"}
    path = f"/walletobjects/v1/genericObject/{CARD}"
    assert call.http.post(path, json={"state": "INACTIVE"}, headers=headers).json()["state"] == "INACTIVE"


def test_an_object_moves_to_another_class_of_its_type_only(call: Caller) -> None:
    put_card(call)
    call("POST", "genericClass", generic_class(id=f"{ISSUER}.second"))
    call("POST", "offerClass", offer_class(id=f"{ISSUER}.offer"))
    assert call("PATCH", f"genericObject/{CARD}", {"classId": f"{ISSUER}.second"}).status_code == 200
    assert call("PATCH", f"genericObject/{CARD}", {"classId": f"{ISSUER}.offer"}).status_code == 400
    assert call("PATCH", f"genericObject/{CARD}", {"classId": f"{ISSUER}.none"}).status_code == 404


def test_what_google_owns_is_not_written(call: Caller) -> None:
    put_card(call)
    assert call("PATCH", f"genericObject/{CARD}", {"hasUsers": True}).json()["hasUsers"] is False


def test_a_resource_holds_ten_messages(call: Caller) -> None:
    put_card(call)
    for number in range(10):
        assert message(call, id=f"m{number}").status_code == 200
    assert message(call, id="m10").status_code == 400
    assert message(call, id="m9", body="again").status_code == 200


def test_a_fourth_notification_within_a_day_is_refused(call: Caller, google: FakeGoogle, clock: Clock) -> None:
    put_card(call)
    answers = [message(call, id=f"m{n}", messageType="TEXT_AND_NOTIFY") for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 403]
    assert reason(answers[3]) == "quotaExceeded"
    assert message(call, id="m4", messageType="TEXT").status_code == 200
    clock.now += timedelta(hours=24)
    call.log_in()
    assert message(call, id="m5", messageType="TEXT_AND_NOTIFY").status_code == 200
    assert len(google.notices) == 4


def test_notify_on_update_notifies_and_is_not_kept(call: Caller, google: FakeGoogle) -> None:
    call("POST", "offerClass", offer_class())
    call("POST", "offerObject", {"id": CARD, "classId": PROGRAM, "state": "ACTIVE"})
    changed = call("PATCH", f"offerObject/{CARD}", {"state": "EXPIRED", "notifyPreference": "NOTIFY_ON_UPDATE"})
    assert "notifyPreference" not in changed.json()
    assert [notice.kind for notice in google.notices] == ["update"]


def test_lists_come_in_pages_or_at_once(call: Caller) -> None:
    call("POST", "genericClass", generic_class())
    ids = [f"{ISSUER}.card-{number}" for number in range(5)]
    for card in ids:
        call("POST", "genericObject", generic(id=card))
    assert len(call("GET", "genericObject", classId=PROGRAM).json()["resources"]) == 5
    token, seen = "", []
    for _ in range(3):
        answer = call("GET", "genericObject", classId=PROGRAM, maxResults=2, token=token).json()
        seen += [each["id"] for each in answer["resources"]]
        token = answer["pagination"].get("nextPageToken", "")
    assert (seen, token) == (ids, "")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_answers_as_told_and_does_no_work(call: Caller, google: FakeGoogle, status: int) -> None:
    google.fail(Fault(status=status, times=2, path="genericClass", retry_after=7))
    for _ in range(2):
        answer = call("POST", "genericClass", generic_class())
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert call("POST", "genericClass", generic_class()).status_code == 200


def test_an_answer_can_be_lost_after_the_work_was_done(call: Caller, google: FakeGoogle) -> None:
    call.log_in()
    google.fail(Fault(status=0, lost=True))
    with pytest.raises(httpx.TransportError):
        call("POST", "genericClass", generic_class())
    assert google.class_(PROGRAM) is not None
    assert call("POST", "genericClass", generic_class()).status_code == 409


def test_a_fault_lasts_until_it_is_healed(call: Caller, google: FakeGoogle) -> None:
    call.log_in()
    google.fail(Fault(status=0, times=None))
    for _ in range(3):
        with pytest.raises(httpx.TransportError):
            call("GET", "genericClass", issuerId=ISSUER)
    google.heal()
    assert call("GET", "genericClass", issuerId=ISSUER).status_code == 200


def test_a_slow_answer_outlasts_a_time_out(call: Caller, google: FakeGoogle) -> None:
    call.log_in()
    google.fail(Fault(status=None, wait=0.4))
    call.http.timeout = 0.1
    with pytest.raises(httpx.ReadTimeout):
        call("GET", "genericClass", issuerId=ISSUER)


def test_every_call_is_remembered_with_its_instant(call: Caller, google: FakeGoogle) -> None:
    for _ in range(5):
        call("GET", "genericClass", issuerId=ISSUER)
    assert len(google.calls()) == 5
    assert google.busiest_second() == 5
    assert google.statuses() == {200: 5}


def test_an_answer_is_compressed_for_who_asks_as_google_wants_it(call: Caller, google: FakeGoogle) -> None:
    call.http.headers["User-Agent"] = "walletpass (gzip)"
    assert call("GET", "genericClass", issuerId=ISSUER).headers["Content-Encoding"] == "gzip"


# --- save links ---


def link(google_pass: GooglePass, account: ServiceAccount, google: FakeGoogle, form: Any = "fat") -> str:
    return save_link(google_pass, account, form=form, issued_at=google.clock()).url


@pytest.fixture(scope="module")
def coupon() -> GooglePass:
    model = PassModel.read(
        {
            "model": "spring",
            "pass_type": "coupon",
            "function": "active",
            "organization": "Café Lumière",
            "description": "Breakfast for two",
            "images": {"logo": {"url": "https://img.example.com/logo.png"}},
        }
    )
    return GoogleCompiler(model, issuer_id=ISSUER).compile("A-1", {})


def test_a_fat_link_brings_class_and_object(google: FakeGoogle, account: ServiceAccount, coupon: GooglePass) -> None:
    [saved] = google.save(link(coupon, account, google))
    assert (saved.class_id, saved.object_id) == (coupon.class_id, coupon.object_id)
    assert google.object_(coupon.object_id)["hasUsers"] is True
    google.delete(coupon.object_id)
    assert google.object_(coupon.object_id)["hasUsers"] is False


def test_a_skinny_link_needs_its_object(google: FakeGoogle, account: ServiceAccount, coupon: GooglePass) -> None:
    with pytest.raises(SaveRefused, match="not found"):
        google.save(link(coupon, account, google, "skinny"))


def test_a_fat_link_does_not_change_what_is_there(
    google: FakeGoogle, account: ServiceAccount, coupon: GooglePass, call: Caller
) -> None:
    call("POST", "offerClass", coupon.class_)
    call("POST", "offerObject", {**coupon.object_, "state": "EXPIRED"})
    google.save(link(coupon, account, google))
    assert google.object_(coupon.object_id)["state"] == "EXPIRED"


def test_a_link_of_a_stranger_is_refused(google: FakeGoogle, coupon: GooglePass) -> None:
    stranger = ServiceAccount.load(json.dumps(sample_service_account(name="stranger")).encode())
    with pytest.raises(SaveRefused, match="does not know"):
        google.save(link(coupon, stranger, google))


def test_a_changed_link_is_refused(google: FakeGoogle, account: ServiceAccount, coupon: GooglePass) -> None:
    head, payload, signature = link(coupon, account, google).split(".")[-3:]
    with pytest.raises(SaveRefused, match="verified"):
        google.save(f"{head}.{payload}.{signature[:-8]}AAAAAAAA")


def test_a_pass_for_one_user_is_not_saved_by_a_second(
    google: FakeGoogle, account: ServiceAccount, call: Caller
) -> None:
    put_card(call)
    call("PATCH", f"genericClass/{PROGRAM}", {"multipleDevicesAndHoldersAllowedStatus": "ONE_USER_ALL_DEVICES"})
    now = int(google.clock().timestamp())
    payload = {"genericObjects": [{"id": CARD, "classId": PROGRAM}]}
    claims = {"iss": account.client_email, "aud": "google", "typ": "savetowallet", "iat": now, "payload": payload}
    token = jwt.encode(claims, account.private_key, "RS256")
    google.save(token, user="one")
    google.save(token, user="one")
    with pytest.raises(SaveRefused, match="another user"):
        google.save(token, user="two")


class Receiver:
    """A server that callbacks are posted to."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.server = LocalServer(self.take, fault_answer)
        self.url = f"{self.server.url}/google/callback/{ISSUER}"

    def take(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        self.bodies.append(body)
        return Answer(200, b"")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.server.start()
    yield receiver
    receiver.server.stop()


@pytest.fixture
def told(google: FakeGoogle, account: ServiceAccount, coupon: GooglePass, receiver: Receiver) -> str:
    """A link whose class says where callbacks go."""
    with_address = replace(coupon, class_={**coupon.class_, "callbackOptions": {"url": receiver.url}})
    return link(with_address, account, google)


def test_a_save_and_a_deletion_are_told_as_google_tells_them(
    google: FakeGoogle, told: str, coupon: GooglePass, receiver: Receiver
) -> None:
    google.save(told)
    google.delete(coupon.object_id)
    roots = RootKeys.parse(google.signer.root_keys(google.clock()))
    heard = [verify_callback(body, issuer_id=ISSUER, root_keys=roots, now=google.clock()) for body in receiver.bodies]
    assert [(each.event, each.object_id) for each in heard] == [("save", coupon.object_id), ("del", coupon.object_id)]
    assert [sent.arrived for sent in google.callbacks] == [True, True]


def test_a_callback_that_did_not_arrive_is_tried_again_byte_for_byte(
    google: FakeGoogle, told: str, receiver: Receiver
) -> None:
    receiver.server.fail(Fault(status=503))
    receiver.server.fail(Fault(status=0))
    google.save(told)
    assert google.retry_callbacks() == 1
    assert google.retry_callbacks() == 0
    [sent] = google.callbacks
    assert (sent.statuses, receiver.bodies) == ([503, 0, 200], [sent.body])


def test_google_may_forget_to_tell(google: FakeGoogle, told: str, receiver: Receiver) -> None:
    google.save(told, callback=False)
    assert receiver.bodies == []


def message(call: Caller, **parts: Any) -> httpx.Response:
    return call("POST", f"genericObject/{CARD}/addMessage", {"message": {"header": "News", "body": "New", **parts}})
