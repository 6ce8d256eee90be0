"""Every route: who may not, may not; and nobody learns anything from the refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from walletpass_server.api.document import build
from walletpass_server.api.routes import api
from walletpass_server.engine.keys import SCOPES

DOCUMENT = build(api())
OFFSET = {"upload-offset": "0"}
SECRET = "Ada-of-the-other-client"


def _routes() -> Iterator[tuple[str, str, Any]]:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


GUARDED = [route for route in _routes() if "x-scope" in route[2]]
IDS = [f"{method} {path}" for method, path, _ in GUARDED]
OPEN = [(method, path) for method, path, operation in _routes() if "x-scope" not in operation]


def _fill(path: str, **given: object) -> str:
    """A path with something for each parameter: what is given, else what its schema allows."""
    values: dict[str, object] = {
        each["name"]: each["schema"].get("enum", [1 if each["schema"].get("type") == "integer" else "a"])[0]
        for _, _, operation in _routes()
        for each in operation.get("parameters", [])
        if each["in"] == "path"
    }
    return path.format_map({**values, "asset_id": "0" * 64, **given})


def _body(operation: Any) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    name = content["schema"]["$ref"].rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name]["examples"][0]


def test_only_what_explains_the_api_needs_no_key() -> None:
    assert OPEN == [("GET", "/v1/openapi.json"), ("GET", "/v1/problems/{problem}")]


def test_every_scope_opens_something_and_every_route_names_a_scope() -> None:
    assert {operation["x-scope"] for _, _, operation in GUARDED} == set(SCOPES)


async def test_without_a_good_key_every_route_is_shut(tenant: Any) -> None:
    revoked = await tenant.new_key()
    (found,) = [
        each for each in (await tenant.http.get("/v1/keys")).json()["items"] if revoked.startswith(each["hint"])
    ]
    assert (await tenant.http.post(f"/v1/keys/{found['id']}/revoke")).json()["state"] == "revoked"
    wrong = "wp_test_" + "x" * 43
    for method, path, operation in GUARDED:
        for header in ("", "Bearer", f"Bearer {wrong}", f"Bearer {revoked}", f"Basic {tenant.key}"):
            answer = await tenant.http.request(
                method, _fill(path), json=_body(operation), headers={"authorization": header, **OFFSET}
            )
            assert answer.status_code == 401, (method, path, header)
            assert answer.json()["type"] == "/v1/problems/key-refused"
            assert not {"wp_", revoked} & {answer.text}


async def test_without_its_scope_every_route_is_shut(tenant: Any) -> None:
    for scope in sorted({operation["x-scope"] for _, _, operation in GUARDED}):
        key = await tenant.new_key([each for each in SCOPES if each != scope])
        for method, path, operation in GUARDED:
            if operation["x-scope"] == scope:
                answer = await tenant.http.request(
                    method, _fill(path), json=_body(operation), headers={"authorization": f"Bearer {key}", **OFFSET}
                )
                assert (answer.status_code, answer.json()["type"]) == (403, "/v1/problems/scope-missing"), path


@pytest.fixture
async def owned(tenant: Any) -> dict[str, Any]:
    """Something of each kind that the client has, with a secret in it; by path parameter."""
    made = await tenant.issue(holder=SECRET)
    token = (
        await tenant.http.post(
            f"/v1/operations/{tenant.operation_id}/tokens", json={"external_id": SECRET, "values": {"holder": SECRET}}
        )
    ).json()
    event = {"type": "coupon.back", "subject": {"operation": "spring"}}
    operation = (await tenant.http.get(f"/v1/operations/{tenant.operation_id}")).json()
    event["subject"] = {"operation": operation["name"]}
    run = (await tenant.http.post("/v1/events", json=event)).json()
    key = (await tenant.http.post("/v1/keys", json={"name": SECRET, "scopes": ["passes:read"]})).json()
    path = f"/v1/operations/{tenant.operation_id}/imports"
    begun = (await tenant.http.post(path, json={"format": "csv", "bytes": 100})).json()
    return {
        "import_id": begun["id"],
        "pass_id": made["id"], "operation_id": tenant.operation_id, "token_id": token["id"], "run_id": run["run_id"],
        "key_id": key["key"]["id"],
    }  # fmt: skip


async def test_nobody_reaches_what_another_client_has(tenant: Any, other: Any, owned: dict[str, Any]) -> None:
    before = await _everything(tenant)
    for method, path, operation in GUARDED:
        answer = await other.http.request(method, _fill(path, **owned), json=_body(operation), headers=OFFSET)
        assert SECRET not in answer.text, (method, path)
        owns = [name for name in owned if "{" + name + "}" in path]
        if owns:
            assert answer.status_code == 404, (method, path, answer.text)
    assert await _everything(tenant) == before


async def test_ids_of_another_client_in_bodies_and_queries_are_none_of_ours(
    tenant: Any, other: Any, owned: dict[str, Any]
) -> None:
    made = (await tenant.http.get(f"/v1/passes/{owned['pass_id']}")).json()
    for subject in ({"pass_id": made["id"]}, {"serial": made["serial"]}):
        answer = await other.http.post("/v1/events", json={"type": "coupon.back", "subject": subject})
        assert answer.status_code == 404
    scoped = {"name": "Till", "scopes": ["passes:read"], "operations": [owned["operation_id"]]}
    assert (await other.http.post("/v1/keys", json=scoped)).status_code == 404
    for query in (f"operation_id={owned['operation_id']}", f"serial={made['serial']}", f"external_id={SECRET}"):
        answer = await other.http.get(f"/v1/passes?{query}")
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert (await other.http.get(f"/v1/reports?operation_id={owned['operation_id']}")).status_code == 404
    assert (await other.http.post("/v1/persons/erase", json={"external_id": SECRET})).status_code == 404
    assert (await other.http.post("/v1/persons/erase", json={"serial": made["serial"]})).status_code == 404


async def test_a_key_held_to_one_operation_does_not_see_the_others(tenant: Any, owned: dict[str, Any]) -> None:
    copy = {**(await tenant.http.get(f"/v1/operations/{tenant.operation_id}")).json()}
    document = {
        "operation": "second", "matrix": copy["matrix"], "starts_at": copy["starts_at"], "ends_at": copy["ends_at"],
    }  # fmt: skip
    second = (await tenant.http.post("/v1/operations", json={"document": document})).json()
    held = await tenant.new_key(operations=[second["id"]])
    headers = {"authorization": f"Bearer {held}", **OFFSET}
    for method, path, operation in GUARDED:
        if any("{" + name + "}" in path for name in ("pass_id", "operation_id", "token_id", "run_id", "import_id")):
            answer = await tenant.http.request(method, _fill(path, **owned), json=_body(operation), headers=headers)
            assert answer.status_code == 404, (method, path)
    listed = (await tenant.http.get("/v1/operations", headers=headers)).json()["items"]
    assert [each["id"] for each in listed] == [second["id"]]
    opened = await tenant.http.post("/v1/operations", json={"document": document}, headers=headers)
    assert opened.status_code == 403


async def test_a_key_makes_no_key_that_may_do_more_than_itself(tenant: Any) -> None:
    maker = await tenant.new_key(["keys:read", "keys:write", "passes:read"])
    headers = {"authorization": f"Bearer {maker}"}
    more = await tenant.http.post("/v1/keys", json={"name": "x", "scopes": ["persons:erase"]}, headers=headers)
    assert (more.status_code, more.json()["type"]) == (403, "/v1/problems/scope-missing")
    own = await tenant.http.post("/v1/keys", json={"name": "x", "scopes": ["passes:read"]}, headers=headers)
    assert own.status_code == 201
    strong = (await tenant.http.get("/v1/keys", headers=headers)).json()["items"][-1]["id"]
    assert (await tenant.http.post(f"/v1/keys/{strong}/rotate", json={}, headers=headers)).status_code == 403


async def test_options_tells_all_methods_of_a_path(tenant: Any) -> None:
    for path, operations in DOCUMENT["paths"].items():
        answer = await tenant.http.options(_fill(path, problem="not-found"))
        allowed = {each.strip() for each in answer.headers["allow"].split(",")}
        assert answer.status_code == 204
        assert allowed == {"OPTIONS", *(method.upper() for method in operations)}, path


async def _everything(tenant: Any) -> list[str]:
    paths = [
        "/v1/passes", "/v1/operations", "/v1/keys", "/v1/logs/changes", "/v1/models", "/v1/matrices", "/v1/assets",
        f"/v1/operations/{tenant.operation_id}/tokens", f"/v1/operations/{tenant.operation_id}/runs",
    ]  # fmt: skip
    return [(await tenant.http.get(path)).text for path in paths]
