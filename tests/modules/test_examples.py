"""The two examples of modules, beside a server that tells them of events in process."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx


def test_a_link_goes_out_by_text_or_mail_and_a_text_that_comes_back_moves_the_pass(beside: Any, wait: Any) -> None:
    outbox, inbox = beside.folder / "messages/outbox", beside.folder / "messages/inbox"
    beside.run("messaging", "open")
    for person in ("K-1", "K-2", "K-3"):  # nobody knows where the third is reached
        beside.run("messaging", "issue", person)

    text = json.loads(wait(lambda: next(outbox.glob("*.json"), None)).read_text("utf-8"))
    assert text["to"] == "+33639980001"
    link = text["text"].removeprefix("Votre carte de la tombola : ")
    assert httpx.get(f"{link}", follow_redirects=True).status_code == 200
    mail = message_from_bytes(wait(lambda: next(outbox.glob("*.eml"), None)).read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("lou@example.com", "Your card")

    assert wait(lambda: _contacts(beside, "K-1")) == 1
    for name, words in (("1", "what is this"), ("2", " play please"), ("3", "PLAY")):
        inbound = {"channel": "sms", "sender": "+33 6 39 98 00 01", "to": "38000", "text": words, "at": _now()}
        (inbox / f"{name}.json").write_text(json.dumps({"inbound": inbound}))
    (inbox / "4.json").write_text("nonsense")
    beside.run("messaging", "receive")
    assert beside.model_of("K-1") == "playing"
    assert beside.model_of("K-2") == "invited"
    assert {file.name for file in (beside.folder / "messages/done").iterdir()} == {"1.json", "2.json", "3.json"}
    assert {file.name for file in (beside.folder / "messages/unread").iterdir()} == {"4.json"}
    assert len(list(outbox.iterdir())) == 2
    assert not any(secret in beside.log() for secret in ("3998", "lou@", link.rpartition("/")[2]))


def test_a_card_mirrors_its_line_and_a_loss_reaches_the_carrier_once(beside: Any, wait: Any) -> None:
    carrier = beside.folder / "carrier"
    beside.run("telephony", "open")
    beside.run("telephony", "issue", "L-7")

    def carrier_tells(name: str, **event: object) -> None:
        (carrier / "events").mkdir(parents=True, exist_ok=True)
        (carrier / f"events/{name}.json").write_text(json.dumps({"line": "L-7", "at": _now(), **event}))
        assert beside.run("telephony", "mirror") == "1 cards concerned\n"

    carrier_tells("1", type="line.suspended", data={"reason": "unpaid"})
    assert beside.model_of("L-7") == "suspended"
    carrier_tells("2", type="line.reactivated")
    assert beside.model_of("L-7") == "active"

    beside.run("telephony", "lost", "L-7")
    assert beside.model_of("L-7") == "suspended"
    command = json.loads(wait(lambda: next(carrier.glob("commands/*.json"), None)).read_text("utf-8"))
    assert (command["kind"], command["line"]) == ("suspend", "L-7")
    carrier_tells("3", type="line.suspended", cause=command["cause"])  # what the card knows already
    carrier_tells("4", type="line.reactivated", cause=command["cause"])
    carrier_tells("5", type="line.suspended")
    assert beside.model_of("L-7") == "suspended"
    assert len(list(carrier.glob("commands/*.json"))) == 1


def _contacts(beside: Any, person: str) -> int:
    headers = {"authorization": f"Bearer {beside.shown['api_key']}"}
    with httpx.Client(base_url=beside.shown["base_url"], headers=headers) as http:
        (found,) = http.get("/v1/passes", params={"external_id": person}).json()["items"]
        return int(http.get(f"/v1/passes/{found['id']}/contacts").json()["msisdn"])


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()
