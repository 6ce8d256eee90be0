"""Hostile traffic against a server with a campaign on it: refused, bounded, and logged without secrets."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar.routes import HTTPRoute
from sqlalchemy import select

from walletpass.testing.google_api import FakeGoogle
from walletpass_server.demo.credentials import write_credentials
from walletpass_server.demo.stage import PEOPLE, Stage, set_stage
from walletpass_server.http.app import create_app
from walletpass_server.logs import JsonLines
from walletpass_server.passkit.paths import TEMPLATES
from walletpass_server.persistence.tables import PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "http://127.0.0.1:9"
IPHONE = (
    "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
)


@dataclass(frozen=True)
class Campaign:
    """A server, and what must not leave it."""

    server: Any
    stage: Stage
    pass_type: str
    tokens: list[str]
    secrets: list[str]

    @property
    def private(self) -> list[str]:
        """Tokens, secrets of passes, people."""
        return [*self.tokens, *self.secrets, *PEOPLE, "push-token-of-a-phone", "phone-library-identifier"]


@pytest.fixture(scope="module")
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as fake:
        yield fake


@pytest.fixture(scope="module")
def server_changes(google: FakeGoogle) -> dict[str, Any]:
    """Google's API is away, its root keys are not."""
    return {"google_api_url": NOWHERE, "google_root_keys_url": google.root_keys_url}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def campaign(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    folder = tmp_path_factory.mktemp("campaign")
    write_credentials(folder)
    stage = await set_stage(server.on, folder, f"{NOWHERE}/token", datetime.now(UTC))
    async with server.on.database.reading(ALL_CLIENTS) as unit:
        rows = (await unit.session.scalars(select(PassRow).order_by(PassRow.id))).all()
    opened = [server.on.keyring.unseal(row.secret, "pass", "secret", row.id).decode() for row in rows]
    tokens = [person.link.rpartition("/")[2] for person in stage.people]
    return Campaign(server, stage, rows[0].pass_type_identifier, tokens, opened)


@pytest.fixture
def logged() -> Any:
    """Everything that is logged, down to the chattiest library, as the server writes it."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonLines().format(record))

    root, handler = logging.getLogger(), Kept()
    ours = logging.getLogger("walletpass_server")
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    ours.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before[0])
    ours.setLevel(before[1])


TRICKS = [
    "/p/{token}/../{token}", "/p/..;/{token}", "/p/%2e%2e/{token}", "/p/{token}%00", "/p/{token}%00.pkpass",
    "/p/%00{token}", "/p/{token}%0d%0aSet-Cookie:x=1", "/p/{token};a=b", "/p/{token}/.", "/p/{token}%2f..",
    "/p/%c0%af{token}", "/p/%ff%fe", "/p/%ed%a0%80", "/p/" + "%41" * 2000, "/p/" + "a/" * 3000, "/o/%00", "/o/..%2f..",
    "/o/" + "x" * 5000, "/badges/..%2f..%2f..%2fetc%2fpasswd", "/badges/....//etc/passwd", "/badges/%00",
    "/passkit/v1/passes/..%2f..%2f/..", "/passkit/v1/passes/{pass_type}/%00", "/passkit/v1/passes/{pass_type}/%ff",
    "/passkit/v1/passes/%2e%2e/{serial}", "/passkit/v1/passes/{pass_type}/{serial}/..%2f{serial}",
    "/passkit//v1//devices/%00/registrations/{pass_type}", "/passkit/v1/devices/a/registrations/" + "b" * 4000,
    "/passkit/v1/devices/a/registrations/{pass_type}?passesUpdatedSince=%00", "/v1/passes/99999999999999999999999",
    "/google/callback/%00", "/google/callback/..", "//evil.example/p/{token}", "/p/{token}?utm_source=" + "x" * 7000,
    "/p/{token}?utm_source=%00&utm_medium=%ff", "/\\..\\..\\etc", "/%", "/%zz", "/?%", "/#", "/p//", "/.git/config",
]  # fmt: skip


async def test_tricks_with_paths_find_nothing(campaign: Campaign) -> None:
    serial = campaign.stage.people[0].serial
    for trick in TRICKS:
        path = trick.format(token=campaign.tokens[0], serial=serial, pass_type=campaign.pass_type)
        for method in ("GET", "POST", "DELETE"):
            answer = await campaign.server.get(path, "Accept: */*", method=method)
            assert answer.status < 500, (method, path)
            assert b"root:" not in answer.body
            assert "set-cookie" not in answer.headers or "x=1" not in answer.headers["set-cookie"]
            assert answer.headers.get("content-type") != "application/vnd.apple.pkpass", (method, path)
            assert not answer.headers.get("location", "/").startswith(("//", "http://evil"))


@pytest.mark.parametrize(
    "authorization",
    ["", "Authorization: ApplePass ", "Authorization: ApplePass wrong", "Authorization: Bearer {secret}",
     "Authorization: {secret}", "Authorization: ApplePass {other}", "Authorization: ApplePass {secret}x",
     "Authorization: ApplePass " + "x" * 7000, "Authorization: ApplePass \xff\xfe",
     "X-Authorization: ApplePass {secret}"],
)  # fmt: skip
async def test_a_pass_is_for_who_has_its_secret(campaign: Campaign, authorization: str) -> None:
    serial = campaign.stage.people[0].serial
    lines = [authorization.format(secret=campaign.secrets[0], other=campaign.secrets[1])] if authorization else []
    path = f"/passkit/v1/passes/{campaign.pass_type}/{serial}"
    assert (await campaign.server.get(path, *lines)).status == 401
    device = f"/passkit/v1/devices/phone/registrations/{campaign.pass_type}/{serial}"
    assert (await campaign.server.get(device, *lines, method="DELETE")).status == 401
    assert (await campaign.server.get(device, *lines, "Content-Length: 0", method="POST")).status in {400, 401}


BODIES = [
    b"", b"null", b"[]", b"{", b"\xff\xfe{}", b'{"pushToken": 7}', b'{"pushToken": ""}', b'{"pushToken": "\\u0000"}',
    b'{"pushToken": "\\ud800"}', b'{"pushToken": "' + b"x" * 60_000 + b'"}', b'{"logs": "a"}', b'{"logs": [[[]]]}',
    b'{"logs": ["\\u0000\\ud800"]}', b'{"logs": [' + b",".join([b'"x"'] * 15_000) + b"]}", b"[" * 30_000,
    b'{"a":' * 10_000, b'{"signedMessage": 1}', b'{"protocolVersion": "ECv2SigningOnly"}', b"1e999999", b"9" * 60_000,
]  # fmt: skip


def _post(path: str, content: object, *headers: str) -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: a", "Connection: close", *headers]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def test_bodies_that_are_nonsense_are_refused(campaign: Campaign) -> None:
    serial, secret = campaign.stage.people[0].serial, campaign.secrets[0]
    for path in (
        "/passkit/v1/log",
        f"/passkit/v1/devices/phone/registrations/{campaign.pass_type}/{serial}",
        "/google/callback/3388000000000000001",
        "/v1/events",
    ):
        for body in BODIES:
            answer = await campaign.server.ask(_post(path, body, f"Authorization: ApplePass {secret}"))
            assert answer.status < 500, (path, body[:60], answer)


async def test_logs_hold_no_token_no_secret_and_no_name(campaign: Campaign, logged: list[str]) -> None:
    server, pass_type = campaign.server, campaign.pass_type
    for person, token, secret in zip(campaign.stage.people, campaign.tokens, campaign.secrets, strict=True):
        for path in (f"/p/{token}", f"/p/{token}.pkpass", f"/p/{token}/qr.svg", f"/x/{token}"):
            assert (await server.get(path, IPHONE)).status < 500
        assert (await server.get(f"/p/{token}/google", IPHONE)).status in {303, 503}  # Google is away
        device = f"/passkit/v1/devices/phone-library-identifier/registrations/{pass_type}"
        authorized = f"Authorization: ApplePass {secret}"
        push = {"pushToken": "push-token-of-a-phone"}
        assert (await server.ask(_post(f"{device}/{person.serial}", push, authorized))).status == 201
        assert (await server.get(f"/passkit/v1/passes/{pass_type}/{person.serial}", authorized)).status == 200
        assert (await server.get(device)).status == 200
        assert (await server.ask(_post("/passkit/v1/log", {"logs": [f"{person.name} with {secret}"]}))).status == 200
        assert (await server.get(f"{device}/{person.serial}", authorized, method="DELETE")).status == 200
    broken = {"protocolVersion": campaign.tokens[0], "signedMessage": campaign.secrets[0]}
    assert (await server.ask(_post("/google/callback/3388000000000000001", broken))).status in {400, 401}
    await server.ask(f"GET /{campaign.tokens[0]}\xff HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1"))
    assert len(logged) > 30
    found = [(word, line) for word in campaign.private for line in logged if word in line]
    assert found == []


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
async def test_guesses_of_tokens_find_nothing_and_leave_nothing_behind(campaign: Campaign, count: int) -> None:
    guess = "GET /p/{} HTTP/1.1\r\nHost: a\r\n" + IPHONE + "\r\n\r\n"
    statuses: list[int] = []

    async def guesser(number: int, read: Any) -> None:
        reader, writer = await campaign.server.connect()
        for _ in range(number):
            writer.write(guess.format(secrets.token_urlsafe(24)).encode())
            statuses.append((await read(reader)).status)
        writer.close()

    async def read(reader: asyncio.StreamReader) -> Any:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        return _Status(int(head.split()[1]))

    await guesser(100, read)  # caches fill
    before = _bytes_held()
    await asyncio.gather(*(guesser(count // 20, read) for _ in range(20)))
    assert set(statuses) == {404}
    assert _bytes_held() - before < 40_000_000


@dataclass(frozen=True)
class _Status:
    status: int


def _bytes_held() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


async def test_hostile_values_for_every_route_break_nothing(campaign: Campaign) -> None:
    base_url = f"http://127.0.0.1:{campaign.server.port}"
    schema = schemathesis.openapi.from_dict(_openapi(campaign))

    def attack() -> int:
        count = 0
        session = requests.Session()
        for operation in schema.get_all_operations():

            @settings(
                max_examples=4,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.ok().as_strategy())
            def attacked(case: Any) -> None:
                nonlocal count
                count += 1
                assert case.call(base_url=base_url, session=session, timeout=30).status_code < 500

            attacked()
        return count

    assert await asyncio.to_thread(attack) > 100


def _openapi(campaign: Campaign) -> dict[str, Any]:
    """Every route outside the API, which has a description of its own."""
    paths: dict[str, dict[str, Any]] = {}
    for route in create_app(campaign.server.on).routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith("/v1"):
            for method in route.methods:
                paths.setdefault(route.path_format, {})[method.lower()] = _operation(list(route.path_parameters))
    methods = {"registration": ("post", "delete"), "list": ("get",), "pass": ("get",), "personalize": ("post",)}
    for name, template in TEMPLATES.items():
        names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
        for method in methods.get(name, ("post",)):
            paths.setdefault(template, {})[method] = _operation(names)
    return {"openapi": "3.1.0", "info": {"title": "doors", "version": "1"}, "paths": paths}


def _operation(names: list[str]) -> dict[str, Any]:
    anything = {"type": "string"}
    body = {"type": "object", "properties": {"pushToken": anything, "logs": {"type": "array", "items": anything}}}
    places = [("path", name) for name in names]
    places += [("header", name) for name in ("Authorization", "If-Modified-Since", "User-Agent")]
    places += [("query", name) for name in ("passesUpdatedSince", "utm_source")]
    parameters = [
        {"in": place, "name": name, "required": place == "path", "schema": anything} for place, name in places
    ]
    return {
        "parameters": parameters,
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "anything"}},
    }
