"""Whatever two clients do in whatever order: neither sees or changes what the other has."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walletpass.testing import Authority
from walletpass.testing.life import model_document

Things = dict[str, list[Any]]
"""What a client has, by kind: ids, serials, names."""
Body = Callable[[dict[str, Any], str], dict[str, Any] | bytes]
"""A body, from what it is about and the word that is in all of the client's data."""

MARKS = ("Ada-of-the-shop", "Bob-of-the-other")
CONTACT = "+33 6 12 34 56 78"
"""Of a person whom both know."""


def _picture(mark: str) -> bytes:
    drawn = f'<desc>{mark}</desc><path d="M0 0h9v9z"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{drawn}</svg>'.encode()


def _table(mark: str) -> bytes:
    return f"external_id,holder\n{mark},{mark}\n".encode()


def _hook(mark: str) -> dict[str, Any]:
    return {"name": mark, "url": f"https://{mark.lower()}.example/", "events": ["*"], "include": ["holder"]}


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
    ("POST", "/v1/keys/{key_id}/revoke", None),
    ("GET", "/v1/models/{model}", None),
    ("GET", "/v1/models/{model}/losses", None),
    ("GET", "/v1/passes/{pass_id}/contacts", None),
    ("PUT", "/v1/passes/{pass_id}/contacts", lambda _its, _mark: {"contacts": [CONTACT]}),
    ("GET", "/v1/hooks/{hook_id}", None),
    ("POST", "/v1/hooks/{hook_id}/test", None),
    ("POST", "/v1/hooks/{hook_id}/pause", None),
    ("POST", "/v1/hooks/{hook_id}/resume", None),
    ("POST", "/v1/hooks/{hook_id}/rotate", lambda _its, _mark: {}),
    ("POST", "/v1/hooks/{hook_id}/replay", lambda _its, _mark: {"since": "2026-01-01T00:00:00Z"}),
    ("GET", "/v1/hooks/{hook_id}/deliveries", None),
    ("POST", "/v1/hooks/{hook_id}/deliveries/again", lambda _its, _mark: {}),
    ("DELETE", "/v1/hooks/{hook_id}", None),
    ("POST", "/v1/operations/{operation_id}/imports", lambda _, mark: {"format": "csv", "bytes": len(_table(mark))}),
    ("GET", "/v1/imports/{import_id}", None),
    ("PATCH", "/v1/imports/{import_id}/content", lambda _, mark: _table(mark)),
    ("GET", "/v1/credentials/{credential_id}", None),
    ("POST", "/v1/credentials/{credential_id}/resume", None),
    ("POST", "/v1/credentials/{credential_id}/rollover", None),
    ("PUT", "/v1/operations/{operation_id}/credentials/apple", lambda _, mark: {"name": mark}),
    ("GET", "/v1/assets/{asset_id}", None),
    (
        "PUT",
        "/v1/models/drawn#{asset_id}",
        lambda its, mark: {"document": model_document("drawn", description=mark, images={"logo": its["asset_id"]})},
    ),
    ("GET", "/v1/operations/{operation_id}/links.zip", None),
    ("GET", "/v1/operations/{operation_id}/retention", None),
    ("PUT", "/v1/operations/{operation_id}/retention", lambda _its, _mark: {"days": 30}),
    ("POST", "/v1/operations/{operation_id}/recount", None),
)
"""Asked about something by name; what follows # is in the body. Who names something of the other's is told 404."""
FREE: tuple[tuple[str, str, Body | None], ...] = (
    ("POST", "/v1/events", lambda _its, _mark: _event({"operation": "op"})),
    ("POST", "/v1/events", lambda _its, _mark: _event({"external_id": "K-1"})),
    ("POST", "/v1/events", lambda _its, _mark: _event({"contact": CONTACT})),
    ("POST", "/v1/hooks", lambda _, mark: _hook(mark)),
    ("POST", "/v1/assets", lambda _, mark: _picture(mark)),
    ("GET", "/v1/hooks", None),
    ("GET", "/v1/assets", None),
    ("GET", "/v1/credentials", None),
    ("GET", "/v1/credentials/csr", None),
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


async def _ask(tenant: Any, method: str, path: str, body: dict[str, Any] | bytes | None = None) -> Any:
    place, headers = path.partition("#")[0], {}
    if isinstance(body, bytes):
        headers = {"content-type": "application/octet-stream", "upload-offset": "0"}
        answer = await tenant.http.request(method, place, content=body, headers=headers)
    else:
        answer = await tenant.http.request(method, place, json=body)
    assert answer.status_code < 500, (method, path, answer.text)
    return answer


async def _made(tenant: Any, method: str, path: str, body: dict[str, Any] | bytes) -> Any:
    answer = await _ask(tenant, method, path, body)
    assert answer.is_success, (path, answer.text)
    return answer.json()


async def _furnish(tenant: Any, mark: str, certificate: dict[str, Any]) -> Things:
    """Some of everything."""
    operation = f"/v1/operations/{tenant.operation_id}"
    passes = [await tenant.issue(holder=mark) for _ in range(2)]
    await _made(tenant, "PUT", f"/v1/passes/{passes[0]['id']}/contacts", {"contacts": [CONTACT]})
    document = model_document(mark.lower(), description=mark)
    token = {"external_id": "K-1", "values": {"holder": mark}}
    upload = {"format": "csv", "bytes": len(_table(mark))}
    return {
        "operation_id": [tenant.operation_id],
        "pass_id": [each["id"] for each in passes],
        "serial": [each["serial"] for each in passes],
        "model": [(await _made(tenant, "PUT", f"/v1/models/{mark.lower()}", {"document": document}))["name"]],
        "token_id": [(await _made(tenant, "POST", f"{operation}/tokens", token))["id"]],
        "key_id": [(await _made(tenant, "POST", "/v1/keys", {"name": mark, "scopes": ["passes:read"]}))["key"]["id"]],
        "run_id": [(await _made(tenant, "POST", "/v1/events", _event({"operation": "op"})))["run_id"]],
        "hook_id": [(await _made(tenant, "POST", "/v1/hooks", _hook(mark)))["hook"]["id"]],
        "import_id": [(await _made(tenant, "POST", f"{operation}/imports", upload))["id"]],
        "asset_id": [(await _made(tenant, "POST", "/v1/assets", _picture(mark)))["id"]],
        "credential_id": [(await _made(tenant, "POST", "/v1/credentials/apple", certificate))["id"]],
    }


async def _everything(tenant: Any) -> list[Any]:
    """All that a client can see of its own, but when its key was used."""
    own = f"/v1/operations/{tenant.operation_id}"
    paths = (
        "/v1/passes", "/v1/operations", "/v1/keys", "/v1/logs/changes", "/v1/models", "/v1/matrices", f"{own}/tokens",
        f"{own}/runs", f"/v1/reports?operation_id={tenant.operation_id}", "/v1/hooks", "/v1/assets", "/v1/credentials",
        f"{own}/retention", "/v1/letters/dead",
    )  # fmt: skip
    found = [(await _ask(tenant, "GET", path)).json() for path in paths]
    contacts = [(await _ask(tenant, "GET", f"/v1/passes/{each['id']}/contacts")).json() for each in found[0]["items"]]
    uploads = [(await _ask(tenant, "GET", f"/v1/imports/{each}")).json() for each in _uploads(found[7])]
    deliveries = [
        (await _ask(tenant, "GET", f"/v1/hooks/{each['id']}/deliveries")).json() for each in found[9]["items"]
    ]
    for key in found[2]["items"]:
        del key["last_used_at"]
    return [*found, contacts, uploads, deliveries]


def _uploads(runs: Any) -> list[int]:
    return [run["id"] for run in runs["items"] if run["kind"] == "import"]


@pytest.fixture(scope="module")
def certificates() -> list[dict[str, Any]]:
    """Of each client its own, ready to be kept."""
    authority = Authority.create(key="ec")
    found = []
    for mark in MARKS:
        issued = authority.issue_pass_certificate(f"pass.{mark.lower()}")
        key = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files = {"key": key, "certificate": issued.certificate.public_bytes(Encoding.PEM)}
        files["intermediate"] = authority.intermediate_pem
        found.append({"name": mark, **{part: b64encode(content).decode() for part, content in files.items()}})
    return found


async def test_what_the_other_client_has_is_not_there_and_stays_as_it_is(
    tenant: Any, other: Any, certificates: list[dict[str, Any]]
) -> None:
    await _furnish(tenant, MARKS[0], certificates[0])
    theirs = await _furnish(other, MARKS[1], certificates[1])
    seen = await _everything(other)
    for method, path, body in ABOUT:
        for which in range(2):
            its = {kind: those[which % len(those)] for kind, those in theirs.items()}
            answer = await _ask(tenant, method, path.format_map(its), body and body(its, MARKS[0]))
            assert answer.status_code == 404, (method, path, answer.text)
    assert await _everything(other) == seen


@given(steps=STEPS)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
async def test_neither_of_two_clients_sees_or_changes_what_the_other_has(
    tenant: Any, other: Any, certificates: list[dict[str, Any]], steps: list[Any]
) -> None:
    clients = (tenant, other)
    things = [await _furnish(*each) for each in zip(clients, MARKS, certificates, strict=True)]
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
