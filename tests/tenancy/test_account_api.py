"""The account of a client over the API and on the command line."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from walletpass.cli.commands import Commands
from walletpass.testing import Authority
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.archive_cipher import decrypt
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.client_removal import finish_removals, remove_client
from walletpass_server.engine.keys import SCOPES, create_key
from walletpass_server.engine.policies import POLICIES
from walletpass_server.engine.traffic import door_of
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import AuditRow, ClientRow, MatrixRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop

STAFF = Actor("staff", "tester")
WORDS = "correct horse battery"


@pytest.fixture
async def on(sqlite_url: str) -> AsyncIterator[Platform]:
    """A process of a server."""
    settings = Settings(database_url=sqlite_url, secret_keys=Keyring.new_key("test"), public_url="https://pass.example")
    async with platform(settings) as opened:
        yield opened


@pytest.fixture
async def live(on: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """A client's tool, with a key for production."""
    shop = Shop(on.database, (await open_shop(on.database)).client_id, on.keyring)
    await shop.open(small_matrix(["a"]), small_operation())

    async def make(unit: Any) -> str:
        return (await create_key(unit, "Till", "production", SCOPES, STAFF, datetime.now(UTC))).text

    key = await on.database.run(shop.client_id, make)
    transport = httpx.ASGITransport(create_app(on))
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://pass.example", headers=headers) as http:
        yield http


async def test_the_account_tells_plan_quotas_and_use(live: httpx.AsyncClient) -> None:
    found = (await live.get("/v1/account")).json()
    assert (found["plan"], found["features"]) == ("connector", ["api", "hooks"])
    assert found["used"] == {"models": 0, "matrices": 1, "operations": 1, "passes": 0, "active": 0}


async def test_what_is_served_is_counted_for_its_client(live: httpx.AsyncClient, on: Platform) -> None:
    sizes = [len((await live.get("/v1/account")).content) for _ in range(3)]
    await live.get("/v1/account", headers={"authorization": "Bearer nobody"})
    for _ in range(2):
        await on.traffic.flush(on.database)
    found = (await live.get("/v1/account/usage")).json()
    (day,) = found["days"]
    assert (day["door"], day["requests"], day["bytes"], found["active"]) == ("api", 3, sum(sizes), 0)
    assert (await live.get("/v1/account/usage?first=2027-01-02&last=2027-01-01")).status_code == 400


async def test_how_long_holders_are_known_is_said_over_the_api(on: Platform) -> None:
    shop = Shop(on.database, (await open_shop(on.database)).client_id, on.keyring)
    operation = await shop.open(small_matrix(["a"]), small_operation())

    async def make(unit: Any) -> str:
        return (await create_key(unit, "Till", "test", SCOPES, STAFF, datetime.now(UTC))).text

    headers = {"authorization": f"Bearer {await on.database.run(shop.client_id, make)}"}
    transport = httpx.ASGITransport(create_app(on))
    async with httpx.AsyncClient(transport=transport, base_url="https://pass.example", headers=headers) as http:
        place = f"/v1/operations/{operation}/retention"
        assert (await http.put(place, json={"days": 90})).json() == {"days": 90, "emptied_at": None}
        assert (await http.get(place)).json()["days"] == 90
        assert (await http.put(place, json={"days": -1})).status_code == 422


def test_a_path_tells_its_door() -> None:
    doors = {"/v1/account": "api", "/passkit/v1/log": "passkit", "/o/x": "links", "/p/x.pkpass": "links", "": "links"}
    assert {path: door_of(path) for path in doors} == doors


async def test_policies_are_read_and_accepted(live: httpx.AsyncClient) -> None:
    before = (await live.get("/v1/account/policies")).json()["items"]
    assert {each["wallet"]: each["accepted"] for each in before} == {"apple": False, "google": False}
    body = {"version": POLICIES["apple"].version, "accepted_by": "Ada Buyer"}
    assert (await live.post("/v1/account/policies/apple/accept", json=body)).json()["accepted_by"] == "Ada Buyer"
    assert (await live.get("/v1/account")).json()["accepted"][0]["wallet"] == "apple"
    assert (
        await live.post("/v1/account/policies/apple/accept", json={**body, "version": "2020-01"})
    ).status_code == 400


