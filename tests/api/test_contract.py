"""The OpenAPI document is the truth: everything that it allows is answered as it says, everything else is refused."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from jsonschema import Draft202012Validator
from litestar import Request

from walletpass import errors
from walletpass_server.api import problems
from walletpass_server.api.document import build
from walletpass_server.api.french import GENERAL
from walletpass_server.api.problems import TITLES, status_of, type_of
from walletpass_server.api.routes import api
from walletpass_server.http.app import create_app

DOCUMENT = build(api())
REFUSED = ["2xx", "401", "403", "404", "409", "410", "412", "428"]
"""How requests that fit the document may be answered: what they are about may be gone, over, changed or not theirs."""
UNSAID = {
    "accept_policy": "which version of the rules is in force changes with time",
    "add_hook": "whether an address is one, and public",
    "change_values": "the variables of the Model that the pass has now",
    "create_token": "the variables of the start Model",
    "draw_model": "the languages and wallets of the Model, and whether it has the pictures that Apple asks for",
    "issue_pass": "the variables of the start Model",
    "keep_apple": "what is in a certificate and its key, and whether the two belong together",
    "keep_certificate": "what is in a certificate, and whether it answers a request",
    "keep_google": "whether a key is one, and the account's own",
    "keep_picture": "bytes that are a picture",
    "list_counted_passes": "that one day is not after another, and that days have come",
    "open_operation": "what its Matrix, its dates and its time zone are to each other",
    "read_report": "that one day is not after another, and that days have come",
    "read_usage": "that two days are in order, and at most a year apart",
    "replay_hook": "that one instant is after another, and has been",
    "send_event": "the events that the Matrix declares, and their data",
    "simulate_matrix": "what its dates and its time zone are to each other, and the events that the Matrix declares",
    "write_matrix": "that Triggers name the Models, events and variables that are there",
    "write_model": "that its name is that of the address; what its parts are to each other and to each wallet",
}
"""Operations that may also refuse as 400 or 422 what fits the document, with what it is that no schema can say."""


@asynccontextmanager
async def _served(tenant: Any) -> Any:
    config = uvicorn.Config(create_app(tenant.on), port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


def _settings() -> str:
    """What schemathesis takes for an answer to data that fit, by operation."""
    reused = set(_with_header("Idempotency-Key"))  # it may have come with another request
    lines = ["[checks.positive_data_acceptance]", f"expected-statuses = {json.dumps(REFUSED)}"]
    for name in sorted(UNSAID.keys() | reused):
        statuses = [*REFUSED, *(["400", "422"] if name in UNSAID else ["422"])]
        lines += ["[[operations]]", f'include-operation-id = "{name}"', "[operations.checks.positive_data_acceptance]"]
        lines += [f"expected-statuses = {json.dumps(statuses)}"]
    return "\n".join(lines)


async def _ask_everything(tenant: Any, folder: Path, *options: str) -> None:
    """schemathesis: examples, edges of every schema, random values, chains along the links; all its checks."""
    config = folder / "schemathesis.toml"
    config.write_text(_settings(), "utf-8")
    for number in range(20):
        await tenant.issue(points=number)
    async with _served(tenant) as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(config),
            "run", f"{url}/v1/openapi.json", "--header", f"Authorization: Bearer {tenant.key}",
            "--checks", "all", "--workers", "1", "--no-color", "--generation-database", "none", *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-8000:]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_all_is_answered_as_the_document_says(tenant: Any, tmp_path: Path) -> None:
    await _ask_everything(tenant, tmp_path, "--max-examples", "2", "--seed", "1")


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_much_more_is_answered_as_the_document_says(tenant: Any, tmp_path: Path) -> None:
    await _ask_everything(tenant, tmp_path, "--max-examples", "40")


async def test_the_document_is_read_without_a_key_and_names_no_other_host(tenant: Any) -> None:
    answer = await tenant.http.get("/v1/openapi.json", headers={"authorization": ""})
    assert (answer.status_code, answer.json()) == (200, json.loads(json.dumps(DOCUMENT)))
    page = await tenant.http.get("/v1/docs", headers={"authorization": ""})
    assert page.status_code == 200
    outside = ("<script", 'src="', "url(", "@import", 'href="http')
    assert not [part for part in outside if part in page.text]
    assert all(f"{path}</code>" in page.text for path in DOCUMENT["paths"])


def _operations() -> Iterator[tuple[str, Any]]:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def _with_header(header: str) -> Iterator[str]:
    for _, operation in _operations():
        if any(each["name"] == header for each in operation.get("parameters", [])):
            yield operation["operationId"]


def test_what_no_schema_can_say_is_of_operations_that_there_are() -> None:
    assert UNSAID.keys() <= {operation["operationId"] for _, operation in _operations()}


def test_every_operation_has_a_name_a_summary_and_documented_problems() -> None:
    names = [operation["operationId"] for _, operation in _operations()]
    assert len(names) == len(set(names))
    for where, operation in _operations():
        assert operation["summary"], where
        assert [status for status in operation["responses"] if status.startswith("4")], where


def test_every_body_and_answer_has_an_example_that_fits_it() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    used = set()
    for _, operation in _operations():
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        for part in (operation.get("requestBody", {}), *answers):
            schema = part.get("content", {}).get("application/json", {}).get("schema", {})
            used |= {schema["$ref"].rpartition("/")[2]} if "$ref" in schema else set()
    assert len(used) > 40
    for name in used - {each for each in used if each.startswith("Page_")}:
        (example, *_) = schemas[name]["examples"]
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}).validate(
            example
        )


def _tree(kind: type[errors.WalletPassError]) -> Iterator[type[errors.WalletPassError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _tree(each)


def _raised(kind: type[errors.WalletPassError]) -> errors.WalletPassError:
    """One of them, as far as an answer needs it."""
    given: dict[type[errors.WalletPassError], tuple[Any, ...]] = {
        errors.RequestInvalid: ([{"type": "missing", "loc": ("name",), "msg": "Field required"}],),
        errors.DocumentError: ("something is not as it should be",),
        errors.ValuesError: ({"points": "missing: it is required and has no default"},),
        errors.TooManyRequests: ("too many", 2.0),
        errors.UploadOutOfStep: ("7 of 9", 7),
    }
    found = kind.__new__(kind)
    first = next((base for base in kind.__mro__ if base in given), errors.WalletPassError)
    first.__init__(found, *given.get(first, ("something is not as it should be",)))
    return found


def test_every_type_of_problem_is_told_in_french_to_whoever_reads_french() -> None:
    assert GENERAL.keys() == TITLES.keys()
    for kind in _tree(errors.WalletPassError):
        for language in ("fr-CA, en;q=0.5", "en"):
            headers = [(b"accept-language", language.encode())]
            scope: Any = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
            said = problems.refused(Request({**scope, "state": {}}), _raised(kind)).content
            name = said["type"].rpartition("/")[2]
            french = language != "en"
            assert said["title"] == TITLES[name][french], kind
            if not issubclass(kind, errors.ValuesError) and french:
                assert said["detail"] == GENERAL[name], kind
                assert said.get("original") in (None, "something is not as it should be", "too many", "7 of 9"), kind
            assert french or "original" not in said, kind


async def test_problems_are_told_in_french_with_their_particulars(tenant: Any) -> None:
    tenant.http.headers["accept-language"] = "fr"
    missing = (await tenant.http.get("/v1/passes/77")).json()
    assert missing["detail"] == "il n'y a pas de pass 77 : cherchez dans la liste"
    later = (await tenant.http.get("/v1/reports?to=2999-01-01")).json()
    assert later["detail"].startswith("le dernier jour 2999-01-01 n'est pas venu")
    body = {"rows": [{"external_id": "K", "values": {"points": "many"}}]}
    (row,) = (await tenant.http.post(f"/v1/operations/{tenant.operation_id}/tokens/batch", json=body)).json()["rows"]
    assert row["detail"] == "points : 'many' n'est pas un nombre"
    made = await tenant.issue()
    wrong = (await tenant.http.patch(f"/v1/passes/{made['id']}/values", json={"values": {"points": "many"}})).json()
    assert (wrong["title"], wrong["detail"]) == (TITLES["values-error"][1], "points : 'many' n'est pas un nombre")
    event = {"type": "nothing.known", "subject": {"pass_id": made["id"]}}
    unknown = (await tenant.http.post("/v1/events", json=event)).json()
    assert (unknown["detail"], "nothing.known" in unknown["original"]) == (GENERAL["event-error"], True)


def test_every_error_that_is_not_a_fault_of_the_server_is_a_problem_with_a_title() -> None:
    for kind in _tree(errors.WalletPassError):
        if status_of(kind) != 500:
            assert type_of(kind) != "internal-server-error", kind
    assert all(english != french for english, french in TITLES.values())


async def test_each_type_of_problem_is_explained_in_both_languages(tenant: Any) -> None:
    for name, titles in TITLES.items():
        for language, title in zip(("en", "fr"), titles, strict=True):
            page = await tenant.http.get(f"/v1/problems/{name}", headers={"accept-language": language})
            assert page.status_code == 200
            assert f'lang="{language}"' in page.text
            assert title.replace("'", "&#x27;") in page.text
    assert (await tenant.http.get("/v1/problems/nonsense")).status_code == 404
