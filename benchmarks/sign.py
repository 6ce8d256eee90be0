"""
How near signing comes to its limit, the raw RSA-2048 signature.

Passes with 400 kB of pictures: from a ready `pass.json`, and through the public call that takes variables, checks
them and gives bytes. The same in two threads and two processes, where two idle cores are needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from multiprocessing import get_context

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks._figure import Figure, tell
from benchmarks._rate import interleaved, per_cpu_second, per_second, repeat
from benchmarks._sample import model, serial, values
from walletpass import PassMaker
from walletpass.apple import KeySigner, prepare
from walletpass.apple.compile import AppleCompiler
from walletpass.testing import Authority

ROWS = 20_000
"""More than the texts of amounts that are remembered: each amount is as good as new."""

RAW = "raw RSA-2048 signature"
READY = "from ready pass.json"
MADE = "variables in, bytes out"
SPOKEN = "the same, each pass with translations of its own"


@cache
def calls() -> dict[str, Callable[[], object]]:
    """What is measured; made once in each process, since keys cannot be sent from one to another."""
    issued = Authority.create(key="ec").issue_pass_certificate()
    signer, key, at = KeySigner(issued.credentials()), issued.key, datetime.now(UTC)
    assert isinstance(key, RSAPrivateKey)
    maker, spoken = PassMaker(model(), signer), PassMaker(model(spoken=True), signer)
    prepared, documents = prepare(maker.compiler.shared_files), itertools.cycle(_documents(maker, 1000))
    rows = itertools.cycle([(serial(number), values(number)) for number in range(ROWS)])
    padding, digest = PKCS1v15(), SHA256()
    return {
        RAW: lambda: key.sign(b"x" * 32, padding, digest),
        READY: lambda: prepared.build({"pass.json": next(documents)}, signer, at),
        MADE: lambda: maker.make(*next(rows)),
        SPOKEN: lambda: spoken.make(*next(rows)),
    }


def _documents(maker: PassMaker, count: int) -> list[bytes]:
    def document(number: int) -> bytes:
        files = maker.compiler.own_files(
            serial(number), values(number), pass_type_identifier="pass.example.test", team_identifier="TESTTEAM"
        )
        return files["pass.json"]

    return [document(number) for number in range(count)]


def run(case: str, seconds: float) -> int:
    """One case in this process or thread."""
    return repeat(calls()[case], seconds)


def measure(big: bool) -> Iterator[Figure]:
    """Rates as parts of the raw one; two threads and two processes as multiples of one thread."""
    rounds = 21 if big else 9
    pictures = sum(map(len, AppleCompiler(model()).shared_files.values()))
    one = interleaved({case: per_cpu_second(call) for case, call in calls().items()}, rounds)
    yield Figure(what=RAW, value=one.rate(RAW), unit="a CPU second")
    for case, goal in ((READY, 0.80), (MADE, 0.75), (SPOKEN, None)):
        remark = f"{one.rate(case):,.0f} a CPU second, {pictures / 1000:,.0f} kB of pictures"
        yield Figure(what=f"pass, {case}", value=one.ratio(case, RAW), unit="of raw", at_least=goal, remark=remark)
    tell("  two threads, two processes")
    yield from _together(rounds)


def _together(rounds: int) -> Iterator[Figure]:
    kinds = {"1 thread": 1, "2 threads": 2, "2 processes": 2}
    with (
        ThreadPoolExecutor(2) as threads,
        ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=calls) as processes,
    ):
        cases = {
            f"{case}, {kind}": per_second(processes if "processes" in kind else threads, workers, partial(run, case))
            for case in (RAW, MADE)
            for kind, workers in kinds.items()
        }
        found = interleaved(cases, rounds)
    for kind, goal in (("2 threads", 1.7), ("2 processes", 1.9)):
        value, raw = (found.best_ratio(f"{case}, {kind}", f"{case}, 1 thread") for case in (MADE, RAW))
        remark = f"by the wall clock; raw signatures gain {raw:.2f}"
        yield Figure(what=f"pass, {MADE}, {kind}", value=value, unit="of 1 thread", at_least=goal, remark=remark)
