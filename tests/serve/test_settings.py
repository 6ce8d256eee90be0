"""What an operator can set, and what is refused before anything starts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from walletpass.errors import UsageError
from walletpass_server import settings as module
from walletpass_server.http.app import create_app
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.rehearsal import check_public_url, refuse_rehearsal
from walletpass_server.settings import Settings
from walletpass_server.testing import seed_operation

on_server = pytest.mark.asyncio(loop_scope="module")
"""In the loop of the server that a module's tests share."""

REPOSITORY = Path(__file__).parents[2]
REAL = {"WALLETPASS_PUBLIC_URL": "https://passes.example.com"}


def _settings(**environment: str) -> Settings:
    return Settings.from_env(environment)


def test_the_table_of_the_docs_is_what_is_read() -> None:
    source = Path(module.__file__).read_text("utf-8")
    table = re.findall(
        r"^\| `(WALLETPASS_\w+)` \|", (REPOSITORY / "docs" / "server.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(table) == sorted(set(re.findall(r"WALLETPASS_[A-Z_]+", source)))


@pytest.mark.parametrize("file", ["compose.yaml", "Dockerfile"])
def test_only_settings_that_exist_are_set_for_containers(file: str) -> None:
    known = set(re.findall(r"WALLETPASS_[A-Z_]+", Path(module.__file__).read_text("utf-8")))
    assert set(re.findall(r"WALLETPASS_[A-Z_]+", (REPOSITORY / file).read_text("utf-8"))) <= known


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WALLETPASS_PORT", "http"),
        ("WALLETPASS_PORT", "70000"),
        ("WALLETPASS_ALLOW_HTTP", "maybe"),
        ("WALLETPASS_TRUSTED_PROXIES", "10.0.0.0/8 proxy.local"),
        ("WALLETPASS_TRUSTED_PROXIES", "*"),
        ("WALLETPASS_FACTS_KEPT_DAYS", "-1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        _settings(**{name: value})


@pytest.mark.parametrize(
    "url",
    ["https://passes.example.com", "https://example.com/wallet", "http://127.0.0.1:8000", "http://localhost",
     "http://[::1]:8000"],
)  # fmt: skip
def test_phones_come_by_https_and_rehearsals_by_this_machine(url: str) -> None:
    check_public_url(_settings(WALLETPASS_PUBLIC_URL=url))


@pytest.mark.parametrize(
    "url",
    ["http://passes.example.com", "http://0.0.0.0:8000", "passes.example.com", "ftp://a", "https://", "https://u:p@a",
     "https://a?b", "https://a:x", "https://[::1"],
)  # fmt: skip
def test_another_public_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="WALLETPASS_PUBLIC_URL"):
        check_public_url(_settings(WALLETPASS_PUBLIC_URL=url))


def test_plain_http_beyond_this_machine_must_be_asked_for() -> None:
    check_public_url(_settings(WALLETPASS_PUBLIC_URL="http://10.0.0.7", WALLETPASS_ALLOW_HTTP="1"))


REHEARSING: list[dict[str, str]] = [
    {"WALLETPASS_PUBLIC_URL": "http://127.0.0.1:8000"},
    {**REAL, "WALLETPASS_ALLOW_HTTP": "1"},
    {**REAL, "WALLETPASS_APNS_URL": "https://127.0.0.1:2197"},
    {**REAL, "WALLETPASS_APNS_CA": "ca.pem"},
    {**REAL, "WALLETPASS_GOOGLE_API_URL": "http://127.0.0.1:1"},
    {**REAL, "WALLETPASS_GOOGLE_ROOT_KEYS_URL": "http://127.0.0.1:1"},
]


@pytest.mark.parametrize("environment", REHEARSING)
async def test_rehearsal_settings_are_refused_beside_production(
    database: Database, environment: dict[str, str]
) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await seed_operation(unit)
    await refuse_rehearsal(_settings(**environment), database)
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(update(OperationRow).values(environment="production"))
    await refuse_rehearsal(_settings(**REAL), database)
    await refuse_rehearsal(_settings(**environment, WALLETPASS_REHEARSAL="1"), database)
    with pytest.raises(UsageError, match="spring-2027 is in production"):
        await refuse_rehearsal(_settings(**environment), database)


@on_server
@pytest.mark.parametrize(
    ("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "192.0.2.1"), ("10.0.0.0/8", "127.0.0.1")]
)
async def test_a_proxy_is_believed_only_when_it_is_trusted(server: Any, trusted: str, seen: str) -> None:
    app = create_app(replace(server.on, settings=_settings(WALLETPASS_TRUSTED_PROXIES=trusted)))
    clients: list[str] = []

    async def spy(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        clients.append(scope["client"][0])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(spy), base_url="http://a") as client:
        await client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.1"})
    assert clients == [seen]
