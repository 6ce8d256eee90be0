"""
How near signing comes to its limit, the raw RSA-2048 signature: `python benchmarks/sign.py`.

One design with 12 shared files of 400 kB, a ready `pass.json` for each pass. Goals: 0.80 of the raw rate in one
thread, two threads 1.7 times one, two processes 1.9 times one. Exit code 1 under the gate of 0.60; how it scales is
shown, not gated, for that needs two idle cores.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from multiprocessing import get_context

from _rate import interleaved, per_cpu_second, per_second, repeat, table
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.apple import KeySigner, prepare
from walletpass.testing import Authority

GATE = 0.60
SIZES = {"icon": 4, "logo": 10, "strip": 60}  # 900 bytes each at 1x, twice and three times as much at 2x and 3x


def shared_files() -> dict[str, bytes]:
    """Nine pictures (their bytes are noise: nothing here decodes them) and three files of text, 400 kB together."""
    noise = random.Random(7)
    pictures = {
        f"{name}{suffix}.png": noise.randbytes(kilobytes * scale * 900)
        for name, kilobytes in SIZES.items()
        for scale, suffix in ((1, ""), (2, "@2x"), (3, "@3x"))
    }
    return pictures | {f"{language}.lproj/pass.strings": noise.randbytes(700) for language in ("de", "en", "fr")}


def pass_json(serial: int) -> bytes:
    """A store card of about 1.3 kB."""
    fields = [{"key": f"field-{n}", "label": f"label {n}", "value": f"value {n} of {serial}"} for n in range(12)]
    return json.dumps(
        {
            "formatVersion": 1,
            "passTypeIdentifier": "pass.example.test",
            "teamIdentifier": "TESTTEAM",
            "serialNumber": f"C-{serial}",
            "organizationName": "Example",
            "description": "Card",
            "barcodes": [{"format": "PKBarcodeFormatQR", "message": f"C-{serial}", "messageEncoding": "iso-8859-1"}],
            "storeCard": {"primaryFields": fields[:1], "secondaryFields": fields[1:4], "backFields": fields[4:]},
        }
    ).encode()


@cache
def calls() -> dict[str, Callable[[], object]]:
    """What is measured; made once in each process, since keys cannot be sent from one to another."""
    issued = Authority.create(key="ec").issue_pass_certificate()
    signer, key, at = KeySigner(issued.credentials()), issued.key, datetime.now(UTC)
    assert isinstance(key, RSAPrivateKey)
    prepared = prepare(shared_files())
    documents = itertools.cycle([pass_json(serial) for serial in range(1000)])
    padding, digest = PKCS1v15(), SHA256()
    return {
        "raw RSA-2048 signature": lambda: key.sign(b"x" * 32, padding, digest),
        "pass, as parts": lambda: prepared.parts({"pass.json": next(documents)}, signer, at),
        "pass, as bytes": lambda: prepared.build({"pass.json": next(documents)}, signer, at),
    }


def run(case: str, seconds: float) -> int:
    """One case in this process or thread."""
    return repeat(calls()[case], seconds)


def main() -> int:
    """Measure, print, and compare with the gate."""
    raw, _, built = calls()
    shared = sum(map(len, shared_files().values()))
    print(f"shared files {shared / 1000:.0f} kB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    one = interleaved({case: per_cpu_second(call) for case, call in calls().items()})
    rows = [
        ("one thread", "per CPU second", "of raw RSA"),
        *((case, f"{one.rate(case):,.0f}", f"{one.ratio(case, raw):.3f}") for case in calls()),
    ]
    print(table(rows), "\n")

    with (
        ThreadPoolExecutor(2) as threads,
        ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=calls) as processes,
    ):
        several = {
            f"{kind}: {case}": per_second(executor, workers, partial(run, case))
            for case in (raw, built)
            for kind, executor, workers in (
                ("1 thread", threads, 1),
                ("2 threads", threads, 2),
                ("2 processes", processes, 2),
            )
        }
        many = interleaved(several)
    rows = [("by the wall clock", "per second", "median of 1 thread", "best")]
    for case in (raw, built):
        for kind in ("1 thread", "2 threads", "2 processes"):
            name, base = f"{kind}: {case}", f"1 thread: {case}"
            rows.append(
                (name, f"{many.rate(name):,.0f}", f"{many.ratio(name, base):.2f}", f"{many.best_ratio(name, base):.2f}")
            )
    print(table(rows))
    return 0 if one.ratio(built, raw) >= GATE else 1


if __name__ == "__main__":
    sys.exit(main())
