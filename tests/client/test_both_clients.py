"""Both clients do the same: against a server that is a function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from walletpass.client import ApiConflict, ApiFault, ApiMissing, ApiUnreachable, AsyncClient, Client
from walletpass.client.api import exports, passes
from walletpass.client.api.imports import ImportOut
from walletpass.errors import UsageError

FILE = b"external_id\n" + b"".join(b"K-%d\n" % n for n in range(5))


class Importing:
    """An import of a server that keeps half of each part, loses every second connection, and needs two looks."""

    def __init__(self) -> None:
        self.kept, self.begun, self.parts, self.looks = b"", 0, 0, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.begun += 1
            return self._told()
        if request.method == "PATCH":
            if int(request.headers["upload-offset"]) != len(self.kept):
                return httpx.Response(409, json={"type": "/v1/problems/upload-out-of-step", "detail": "no"})
            self.parts += 1
            self.kept += request.content[: max(1, len(request.content) // 2)]
            if self.parts % 2:
                raise httpx.WriteError("cut")
            return self._told()
        self.looks += 1
        return self._told()

    def _told(self) -> httpx.Response:
        whole = len(self.kept) == len(FILE)
        state = "uploading" if not whole else "importing" if self.looks < 8 else "done"
        about = {"id": 6, "operation_id": 7, "state": state, "bytes": len(FILE), "offset": len(self.kept)}
        counts = {"lines": 5, "line": 5, "added": 5, "known": 0, "faulty": 0, "faults": [], "error": None}
        return httpx.Response(200, json={**about, **counts})


@pytest.fixture(params=["sync", "async"])
def using(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call a method of a client whose server is a function; nobody waits."""

    def sync(server: Callable[[httpx.Request], httpx.Response], method: str, *given: Any, **more: Any) -> Any:
        monkeypatch.setattr("time.sleep", lambda _: None)
        with Client("https://x", "wp_test_x", http=httpx.Client(transport=httpx.MockTransport(server))) as api:
            found = getattr(api, method)(*given, **more)
            return list(found) if method == "every" else found

    async def in_loop(server: Callable[[httpx.Request], httpx.Response], method: str, *given: Any, **more: Any) -> Any:
        http = httpx.AsyncClient(transport=httpx.MockTransport(server))
        async with AsyncClient("https://x", "wp_test_x", http=http) as api:
            found = getattr(api, method)(*given, **more)
            return [each async for each in found] if method == "every" else await found

    def asynchronous(*given: Any, **more: Any) -> Any:
        async def at_once(_: float) -> None: ...

        monkeypatch.setattr("walletpass.client.clients.asyncio.sleep", at_once)
        return asyncio.run(in_loop(*given, **more))

    return sync if request.param == "sync" else asynchronous


def test_an_import_goes_on_where_it_broke_off(using: Callable[..., Any], tmp_path: Path) -> None:
    file, server, seen = tmp_path / "people.csv", Importing(), []
    file.write_bytes(FILE)
    done: ImportOut = using(server, "import_file", 7, file, progress=lambda at: seen.append(at.offset))
    assert (done.state, server.kept, server.begun) == ("done", FILE, 1)
    assert seen == sorted(seen)


def test_an_import_that_gets_nowhere_is_given_up(using: Callable[..., Any], tmp_path: Path) -> None:
    file, server = tmp_path / "people.csv", Importing()
    file.write_bytes(FILE)

    def stuck(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            return httpx.Response(409, json={"type": "/v1/problems/upload-out-of-step", "detail": "no"})
        return server(request)

    with pytest.raises(ApiConflict) as given_up:
        using(stuck, "import_file", 7, file)
    assert given_up.value.kind == "upload-out-of-step"


def test_a_file_is_saved_whole_or_an_error_says_why(using: Callable[..., Any], tmp_path: Path) -> None:
    def cut(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut")

    using(lambda _: httpx.Response(200, content=FILE), "save", exports.export_links(7), tmp_path / "links.csv")
    assert (tmp_path / "links.csv").read_bytes() == FILE
    for server, error in ((lambda _: httpx.Response(404), ApiMissing), (cut, ApiUnreachable)):
        with pytest.raises(error):
            using(server, "save", exports.export_links(7), tmp_path / "none.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["links.csv"]
    assert (tmp_path / "links.csv").stat().st_mode & 0o077 == 0


def test_an_answer_that_breaks_off_leaves_the_file_of_before(using: Callable[..., Any], tmp_path: Path) -> None:
    class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            yield b"half"
            raise httpx.ReadError("cut")

        async def __aiter__(self) -> Any:
            yield b"half"
            raise httpx.ReadError("cut")

    (tmp_path / "links.csv").write_bytes(b"before")
    with pytest.raises(ApiUnreachable):
        using(lambda _: httpx.Response(200, stream=Breaking()), "save", exports.export_links(7), tmp_path / "links.csv")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


def test_pages_are_asked_for_one_after_the_other(using: Callable[..., Any]) -> None:
    asked = []

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        last = "cursor" in request.url.params
        return httpx.Response(200, json={"items": [], "next": None if last else "abc"})

    assert using(server, "every", passes.list_passes(model="used")) == []
    assert asked == [{"model": "used"}, {"model": "used", "cursor": "abc"}]


def test_a_call_is_given_up_after_its_attempts(using: Callable[..., Any]) -> None:
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(502)

    with pytest.raises(ApiFault):
        using(server, "send", passes.read_pass(7))
    assert len(seen) == 6


@pytest.mark.parametrize("url", ["", "passes.example.com", "ftp://x", "http://", "https://x:port"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_address_that_is_none_is_refused_at_once(kind: Any, url: str) -> None:
    with pytest.raises(UsageError, match="without /v1"):
        kind(url, "wp_test_x")


@pytest.mark.parametrize("key", ["", "wp_", "secret", "wp_test_secret\n", "wp_test_é"])
def test_a_key_that_is_none_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(UsageError, match="without a space") as refused:
        Client("https://x", key)
    assert "secret" not in str(refused.value)
