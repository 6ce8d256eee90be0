"""
How near Google's save links come to their limit, the raw RSA-2048 signature.

Links of compiled passes, skinny and fat; and the whole way from variables to a skinny link, for a card of eight fields
in two languages.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks._figure import Figure
from benchmarks._rate import interleaved, per_cpu_second
from benchmarks._sample import model, serial, values
from walletpass.google import GoogleCompiler, GooglePass, ServiceAccount, save_link
from walletpass.model import PassModel
from walletpass.pictures import url_prefix
from walletpass.testing import sample_service_account

ISSUER = "3388000000000000001"
RAW = "raw RSA-2048 signature"


def short_pass() -> GooglePass:
    """A pass that fits into a fat link."""
    design = {"model": "short", "pass_type": "membership", "function": "in use", "organization": "Example"}
    parts = {"description": "Member", "barcode": {"format": "qr", "message": "{{ serial }}"}}
    return GoogleCompiler(PassModel.read(design | parts), issuer_id=ISSUER).compile(serial(1), {})


def measure(big: bool) -> Iterator[Figure]:
    """Rates as parts of the raw one."""
    account = ServiceAccount.load(json.dumps(sample_service_account()).encode(), issuer_id=ISSUER)
    compiler = GoogleCompiler(model(), issuer_id=ISSUER, image_url=url_prefix("https://img.example.com"))
    key, padding, digest, now = account.private_key, PKCS1v15(), SHA256(), datetime.now(UTC)
    made = itertools.cycle([compiler.compile(serial(number), values(number)) for number in range(1000)])
    rows = ((serial(number), values(number)) for number in itertools.count())
    fat = short_pass()
    cases = {
        RAW: lambda: key.sign(b"x" * 32, padding, digest),
        "skinny save link": lambda: save_link(next(made), account, form="skinny", issued_at=now),
        "fat save link": lambda: save_link(fat, account, form="fat", issued_at=now),
        "variables in, skinny save link out": lambda: save_link(
            compiler.compile(*next(rows)), account, form="skinny", issued_at=now
        ),
    }
    rates = interleaved({case: per_cpu_second(call) for case, call in cases.items()}, 21 if big else 9)
    goals = {"skinny save link": 0.85, "fat save link": 0.85}
    for case in list(cases)[1:]:
        remark = f"{rates.rate(case):,.0f} a CPU second"
        yield Figure(what=case, value=rates.ratio(case, RAW), unit="of raw", at_least=goals.get(case), remark=remark)
