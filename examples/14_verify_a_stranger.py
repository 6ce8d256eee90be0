"""Is this .pkpass one that phones take, and if not, why? Give your own as further arguments, or see three made here."""

import io
import json
import sys
import zipfile
from pathlib import Path

import walletpass as wp

HERE = Path(__file__).parent
CERTS = HERE.parent / "certs-sample"
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out", "14_verify_a_stranger")
OUT.mkdir(parents=True, exist_ok=True)
ROOT = (CERTS / "root.pem").read_bytes()  # of the sample authority; Apple's issuer is known without
credentials = wp.AppleCredentials.from_files(CERTS / "pass.pem", CERTS / "pass.key", intermediates=[CERTS / "wwdr.pem"])
signer = wp.KeySigner(credentials)


def changed(bundle: bytes) -> bytes:
    """The same pass with another number of loans, behind the signer's back."""
    forged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"value":4', b'"value":9') if name == "pass.json" else content)
    return forged.getvalue()


def misread(bundle: bytes) -> bytes:
    """A folder as other tools write them, signed as it is: the date says no time zone, a field key stands twice."""
    folder = OUT / "misread"
    zipfile.ZipFile(io.BytesIO(bundle)).extractall(folder)
    document = json.loads((folder / "pass.json").read_bytes())
    document["expirationDate"] = "2031-01-31 18:00"
    document["generic"]["headerFields"] *= 2
    (folder / "pass.json").write_text(json.dumps(document), "utf-8")
    return wp.sign_folder(folder, signer)


sound = wp.PassMaker(wp.load_model(HERE / "12_generic.yaml"), signer).make(
    "LANTERN-1", {"name": "Rana", "number": "29001004417788", "loans": 4, "ends_on": "2031-01-31"}
)
for name, bundle in {"sound": sound, "changed": changed(sound), "misread": misread(sound)}.items():
    (OUT / f"{name}.pkpass").write_bytes(bundle)
for path in [Path(name) for name in sys.argv[2:]] or sorted(OUT.glob("*.pkpass")):
    findings = wp.verify(path, anchors=[ROOT])
    print(f"{path.name}: {'not sound' if wp.failed(findings) else 'sound'}")
    for finding in findings:
        print(f"  {finding}")
