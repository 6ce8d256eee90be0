"""Keys that walletpass does not model, on both wallets: written in YAML, filled, signed and read back."""

import json
import sys
from pathlib import Path

import walletpass as wp

HERE = Path(__file__).parent
CERTS = HERE.parent / "certs-sample"  # in earnest: your own certificate, key and service account
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out", "15_unknown_keys")
OUT.mkdir(parents=True, exist_ok=True)
VALUES = {"plate": "GX-417-LM", "place": "B-112"}
model = wp.load_model(HERE / "15_unknown_keys.yaml")

credentials = wp.AppleCredentials.from_files(CERTS / "pass.pem", CERTS / "pass.key", intermediates=[CERTS / "wwdr.pem"])
bundle = wp.PassMaker(model, wp.KeySigner(credentials)).make("PARK-112", VALUES)
(OUT / "pass.pkpass").write_bytes(bundle)
for finding in wp.verify(bundle, anchors=[(CERTS / "root.pem").read_bytes()]):
    print(finding)

images = wp.url_prefix("https://images.halle.example/")
google = wp.GoogleCompiler(model, issuer_id="3388000000000000001", image_url=images).compile("PARK-112", VALUES)
payload = {"type": google.type, "class": google.class_, "object": google.object_}
(OUT / "google.json").write_text(json.dumps(payload, ensure_ascii=False, indent=2), "utf-8")

document = wp.inspect(bundle).pass_json
print(
    "Apple: futureKey is",
    document["futureKey"],
    "and the field's tint",
    document["generic"]["primaryFields"][0]["tint"],
)
print(
    "Google: the class has",
    google.class_["securityAnimation"],
    "and the object",
    google.object_["valueAddedModuleData"],
)
print(f"The pass and Google's class and object are in {OUT}.")
