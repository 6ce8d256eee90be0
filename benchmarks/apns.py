"""
Pushes a second, none lost under any fault; and what the engine costs: from a Trigger to the last phone pushed.

The server is a program in node, since one in Python takes as much of the machine as the client. The bare sender loop
pushes the same tokens over the same client, without any database.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from benchmarks._apns_server import NodeApns, node_apns
from benchmarks._figure import Figure, tell
from benchmarks.firing import DUE, fill
from walletpass.errors import ApnsUnreachable
from walletpass.testing.apns import Fault
from walletpass.testing.authority import Authority
from walletpass.testing.postgres import postgres_server
from walletpass_server.bootstrap import collect_rarely
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop
from walletpass_server.wallets.apple.apns.client import Push, expires_at
from walletpass_server.wallets.apple.apns.hardened import Pool
from walletpass_server.wallets.apple.apns.identity import Identity
from walletpass_server.wallets.apple.apns.sender import ApnsSender

TOPIC = "pass.example"
AT_ONCE = 300
FAULTS = tuple(fault for fault in Fault if fault is not Fault.NONE)

_TOKENS = {  # as long as Apple's: 32 bytes in hexadecimal
    "sqlite": "UPDATE device SET push_token = printf('%064x', id)",
    "postgresql": "UPDATE device SET push_token = lpad(to_hex(id), 64, '0')",
}


async def push_all(pool: Pool, tokens: Sequence[str]) -> list[str]:
    """The bare sender loop; gives the tokens that had no answer, or were told to come again."""
    queue, left = iter(tokens), []

    async def one() -> None:
        for token in queue:
            try:
                answer = await pool.push(Push(token=token, topic=TOPIC, expires_at=expires_at(7)))
            except ApnsUnreachable:
                left.append(token)
                await asyncio.sleep(0.1)
                continue
            if answer.status >= 500:
                left.append(token)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return left


def tokens_of(count: int) -> list[str]:
    """That many, each another."""
    return [f"{number:064x}" for number in range(count)]


async def bare(node: NodeApns, count: int) -> tuple[float, float]:
    """Seconds by the clock, and of this process."""
    pool = Pool("127.0.0.1", node.port, Identity(node.context()))
    await push_all(pool, tokens_of(1))
    wall, cpu = time.perf_counter(), time.process_time()
    left = await push_all(pool, tokens_of(count))
    spent = time.perf_counter() - wall, time.process_time() - cpu
    pool.close()
    assert not left, "the server is well"
    return spent


async def faulty(node: NodeApns, fault: Fault, count: int) -> tuple[int, float]:
    """Push under a fault, what is left again without it, as the outbox does; the pushes lost, and the seconds."""
    node.ask(fault)
    node.ask("forget")
    pool = Pool("127.0.0.1", node.port, Identity(node.context()))
    start = time.perf_counter()
    left = await push_all(pool, tokens_of(count))
    answered = count - len(left)
    node.ask("none")
    while left:
        left = await push_all(pool, left)
    spent = time.perf_counter() - start
    pool.close()
    arrived = int(node.ask("report")["tokens"])
    return (0 if fault is Fault.ALL_GONE and answered == count else count - arrived), spent


async def campaign(url: str, node: NodeApns, passes: int) -> float:
    """Seconds from the instant of an `at` Trigger until the last of its phones is pushed, by one worker."""
    database = await Database.open(url)
    shop = await open_shop(database)
    await fill(shop, passes, DUE)
    await _equip(shop)
    settings = Settings(apns_url=f"https://127.0.0.1:{node.port}", apns_ca=node.ca)
    sender = ApnsSender(settings, database, shop.keyring)
    worker = Worker(database=database, senders={"apns": sender}, clock=lambda: DUE)
    node.ask("forget")
    start = time.perf_counter()
    working = asyncio.create_task(worker.run())
    while (await asyncio.to_thread(node.ask, "report"))["tokens"] < passes:
        await asyncio.sleep(0.05)
    spent = time.perf_counter() - start
    worker.stop()
    await working
    await sender.close()
    async with database.reading(shop.client_id) as unit:
        waiting = (
            await unit.connection.execute(text("SELECT count(*) FROM outbox WHERE channel = 'apns'"))
        ).scalar_one()
    await database.close()
    assert (node.ask("report")["tokens"], waiting) == (passes, 0), "each phone was pushed, and no letter is left"
    return spent


async def _equip(shop: Shop) -> None:
    """A credential, and a push token for each device."""
    issued = Authority.create(key="ec").issue_pass_certificate(TOPIC, "TEAM", key="ec")
    parts = {"certificate": issued.certificate_pem, "key": issued.key_pem(), "intermediate": issued.intermediate_pem}
    new = NewCredential(
        wallet="apple",
        name="main",
        secret={name: b64encode(content).decode() for name, content in parts.items()},
        public=issued.certificate_pem,
        pass_type_identifier=TOPIC,
        team_identifier="TEAM",
    )

    async def work(unit: Unit) -> None:
        await save_credential(unit, shop.keyring, new, DUE)
        await unit.connection.execute(text(_TOKENS[unit.connection.dialect.name]))

    await shop.database.run(shop.client_id, work, long=True)


def _compared(engine: str, url: str, node: NodeApns, passes: int) -> Figure:
    """A campaign between two bare loops of as many pushes."""
    before, _ = asyncio.run(bare(node, passes))
    spent = asyncio.run(campaign(url, node, passes))
    after, _ = asyncio.run(bare(node, passes))
    tell(f"  {engine}: bare {before:.1f} s, Trigger to last push {spent:.1f} s, bare {after:.1f} s")
    return Figure(
        what=f"Trigger to {passes:,} phones pushed, {engine}: speed to the bare sender loop",
        value=(before + after) / 2 / spent,
        at_least=0.8,
        remark=f"{passes / spent:,.0f} phones/s, bare {2 * passes / (before + after):,.0f}",
    )


def measure(big: bool) -> Iterator[Figure]:
    """The client, the faults, the engine."""
    collect_rarely()  # as each process of the server does
    with node_apns() as node, tempfile.TemporaryDirectory() as folder, suppress(BrokenPipeError):
        spells = [asyncio.run(bare(node, 10_000)) for _ in range(3)]
        wall, cpu = (min(each) for each in zip(*spells, strict=True))
        remark = f"by CPU time; {10_000 / wall:,.0f} by the clock, beside the server"
        yield Figure(what="pushes a second, one process", value=10_000 / cpu, at_least=4000, remark=remark)
        for fault in FAULTS:
            lost, spent = asyncio.run(faulty(node, fault, 3000))
            what = f"pushes lost of 3,000 under {fault}, sent again after it"
            yield Figure(what=what, value=lost, at_most=0, remark=f"{spent:.1f} s")
        passes = 100_000 if big else 10_000
        yield _compared("SQLite", f"sqlite:///{Path(folder, 'apns.db')}", node, passes)
        with postgres_server(durable=True) as server:
            yield _compared("PostgreSQL", asyncio.run(server.create("apns")), node, passes)
