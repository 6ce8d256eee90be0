"""Events in, passes read and changed."""

from __future__ import annotations

from typing import Any


async def test_an_event_moves_its_pass_before_the_answer(tenant: Any) -> None:
    made = await tenant.issue()
    event = {"type": "coupon.used", "subject": {"serial": made["serial"]}, "data": {"amount": 12, "store": "Lyon"}}
    answer = await tenant.http.post("/v1/events", json=event)
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"matched": 1, "moved": 1, "run_id": None, "reasons": {}}
    after = (await tenant.http.get(f"/v1/passes/{made['id']}")).json()
    assert (after["model"], after["values"], after["version"]) == ("used", {"store": "Lyon"}, 2)


async def test_the_same_event_again_changes_nothing_and_is_answered_alike(tenant: Any) -> None:
    made = await tenant.issue()
    event = {"type": "coupon.used", "subject": {"pass_id": made["id"]}, "data": {"amount": 12, "store": "Lyon"}}
    first = await tenant.http.post("/v1/events", json=event, headers={"Idempotency-Key": "order-77"})
    again = await tenant.http.post("/v1/events", json={**event, "idempotency_key": "order-77"})
    assert first.json() == again.json()
    assert (await tenant.http.get(f"/v1/passes/{made['id']}")).json()["version"] == 2
    other = {**event, "data": {"amount": 13, "store": "Lyon"}, "idempotency_key": "order-77"}
    refused = await tenant.http.post("/v1/events", json=other)
    assert (refused.status_code, refused.json()["type"]) == (422, "/v1/problems/idempotency-key-reused")


async def test_fields_at_fault_are_named_in_the_callers_language(tenant: Any) -> None:
    body = {"type": 7, "subject": {"serial": ""}, "extra": 1, "occurred_at": "2027-03-20T08:00"}
    english = (await tenant.http.post("/v1/events", json=body)).json()
    french = (await tenant.http.post("/v1/events", json=body, headers={"accept-language": "fr-FR, en;q=0.5"})).json()
    assert {each["pointer"]: each["detail"] for each in english["errors"]} == {
        "/type": "is not a text",
        "/subject/serial": "has fewer than 1 characters",
        "/occurred_at": "has no offset: write 2027-03-20T08:00:00Z or 2027-03-20T09:00:00+01:00",
        "/extra": "is unknown",
    }
    assert {each["detail"] for each in french["errors"]} >= {"n'est pas un texte", "est inconnu"}
    assert (english["title"], french["title"]) == ("Fields do not fit", "Des champs ne conviennent pas")


async def test_values_change_only_while_the_pass_is_the_version_that_is_meant(tenant: Any) -> None:
    made = await tenant.issue(points=1)
    path = f"/v1/passes/{made['id']}/values"
    tag = (await tenant.http.get(f"/v1/passes/{made['id']}")).headers["etag"]
    changed = await tenant.http.patch(path, json={"values": {"points": 2}}, headers={"if-match": tag})
    assert (changed.status_code, changed.json()["values"]["points"], changed.headers["etag"]) == (200, 2, '"2"')
    stale = await tenant.http.patch(path, json={"values": {"points": 3}}, headers={"if-match": tag})
    assert (stale.status_code, stale.json()["type"]) == (412, "/v1/problems/version-differs")
    wrong = await tenant.http.patch(path, json={"values": {"points": "many"}}, headers={"accept-language": "fr"})
    assert wrong.json()["errors"] == [
        {"pointer": "/values/points", "code": "value", "detail": "'many' n'est pas un nombre"}
    ]
    (change,) = (await tenant.http.get(f"/v1/passes/{made['id']}/history")).json()["items"]
    assert (change["before"], change["after"], change["actor"][:4]) == ({"points": 1}, {"points": 2}, "key:")


async def test_a_void_pass_stays_void(tenant: Any) -> None:
    made = await tenant.issue()
    for _ in range(2):
        answer = await tenant.http.post(f"/v1/passes/{made['id']}/void", json={"reason": "refunded"})
        assert (answer.status_code, answer.json()["voided"]) == (200, True)
    refused = await tenant.http.patch(f"/v1/passes/{made['id']}/values", json={"values": {"points": 1}})
    assert (refused.status_code, refused.json()["type"]) == (409, "/v1/problems/pass-void")


async def test_a_list_goes_on_where_its_cursor_says(tenant: Any) -> None:
    made = [(await tenant.issue(points=number))["id"] for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await tenant.http.get(f"/v1/passes?limit=2{cursor and '&cursor=' + cursor}")).json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert seen == made[::-1]
    refused = await tenant.http.get("/v1/passes?cursor=nonsense")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "cursor")


async def test_what_is_no_json_or_no_number_is_refused_in_words(tenant: Any) -> None:
    headers = {"content-type": "application/json"}
    for body in (b'{"type":', b"", b"[]", b'{"type": "\xff"}', b'{"a": 1e999}', b"nan"):
        answer = await tenant.http.post("/v1/events", content=body, headers=headers)
        assert answer.status_code in (400, 422), body
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await tenant.http.get("/v1/passes?limit=1000")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "limit")