async def test_production_is_refused_over_the_api_with_all_that_is_missing(live: httpx.AsyncClient) -> None:
    document = {"operation": "o", "matrix": "small", "starts_at": "2027-03-01T08:00", "ends_at": "2027-04-01T08:00"}
    answer = await live.post("/v1/operations", json={"document": document})
    assert (answer.status_code, answer.json()["type"]) == (409, "/v1/problems/production-refused")
    assert "no credentials" in answer.json()["detail"]
    assert "no notification plan" in answer.json()["detail"]


async def test_a_certificate_is_asked_for_answered_and_rolled_over_to(live: httpx.AsyncClient) -> None:
    authority = Authority.create(key="ec", now=datetime.now(UTC))
    asked = (await live.post("/v1/credentials/csr", json={"name": "main", "common_name": "Maison Verte"})).json()
    assert "PRIVATE" not in str(asked)
    certificate = authority.sign_request(asked["request"].encode(), "pass.example.one", "TEAMONE")
    body = {
        "certificate": b64encode(certificate).decode(),
        "intermediate": b64encode(authority.intermediate_pem).decode(),
    }
    made = await live.post("/v1/credentials/csr/certificate", json=body)
    assert (made.status_code, made.json()["pass_type_identifier"]) == (201, "pass.example.one")
    assert (await live.get("/v1/credentials/csr")).json()["items"][0]["answered_at"] is not None
    rolled = await live.post(f"/v1/credentials/{made.json()['id']}/rollover")
    assert rolled.json() == {"operations": [], "runs": []}


async def test_the_export_opens_with_the_passphrase(live: httpx.AsyncClient) -> None:
    answer = await live.post("/v1/account/export", json={"passphrase": WORDS})
    assert answer.status_code == 200
    assert b"".join(decrypt(io.BytesIO(answer.content), WORDS))
    assert (await live.post("/v1/account/export", json={"passphrase": "short"})).status_code == 422


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line on a server of its own."""
    monkeypatch.setenv("WALLETPASS_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WALLETPASS_DATABASE_URL", raising=False)

    def call(*arguments: object) -> Any:
        return CliRunner().invoke(Commands("walletpass"), [str(each) for each in arguments])

    assert call("server", "init").exit_code == 0
    return call


def test_a_client_is_handed_over_and_removed_on_the_command_line(run: Any, tmp_path: Path) -> None:
    assert run("client", "add", "shop").exit_code == 0
    told = run("client", "plan", "shop", "--plan", "platform", "--connector", "--max-passes", "1000").output
    assert "plan: platform" in told
    assert "max_passes: 1000" in told
    assert "apple" in run("client", "policies").output
    assert "accepted by Ada" in run("client", "accept", "apple", "--by", "Ada").output
    assert run("client", "csr", "--out", tmp_path / "shop.csr").exit_code == 0
    assert "BEGIN CERTIFICATE REQUEST" in (tmp_path / "shop.csr").read_text()
    words = tmp_path / "words"
    words.write_text(WORDS + "\n")
    archive = tmp_path / "shop.wpclient"
    exported = run("client", "export", "shop", "--out", archive, "--passphrase-file", words)
    assert exported.exit_code == 0, exported.output
    assert archive.stat().st_mode & 0o777 == 0o600
    assert run("client", "remove", "shop").exception is not None
    assert "removed" in run("client", "remove", "shop", "--yes").output
    assert run("client", "list").output == ""
    moved = run("client", "import", archive, "--passphrase-file", words)
    assert "web-service host" in moved.output, moved.exception
    assert "plan: platform" in run("client", "show").output


async def test_removing_takes_frozen_matrices_too_and_keeps_the_log_of_changes(on: Platform) -> None:
    shop = Shop(on.database, (await open_shop(on.database)).client_id, on.keyring)
    operation = await shop.open(small_matrix(["a"]), small_operation())
    other = Shop(on.database, (await open_shop(on.database, "other")).client_id, on.keyring)
    await other.open(small_matrix(["a"]), small_operation())
    for _ in range(3):
        await shop.issue(operation, {}, START)
    gone = await remove_client(on.database, shop.client_id, STAFF, datetime.now(UTC))
    assert (gone["pass"], gone["matrix"], gone["operation"]) == (3, 1, 1)
    await finish_removals(on.database, datetime.now(UTC))
    async with on.database.reading(ALL_CLIENTS) as unit:
        assert (await unit.session.scalars(select(MatrixRow.client_id))).all() == [other.client_id]
        assert (await unit.session.scalars(select(AuditRow.action))).all() == ["client.removed"]
        row = await unit.session.get_one(ClientRow, shop.client_id)
    assert row.slug == f"removed-{shop.client_id}"
