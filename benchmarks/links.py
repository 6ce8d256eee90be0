"""
How near save links come to their limit, the raw RSA-2048 signature: `python benchmarks/links.py`.

Links of compiled passes, skinny and fat; and the whole way from variables to a skinny link, for a card of eight fields
in two languages. Goal: 0.85 of the raw rate for a link. Exit code 1 under the gate of 0.70.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from datetime import UTC, datetime

from _rate import interleaved, per_cpu_second, table
from _sample import model, serial, values
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.google import GoogleCompiler, GooglePass, ServiceAccount, save_link
from walletpass.model import PassModel
from walletpass.pictures import url_prefix
from walletpass.testing import sample_service_account

GATE = 0.70
ISSUER = "3388000000000000001"


def short_pass() -> GooglePass:
    """A pass that fits into a fat link."""
    design = {"model": "short", "pass_type": "membership", "function": "in use", "organization": "Example"}
    parts = {"description": "Member", "barcode": {"format": "qr", "message": "{{ serial }}"}}
    return GoogleCompiler(PassModel.read(design | parts), issuer_id=ISSUER).compile(serial(1), {})


def main() -> int:
    """Measure, print, and compare with the gate."""
    account = ServiceAccount.load(json.dumps(sample_service_account()).encode(), issuer_id=ISSUER)
    compiler = GoogleCompiler(model(), issuer_id=ISSUER, image_url=url_prefix("https://img.example.com"))
    key, padding, digest, now = account.private_key, PKCS1v15(), SHA256(), datetime.now(UTC)
    rows = [(serial(number), values(number)) for number in range(1000)]
    made = itertools.cycle([compiler.compile(*row) for row in rows])
    given = itertools.cycle(rows)
    fat = short_pass()
    cases = {
        "raw RSA-2048 signature": lambda: key.sign(b"x" * 32, padding, digest),
        "skinny link": lambda: save_link(next(made), account, form="skinny", issued_at=now),
        "fat link": lambda: save_link(fat, account, form="fat", issued_at=now),
        "variables to skinny link": lambda: save_link(
            compiler.compile(*next(given)), account, form="skinny", issued_at=now
        ),
        "class and object alone": lambda: compiler.compile(*next(given)),
    }
    raw, skinny, *_ = cases
    rates = interleaved({case: per_cpu_second(call) for case, call in cases.items()})
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(table([
        ("one thread", "per CPU second", "of raw RSA"),
        *((case, f"{rates.rate(case):,.0f}", f"{rates.ratio(case, raw):.3f}") for case in cases),
    ]))  # fmt: skip
    return 0 if rates.ratio(skinny, raw) >= GATE else 1


if __name__ == "__main__":
    sys.exit(main())
