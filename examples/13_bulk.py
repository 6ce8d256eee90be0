"""A hundred loyalty cards from a table: one maker, shared by threads. `walletpass build --rows` takes all cores."""

import csv
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import walletpass as wp

HERE = Path(__file__).parent
CERTS = HERE.parent / "certs-sample"  # in earnest: your own certificate, key and service account
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out", "13_bulk")
OUT.mkdir(parents=True, exist_ok=True)

model = wp.load_model(HERE / "02_loyalty.yaml")
credentials = wp.AppleCredentials.from_files(CERTS / "pass.pem", CERTS / "pass.key", intermediates=[CERTS / "wwdr.pem"])
maker = wp.PassMaker(model, wp.KeySigner(credentials))  # resizes, hashes and lays out the pictures once
compiler = wp.GoogleCompiler(
    model, issuer_id="3388000000000000001", image_url=wp.url_prefix("https://images.brume.example/")
)
account = wp.ServiceAccount.load(CERTS / "google-service-account.json")


def make(row: dict[str, str]) -> tuple[str, str]:
    """Write the card of one row; an empty cell means the variable's default."""
    serial = row["serial"]
    values = {name: cell for name, cell in row.items() if cell and name != "serial"}
    (OUT / f"{serial}.pkpass").write_bytes(maker.make(serial, values))
    link = wp.save_link(compiler.compile(serial, values), account, form="skinny", issued_at=datetime.now(UTC))
    return serial, link.url


with (HERE / "13_bulk.csv").open(encoding="utf-8", newline="") as table, ThreadPoolExecutor() as threads:
    links = list(threads.map(make, csv.DictReader(table)))
with (OUT / "links.csv").open("w", encoding="utf-8", newline="") as table:
    csv.writer(table).writerows([("serial", "link"), *links])
print(f"{len(links)} passes and links.csv are in {OUT}.")
