"""Errors as HTTP answers: a status for each, and nothing of what was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from walletpass import errors
from walletpass_server.http.failures import STATUS, name_of, status_of

on_server = pytest.mark.asyncio(loop_scope="module")
"""In the loop of the server that a module's tests share."""


def _tree(kind: type[errors.WalletPassError]) -> Iterator[type[errors.WalletPassError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _tree(below)


@pytest.mark.parametrize("kind", sorted(_tree(errors.WalletPassError), key=lambda kind: kind.__name__))
def test_every_error_has_a_status_and_words_of_its_own(kind: type[errors.WalletPassError]) -> None:
    status = status_of(kind.__new__(kind))
    assert 400 <= status < 600
    assert name_of(kind).islower()
    assert (kind.__doc__ or "").strip()


def test_the_nearest_class_in_the_tree_decides() -> None:
    assert status_of(errors.OperationEnded("")) == STATUS[errors.LifecycleError] == 409
    assert status_of(errors.FileMissing("")) == STATUS[errors.UsageError] == 400
    assert status_of(ValueError()) == 500


@on_server
@pytest.mark.parametrize(
    "path",
    ["/s3cr3t-not-there", "/%3Cscript%3E", "/o/", "/p", "/.env", "/wp-login.php", "/healthz/x", "/../../etc/passwd"],
)
async def test_an_unknown_path_is_not_echoed(server: Any, path: str) -> None:
    answer = await server.get(path)
    assert answer.status == 404
    assert not [word for word in (b"s3cr3t", b"script", b"env", b"wp-", b"passwd") if word in answer.body]
    if answer.headers["content-type"] == "application/json":  # else it is a page for people
        assert json.loads(answer.body)["error"] == "not-found"


@on_server
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_options_names_every_method_of_a_route(server: Any, path: str) -> None:
    answer = await server.get(path, method="OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@on_server
async def test_options_is_right_for_every_route_of_the_framework(server: Any) -> None:
    for route, methods in _routes(server).items():
        answer = await server.get(route, method="OPTIONS")
        allowed = set(answer.headers.get("allow", "").split(", "))
        assert (answer.status, allowed) == (204, methods | {"OPTIONS"}), route
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - methods):
            refused = await server.get(route, method=method)
            assert (refused.status, "allow" in refused.headers) == (405, True), (method, route)


def _routes(server: Any) -> dict[str, set[str]]:
    from litestar.routes import HTTPRoute

    from walletpass_server.http.app import create_app

    found: dict[str, set[str]] = {}
    for route in create_app(server.on).routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"{\w+}", "7", route.path_format)  # a name as well as a number
            found.setdefault(path, set()).update(route.methods)
    return {path: methods - {"OPTIONS"} for path, methods in found.items()}


@on_server
async def test_another_method_is_told_which_there_are(server: Any) -> None:
    answer = await server.get("/healthz", method="DELETE")
    assert (answer.status, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD", "OPTIONS"])


@on_server
async def test_every_answer_carries_the_safe_headers(server: Any) -> None:
    for path in ("/healthz", "/nothing", "/readyz"):
        headers = (await server.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert len(headers["x-request-id"]) == 16
        assert "server" not in headers
        assert "strict-transport-security" not in headers


@on_server
async def test_browsers_are_told_to_stay_with_https_where_it_is_spoken(start: Any) -> None:
    server = await start(public_url="https://passes.example.com")
    assert (await server.get("/healthz")).headers["strict-transport-security"].startswith("max-age=")
