"""Whatever two clients do in whatever order: neither sees or changes what the other has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walletpass.testing.life import model_document

Things = dict[str, list[Any]]
"""What a client has, by kind: ids, serials, names."""
Body = Callable[[dict[str, Any], str], dict[str, Any]]
"""A body, from what it is about and the word that is in all of the client's data."""

MARKS = ("Ada-of-the-shop", "Bob-of-the-other")


def _event(subject: dict[str, Any]) -> dict[str, Any]:
    return {"type": "coupon.used", "subject": subject, "data": {"amount": 12, "store": "Lyon"}}


# Names of operations and external ids are the same for both clients; ids, serials and names of Models are not.
ABOUT: tuple[tuple[str, str, Body | None], ...] = (
    ("GET", "/v1/passes/{pass_id}", None),
    ("GET", "/v1/passes/{pass_id}/history", None),
    ("GET", "/v1/passes/{pass_id}/facts", None),
    ("PATCH", "/v1/passes/{pass_id}/values", lambda _, mark: {"values": {"holder": mark}}),
    ("POST", "/v1/passes/{pass_id}/void", lambda _, mark: {"reason": mark}),
    ("POST", "/v1/events#{pass_id}", lambda its, _: _event({"pass_id": its["pass_id"]})),
    ("POST", "/v1/events#{serial}", lambda its, _: _event({"serial": its["serial"]})),
    ("POST", "/v1/persons/erase#{serial}", lambda its, _: {"serial": its["serial"]}),
    ("GET", "/v1/operations/{operation_id}", None),
    ("GET", "/v1/operations/{operation_id}/tokens", None),
    ("GET", "/v1/operations/{operation_id}/passes", None),
    ("GET", "/v1/operations/{operation_id}/runs", None),
    ("GET", "/v1/operations/{operation_id}/links.csv", None),
    ("GET", "/v1/reports?operation_id={operation_id}", None),
    (
        "POST",
        "/v1/operations/{operation_id}/tokens",
        lambda _, mark: {"external_id": "K-1", "values": {"holder": mark}},
    ),
    ("GET", "/v1/tokens/{token_id}", None),
    ("GET", "/v1/tokens/{token_id}/links", None),
    ("POST", "/v1/tokens/{token_id}/revoke", lambda _, mark: {"reason": mark}),
    ("GET", "/v1/runs/{run_id}", None),
    ("POST", "/v1/runs/{run_id}/pause", None),
    ("POST", "/v1/runs/{run_id}/resume", None),
    ("POST", "/v1/runs/{run_id}/cancel", None),
    ("GET", "/v1/keys/{key_id}", None),
    ("POST", "/v1/keys/{key_id}/rotate", lambda _its, _mark: {}),
    ("DELETE", "/v1/keys/{key_id}", None),
    ("GET", "/v1/models/{model}", None),
    ("GET", "/v1/models/{model}/losses", None),
)
"""Asked about something by name; what follows # is in the body. Who names something of the other's is told 404."""
FREE: tuple[tuple[str, str, Body | None], ...] = (
    ("POST", "/v1/events", lambda _its, _mark: _event({"operation": "op"})),
    ("POST", "/v1/events", lambda _its, _mark: _event({"external_id": "K-1"})),
    ("POST", "/v1/keys", lambda _, mark: {"name": mark, "scopes": ["passes:read"]}),
    ("POST", "/v1/persons/erase", lambda _its, _mark: {"external_id": "K-1"}),
    ("PUT", "/v1/models/shared", lambda _, mark: {"document": model_document("shared", description=mark)}),
    ("GET", "/v1/models/shared", None),
    ("GET", "/v1/passes", None),
    ("GET", "/v1/passes?external_id=K-1", None),
    ("GET", "/v1/keys", None),
    ("GET", "/v1/models", None),
    ("GET", "/v1/logs/changes", None),
    ("GET", "/v1/logs/devices", None),
    ("GET", "/v1/letters/dead", None),
    ("GET", "/v1/reports?by=operation", None),
    ("GET", "/v1/account", None),
)
"""About nobody's in particular: each finds its own."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.one_of(st.tuples(st.sampled_from(ABOUT), st.booleans()), st.tuples(st.sampled_from(FREE), st.just(False))),
        st.integers(0, 7),
    ),
    min_size=4,
    max_size=10,
)
"""Who asks; what, and whether about the other's; which of them."""


async def _ask(tenant: Any, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = await tenant.http.request(method, path.partition("#")[0], json=body)
    assert answer.status_code < 500, (method, path, answer.text)
    return answer


async def _furnish(tenant: Any, mark: str) -> Things:
    """Some of everything."""
    operation_id = tenant.operation_id
    passes = [await tenant.issue(holder=mark) for _ in range(2)]
    things: Things = {
        "operation_id": [operation_id],
        "pass_id": [each["id"] for each in passes],
        "serial": [each["serial"] for each in passes],
        "model": [mark.lower()],
    }
    model = {"document": model_document(mark.lower(), description=mark)}
    kept = await _ask(tenant, "PUT", f"/v1/models/{mark.lower()}", model)
    assert kept.is_success, kept.text
    token = {"external_id": "K-1", "values": {"holder": mark}}
    made = await _ask(tenant, "POST", f"/v1/operations/{operation_id}/tokens", token)
    key = await _ask(tenant, "POST", "/v1/keys", {"name": mark, "scopes": ["passes:read"]})
    run = await _ask(tenant, "POST", "/v1/events", _event({"operation": "op"}))
    return {
        **things,
        "token_id": [made.json()["id"]],
        "key_id": [key.json()["key"]["id"]],
        "run_id": [run.json()["run_id"]],
    }


async def _everything(tenant: Any) -> list[Any]:
    """All that a client can see of its own, but when its key was used."""
    own = f"/v1/operations/{tenant.operation_id}"
    paths = (
        "/v1/passes", "/v1/operations", "/v1/keys", "/v1/logs/changes", "/v1/models", "/v1/matrices", f"{own}/tokens",
        f"{own}/runs", f"/v1/reports?operation_id={tenant.operation_id}",
    )  # fmt: skip
    found = [(await _ask(tenant, "GET", path)).json() for path in paths]
    for key in found[2]["items"]:
        del key["last_used_at"]
    return found


@given(steps=STEPS)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
async def test_neither_of_two_clients_sees_or_changes_what_the_other_has(
    tenant: Any, other: Any, steps: list[Any]
) -> None:
    clients = (tenant, other)
    things = [await _furnish(client, mark) for client, mark in zip(clients, MARKS, strict=True)]
    seen = [await _everything(client) for client in clients]
    for who, ((method, path, body), foreign), which in steps:
        named = things[1 - who if foreign else who]
        its = {kind: those[which % len(those)] for kind, those in named.items()}
        answer = await _ask(clients[who], method, path.format_map(its), body and body(its, MARKS[who]))
        if foreign:
            assert answer.status_code == 404, (method, path, answer.text)
        told = answer.text if not foreign else answer.text.replace(str(its["model"]), "")
        assert MARKS[1 - who].lower() not in told.lower(), (method, path)
        seen[who] = await _everything(clients[who])
        assert await _everything(clients[1 - who]) == seen[1 - who], (method, path)
