"""The platform as modules see it, over the API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from walletpass.client import ApiDenied, ApiPlatform, AsyncClient
from walletpass.client.api import contacts, passes, tokens
from walletpass.modules import Happening, Platform


async def test_a_number_leads_to_the_pass_whose_link_it_got_and_the_same_key_counts_once(connected: Any) -> None:
    platform: Platform = ApiPlatform(connected.api)
    issued = await connected.api.send(tokens.issue_pass(connected.operation_id, external_id="K-1"))
    (token,) = [each async for each in connected.api.every(tokens.list_tokens(connected.operation_id))]
    assert (await platform.link(token.id)).startswith("https://pass.example/p/")
    await platform.remember(issued.id, ["+33639980001"])
    assert (await connected.api.send(contacts.read_contacts(issued.id))).msisdn == 1
    used = Happening(type="coupon.used", subject={"contact": "+33 6 39 98 00 01"}, data={"amount": 3}, key="sms-1")
    assert await platform.tell(used) == 1
    assert await platform.tell(used) == 1
    assert (await connected.api.send(passes.read_pass(issued.id))).version == issued.version + 1


async def test_what_will_never_be_taken_concerns_nobody_and_no_log_says_whom(
    connected: Any, caplog: pytest.LogCaptureFixture
) -> None:
    platform = ApiPlatform(connected.api)
    issued = await connected.api.send(tokens.issue_pass(connected.operation_id, external_id="K-1"))
    await platform.remember(issued.id, ["+33639980001"])
    for n, (type_, subject) in enumerate(
        [
            ("sms.mo", {"contact": "+33639980001"}),
            ("coupon.used", {"contact": "38000"}),
            ("coupon.used", {"pass_id": 1}),
            ("coupon.used", {"contact": "+33639980009"}),
        ]
    ):
        happening = Happening(type=type_, subject=subject, data={"amount": 1}, key=f"k-{n}")
        assert await platform.tell(happening) == 0
        assert "3998" not in repr(happening)
    assert "3998" not in caplog.text


async def test_what_may_be_taken_later_is_an_error_and_a_cause_goes_along() -> None:
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        problem = {"type": "/v1/problems/key-refused", "detail": "no"}
        return httpx.Response(401, json=problem)

    http = httpx.AsyncClient(transport=httpx.MockTransport(server))
    async with AsyncClient("https://x", "wp_test_x", http=http) as api:
        with pytest.raises(ApiDenied):
            await ApiPlatform(api).tell(Happening(type="a.b", subject={"pass_id": 1}, key="k", cause="evt_1_4"))
    (request,) = seen
    assert (request.headers["walletpass-cause"], request.headers["idempotency-key"]) == ("evt_1_4", "k")
    assert json.loads(request.content) == {"type": "a.b", "subject": {"pass_id": 1}, "data": {}}
