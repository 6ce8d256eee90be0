"""
Passes by wallet-py3k or by py-pkpass, which share one interface: `python_fork.py LIBRARY FOLDER SECONDS`.

The folder holds `pass/` (pass.json, pictures, languages), pass.pem, pass.key and wwdr.pem. The last pass made is left
there as `made.pkpass`; what it took is printed as JSON.
"""

import importlib
import json
import os
import sys
from io import BytesIO
from pathlib import Path

library, folder, seconds = importlib.import_module(f"{sys.argv[1]}.models"), Path(sys.argv[2]), float(sys.argv[3])
document = json.loads((folder / "pass/pass.json").read_text())
paths = [path for path in (folder / "pass").rglob("*") if path.suffix in (".png", ".strings")]
files = {str(path.relative_to(folder / "pass")): path.read_bytes() for path in paths}


def make(serial: str) -> bytes:
    """One pass, as the libraries' own documentation does it."""
    card = library.StoreCard()
    for area in ("Header", "Primary", "Secondary", "Auxiliary", "Back"):
        for field in document["storeCard"].get(f"{area.lower()}Fields", []):
            getattr(card, f"add{area}Field")(field["key"], field["value"], field["label"])
    made = library.Pass(
        card,
        passTypeIdentifier=document["passTypeIdentifier"],
        organizationName=document["organizationName"],
        teamIdentifier=document["teamIdentifier"],
    )
    made.serialNumber, made.description = serial, document["description"]
    made.barcode = library.Barcode(message=serial, format=library.BarcodeFormat.QR)
    for name, data in files.items():
        made.addFile(name, BytesIO(data))
    credentials = (str(folder / name) for name in ("pass.pem", "pass.key", "wwdr.pem"))
    return bytes(made.create(*credentials, "").getvalue())


def cpu() -> float:
    """Seconds of CPU, of ended children too."""
    return sum(os.times()[:4])


make("warm-up")
passes, start = 0, cpu()
while cpu() - start < seconds:
    data = make(f"P-{passes}")
    passes += 1
spent = cpu() - start
(folder / "made.pkpass").write_bytes(data)
print(json.dumps({"passes": passes, "cpu": spent}))
