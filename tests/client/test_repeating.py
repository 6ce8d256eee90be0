"""When a request is sent again: by hand-made answers, without a clock."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass.client import ApiFault, ApiLimited, ApiUnreachable, Client
from walletpass.client.api import events, keys, passes
from walletpass.client.call import Call
from walletpass.client.conversation import ATTEMPTS, LONGEST_WAIT, ask, pause

LOST = httpx.ReadError("lost")
REFUSED = httpx.ConnectError("refused")
READ = passes.read_pass(7)
TELL = events.send_event(type="visit", subject={"serial": "C-1"})
MAKE = keys.make_key(name="Till", scopes=["events:write"])
TOLD = httpx.Response(202, json={"matched": 1, "moved": 1, "run_id": None, "reasons": {}})


def answers(call: Call[object], *given: httpx.Response | httpx.TransportError) -> tuple[object, list[float]]:
    """What a call comes to when it is answered so, and the waits before each attempt."""
    waits = []
    conversation = ask(call)
    step = next(conversation)
    try:
        for each in given:
            assert step.call is call
            waits.append(step.after)
            step = conversation.send(each)
    except StopIteration as end:
        return end.value, waits
    raise AssertionError("it goes on asking")


def test_what_can_be_repeated_is_sent_again_after_a_lost_connection_or_a_gateway() -> None:
    told, waits = answers(TELL, LOST, httpx.Response(502), REFUSED, TOLD)
    assert isinstance(told, events.EventOut)
    assert waits[0] == 0
    assert waits[1] < waits[2] < waits[3]
    for call, lost in ((READ, LOST), (TELL, httpx.ReadTimeout("late"))):
        assert pause(call, lost, 1) is not None


def test_a_request_that_may_have_been_carried_out_is_not_repeated_unless_that_is_safe() -> None:
    with pytest.raises(ApiUnreachable, match=r"POST /v1/keys: no answer \(lost\)"):
        answers(MAKE, LOST)
    with pytest.raises(ApiFault):
        answers(MAKE, httpx.Response(502))
    assert pause(MAKE, REFUSED, 1) is not None
    assert pause(MAKE, httpx.Response(503), 1) is not None


def test_the_server_says_how_long_to_wait() -> None:
    wait = pause(MAKE, httpx.Response(429, headers={"Retry-After": "7"}), 1)
    assert wait is not None
    assert 7 <= wait <= 8
    problem = {"type": "/v1/problems/too-many-requests", "detail": "slower"}
    limited = httpx.Response(429, headers={"Retry-After": "600"}, json=problem)
    with pytest.raises(ApiLimited, match="slower") as told:
        answers(READ, limited)
    assert told.value.wait == 600


def test_it_gives_up_in_the_end_and_says_what_came_last() -> None:
    with pytest.raises(ApiUnreachable, match="lost"):
        answers(READ, *[LOST] * ATTEMPTS)


def test_an_answer_that_makes_no_sense_is_a_fault_of_the_server() -> None:
    for nonsense in (httpx.Response(200, text="<html>"), httpx.Response(200, json={"id": "x"})):
        with pytest.raises(ApiFault, match="update"):
            answers(READ, nonsense)
    with pytest.raises(ApiFault, match="something in between"):
        answers(MAKE, httpx.Response(500, text="<html>"))


@given(
    st.sampled_from([READ, TELL, MAKE]),
    st.sampled_from([200, 202, 400, 404, 409, 429, 500, 502, 503, 504]),
    st.sampled_from(["", "0", "30", "61", "x", "-1"]),
    st.integers(1, ATTEMPTS),
)
def test_a_wait_is_bounded_and_a_refusal_for_good_is_never_repeated(
    call: Call[object], status: int, told: str, attempt: int
) -> None:
    wait = pause(call, httpx.Response(status, headers={"Retry-After": told} if told else {}), attempt)
    assert wait is None or 0 <= wait <= LONGEST_WAIT + 1
    if status < 429 or attempt == ATTEMPTS:
        assert wait is None


def test_both_clients_send_what_the_call_says() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return TOLD

    with Client("https://pass.example/", "wp_test_x", language="fr", http=_http(answer)) as api:
        api.send(TELL)
    (request,) = seen
    assert str(request.url) == "https://pass.example/v1/events"
    assert request.headers["authorization"] == "Bearer wp_test_x"
    assert request.headers["accept-language"] == "fr"
    assert request.headers["idempotency-key"] == TELL.headers["Idempotency-Key"]
    assert request.content == b'{"type":"visit","subject":{"serial":"C-1"}}'


def _http(answer: object) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))  # type: ignore[arg-type]
