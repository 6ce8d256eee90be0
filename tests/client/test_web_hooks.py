"""What a receiver of web hooks believes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import time_machine
from standardwebhooks import Webhook

from walletpass.client import HookForged, verify_hook
from walletpass.errors import UsageError
from walletpass.hooks import Event

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SENT = datetime(2026, 2, 12, 9, tzinfo=UTC)
EVENT = Event(type="pass.added", id="evt_1_4", timestamp=SENT, client="shop", sequence=4, data={"pass": {"id": 1}})


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    signature = Webhook(secret).sign("evt_1_4", SENT, body.decode())
    return {"Webhook-Id": "evt_1_4", "Webhook-Timestamp": "1770886800", "Webhook-Signature": signature}


@time_machine.travel(SENT, tick=False)
def test_an_event_that_the_platform_signed_is_read() -> None:
    body = json.dumps(EVENT.document()).encode()
    assert verify_hook(body, signed(body), SECRET) == EVENT


@time_machine.travel(SENT, tick=False)
def test_during_a_rotation_either_secret_opens() -> None:
    body, old = json.dumps(EVENT.document()).encode(), "whsec_" + "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQ="
    headers = signed(body)
    headers["Webhook-Signature"] = f"{signed(body, old)['Webhook-Signature']} {headers['Webhook-Signature']}"
    assert verify_hook(body, headers, SECRET) == verify_hook(body, headers, old)


def test_the_published_vector_holds() -> None:
    body = b'{"type":"pass.added","timestamp":"2026-02-12T09:00:00Z","data":{"pass_id":"p_1"}}'
    signature = Webhook(SECRET).sign("msg_01", SENT, body.decode())
    assert signature == "v1,UWmk88uumtHxtqLmIKLl/djOr+iBAvGeKmM+lPR5Xj0="


@pytest.mark.parametrize(
    "change",
    [
        {"Webhook-Id": "evt_1_5"},
        {"Webhook-Timestamp": "1770886801"},
        {"Webhook-Timestamp": "soon"},
        {"Webhook-Signature": "v1,AAAA"},
        {"Webhook-Signature": "nonsense"},
        {"Webhook-Signature": ""},
    ],
)
@time_machine.travel(SENT, tick=False)
def test_anything_changed_is_refused(change: dict[str, str]) -> None:
    body = json.dumps(EVENT.document()).encode()
    with pytest.raises(HookForged, match="answer 400"):
        verify_hook(body, {**signed(body), **change}, SECRET)


@time_machine.travel(SENT, tick=False)
def test_another_body_or_one_that_is_no_text_is_refused() -> None:
    body = json.dumps(EVENT.document()).encode()
    for other in (body + b" ", b"\xff", b""):
        with pytest.raises(HookForged):
            verify_hook(other, signed(body), SECRET)


@time_machine.travel(datetime(2026, 2, 12, 9, 6, tzinfo=UTC), tick=False)
def test_an_old_one_is_refused_since_it_may_be_a_replay() -> None:
    body = json.dumps(EVENT.document()).encode()
    with pytest.raises(HookForged, match="too old"):
        verify_hook(body, signed(body), SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!"])
def test_a_secret_that_is_none_is_the_receivers_fault(secret: str) -> None:
    with pytest.raises(UsageError, match="whsec_"):
        verify_hook(b"{}", {}, secret)
