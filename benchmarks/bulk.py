"""
`walletpass build --rows`: memory and speed of a bulk build, passes written to disk included.

Small passes, 20,000 of them; 100,000 with `--big`. The raw signatures it is compared with are counted before and after.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks._child import run
from benchmarks._figure import Figure, tell
from benchmarks._rate import per_cpu_second
from benchmarks._sample import VARIABLES, document, pictures, serial, values
from walletpass.testing import write_sample
from walletpass.testing.authority import make_key

CREDENTIALS = """
apple:
  pass_type_identifier: pass.example.sample
  team_identifier: SAMPLETEAM
  certificate: certs/pass.pem
  key: certs/pass.key
  intermediate: certs/wwdr.pem
"""


def write_job(folder: Path, rows: int) -> None:
    """Everything the command wants: a model with a picture, credentials, a table."""
    for name, data in pictures("small").items():
        (folder / f"{name}.png").write_bytes(data)
    images: dict[str, bytes | str] = {name: f"{name}.png" for name in pictures("small")}
    (folder / "model.json").write_text(json.dumps(document(images)))
    (folder / "credentials.yaml").write_text(CREDENTIALS)
    write_sample(folder / "certs")
    for name, count in (("few", 500), ("rows", rows)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, ["serial", *VARIABLES])
            table.writeheader()
            table.writerows({"serial": serial(number), **values(number)} for number in range(count))


def measure(big: bool) -> Iterator[Figure]:
    """Memory, and passes per CPU second."""
    rows = 100_000 if big else 20_000
    key = make_key("rsa")
    assert isinstance(key, RSAPrivateKey)
    padding, digest = PKCS1v15(), SHA256()
    raw = per_cpu_second(lambda: key.sign(b"x" * 32, padding, digest), 2)
    with tempfile.TemporaryDirectory(prefix="walletpass-bulk-", dir=_disk()) as name:
        folder = Path(name)
        write_job(folder, rows)
        tell(f"  building {rows:,} passes in {folder}")
        build = [sys.executable, "-m", "walletpass", "build", "model.json", "--rows"]
        run([*build, "few.csv", "-o", "few"], folder=folder)  # warm-up
        before = raw()
        cost = run([*build, "rows.csv", "-o", "passes"], folder=folder, watch=True)
        rate = (before + raw()) / 2
        sizes = [path.stat().st_size for path in (folder / "passes").glob("*.pkpass")]
        tell("  removing them")
    assert len(sizes) == rows, cost.output
    what = f"bulk of {rows:,} rows"
    processes = f"largest process {cost.largest / 1e6:.0f} MB resident"
    yield Figure(what=f"{what}, memory", value=cost.memory / 1e6, unit="MB", at_most=250, remark=processes)
    speed = f"{rows / cost.cpu:,.0f} a CPU second, {rows / cost.wall:,.0f} a second by the clock"
    yield Figure(what=what, value=rows / cost.cpu / rate, unit="of raw", at_least=0.5, remark=speed)
    yield Figure(what="size of each", value=max(sizes) / 1000, unit="kB", at_most=20)


def _disk() -> Path | None:
    """A folder on disk, where the usual one may be memory."""
    disk = Path("/var/tmp")  # noqa: S108 - only a parent: the folder itself gets a name of its own
    return disk if disk.is_dir() else None
