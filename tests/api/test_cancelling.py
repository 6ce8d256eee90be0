"""An operation called off by API and on the command line; what tills report, by API."""

from __future__ import annotations

from typing import Any


async def test_an_operation_is_called_off_by_api(tenant: Any) -> None:
    issued = await tenant.issue()
    path = f"/v1/operations/{tenant.operation_id}"
    for _ in range(2):
        answer = await tenant.http.post(f"{path}/cancel")
        assert answer.status_code == 200
    assert answer.json()["cancelled_at"] is not None
    refused = await tenant.http.post(f"{path}/passes", json={"external_id": "K-1"})
    assert (refused.status_code, "was called off" in refused.json()["detail"]) == (409, True), refused.json()
    event = {"type": "coupon.used", "subject": {"pass_id": issued["id"]}, "data": {"amount": 12, "store": "Lyon"}}
    assert (await tenant.http.post("/v1/events", json=event)).status_code == 409
    assert (await tenant.http.get(f"/o/{answer.json()['link'].rpartition('/')[2]}")).status_code == 404


async def test_a_till_reports_a_redemption_of_any_pass(tenant: Any) -> None:
    issued = await tenant.issue()
    data = {"by": "till-2", "place": "Lyon", "value": 12}
    event = {"type": "pass.redeemed", "subject": {"pass_id": issued["id"]}, "data": data, "idempotency_key": "ticket-1"}
    for _ in range(2):
        answer = await tenant.http.post("/v1/events", json=event)
        assert (answer.status_code, answer.json()["matched"]) == (202, 1)
    facts = (await tenant.http.get(f"/v1/passes/{issued['id']}/facts")).json()["items"]
    assert [fact["data"] for fact in facts if fact["name"] == "pass.redeemed"] == [data]
