"""A season ticket as a poster (iOS 18): artwork, contactless entry, the coming concerts (iOS 26)."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import walletpass as wp

HERE = Path(__file__).parent
CERTS = HERE.parent / "certs-sample"  # in earnest: your own certificate, key and service account
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out", "07_poster_event_ticket")
OUT.mkdir(parents=True, exist_ok=True)
SERIAL = "SAISON-1"
VALUES = {"holder": "Amel Rossi", "row": "B", "seat": "14", "number": "SAISON-30-00418"}
model = wp.load_model(HERE / "07_poster_event_ticket.yaml")

credentials = wp.AppleCredentials.from_files(CERTS / "pass.pem", CERTS / "pass.key", intermediates=[CERTS / "wwdr.pem"])
bundle = wp.PassMaker(model, wp.KeySigner(credentials)).make(SERIAL, VALUES)
(OUT / "pass.pkpass").write_bytes(bundle)
for finding in wp.verify(bundle, anchors=[(CERTS / "root.pem").read_bytes()]):
    print(finding)

published: dict[str, bytes] = {}


def publish(name: str, data: bytes) -> str:
    """Google fetches pictures by itself: put them on your web server, and tell their addresses."""
    url = f"https://images.maree.example/{wp.hashed_name(data, name)}"
    published[url] = data
    return url


google = wp.GoogleCompiler(model, issuer_id="3388000000000000001", image_url=publish).compile(SERIAL, VALUES)
account = wp.ServiceAccount.load(CERTS / "google-service-account.json")
link = wp.save_link(google, account, issued_at=datetime.now(UTC))
payload = {"type": google.type, "class": google.class_, "object": google.object_, "link": link.url}
(OUT / "google.json").write_text(json.dumps(payload, ensure_ascii=False, indent=2), "utf-8")

apple = wp.inspect(bundle)
for language in model.languages:
    drawings = {
        "apple-front": wp.draw_apple(apple.pass_json, apple.files, language=language),
        "apple-classic": wp.draw_apple(apple.pass_json, apple.files, language=language, style="classic"),
        "apple-back": wp.draw_apple(apple.pass_json, apple.files, language=language, side="back"),
        "google-front": wp.draw_google(google.class_, google.object_, language=language, images=published.get),
        "google-back": wp.draw_google(
            google.class_, google.object_, language=language, images=published.get, side="back"
        ),
    }
    for name, drawing in drawings.items():  # drawing.png() gives pixels
        (OUT / f"{name}-{language}.svg").write_text(drawing.svg, "utf-8")
print(f"The pass, Google's class, object and link, and the previews are in {OUT}.")
