"""
Landing pages, and links opened to pass bytes, against a no-op route of the same server.

The server runs as `walletpass serve` does, with jobs left out; visitors are connections of this process, in turns with
the no-op route. A link is opened once by each visitor: its pass is issued, signed and handed over.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks._figure import Figure
from benchmarks._phones import Answers, ask_all, get
from benchmarks.webservice import KEY, LINES, ROUNDS, SECONDS, serving
from walletpass.testing.postgres import postgres_server
from walletpass_server.bootstrap import platform, prepare
from walletpass_server.demo.credentials import write_credentials
from walletpass_server.demo.stage import Stage, set_stage
from walletpass_server.engine.tokens import NewToken, mint
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings

PACE = 50
"""Links opened a second."""
OPENED = 10.0
"""Seconds of it."""
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


async def prepared(url: str, folder: Path) -> tuple[Stage, list[str]]:
    """A campaign in force, and tokens that nobody opened yet."""
    settings = Settings(data_folder=folder, database_url=url, secret_keys=KEY, public_url="https://passes.example")
    await prepare(settings)
    write_credentials(folder)
    async with platform(settings, senders={}) as on:
        stage = await set_stage(on, folder, "http://127.0.0.1:9/token", datetime.now(UTC))
        new = [NewToken({"name": f"Visitor {n}"}, external_id=f"v-{n}") for n in range(int(PACE * OPENED) + 100)]

        async def work(unit: Unit) -> list[str]:
            return list(await mint(unit, on.keyring, stage.live, new, datetime.now(UTC)))

        return stage, await on.database.run(stage.client_id, work)


async def figures(url: str, folder: Path) -> list[Figure]:
    """The lines of one database."""
    engine = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    stage, tokens = await prepared(url, folder)
    path = stage.people[0].link.removeprefix("https://passes.example")
    cases = {
        "no-op": [get("/healthz")],
        "landing page of an operation": [get(f"/o/{stage.live.row.link}", User_Agent=IPHONE)],
        "landing page of a token": [get(path, User_Agent=IPHONE)],
    }
    found = []
    async with serving(url, str(folder)) as server:
        rounds: dict[str, list[Answers]] = {name: [] for name in cases}
        for _ in range(ROUNDS + 1):
            for name, requests in cases.items():
                rounds[name].append(await ask_all(server.port, requests, lines=LINES, seconds=SECONDS))
        for name in list(cases)[1:]:
            kept = list(zip(rounds[name], rounds["no-op"], strict=True))[1:]
            remark = f"{median(one.rate for one, _ in kept):,.0f}/s; no-op {median(b.rate for _, b in kept):,.0f}/s"
            assert all(set(one.statuses) == {200} for one, _ in kept), rounds[name]
            ratio = median(one.rate / base.rate for one, base in kept)
            found.append(Figure(what=f"{engine}: {name}", value=ratio, unit="of no-op", at_least=0.1, remark=remark))
        found.append(await _opening(server.port, tokens, engine))
    return found


async def _opening(port: int, tokens: Sequence[str], engine: str) -> Figure:
    """From the click to the last byte, each link for the first time."""
    requests = [get(f"/p/{token}.pkpass", User_Agent=IPHONE) for token in tokens]
    await ask_all(port, requests[:50], lines=1, seconds=60, most=50)  # compiled Models, open connections
    opened = await ask_all(port, requests[50:], lines=LINES, seconds=OPENED, pace=PACE)
    assert set(opened.statuses) == {200}, opened.statuses
    what = f"{engine}: link opened to pass bytes at {PACE}/s, p99"
    remark = f"p50 {opened.at(0.5) * 1e3:.1f} ms; {len(opened.seconds)} opened"
    return Figure(what=what, value=opened.at(0.99) * 1e3, unit="ms", at_most=150, remark=remark)


def measure(big: bool) -> Iterator[Figure]:  # noqa: ARG001 - as every benchmark; this one has one size
    """Both engines."""
    with tempfile.TemporaryDirectory(prefix="walletpass-doors-") as folder:
        yield from asyncio.run(figures(f"sqlite:///{Path(folder) / 'walletpass.db'}", Path(folder)))
        with postgres_server(durable=True) as server:
            yield from asyncio.run(figures(asyncio.run(server.create("benchmark")), Path(folder)))
