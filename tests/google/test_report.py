"""What the report and the findings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from walletpass.errors import MappingRejected
from walletpass.findings import Finding
from walletpass.google import GoogleCompiler, google_findings
from walletpass.model import PassModel
from walletpass.report import LossEntry, LossReport

Make = Callable[..., PassModel]
ISSUER = "3388000000000000001"
BEACON = {"uuid": "12345678-1234-1234-1234-123456789012"}


def _found(model: PassModel) -> dict[tuple[str, str], Finding]:
    return {(finding.rule, finding.where): finding for finding in google_findings(model)}


def test_a_beacon_is_dropped_and_strict_mode_refuses_it(make: Make) -> None:
    model = make(beacons=[BEACON])
    report = GoogleCompiler(model, issuer_id=ISSUER).report
    assert LossEntry("beacons", "google", "dropped", "Google has no beacons") in report.losses
    with pytest.raises(MappingRejected, match="model spring: beacons: Google has no beacons"):
        GoogleCompiler(model, issuer_id=ISSUER, strict=True)


def test_an_entry_reads_as_a_sentence_and_as_data() -> None:
    entry = LossEntry("beacons", "google", "dropped", "Google has no beacons")
    assert str(entry) == "beacons: dropped: Google has no beacons"
    assert entry.as_dict() == {
        "field": "beacons",
        "provider": "google",
        "action": "dropped",
        "reason": "Google has no beacons",
    }


def test_a_report_holds_each_entry_once_and_parts_exact_from_lost() -> None:
    exact, moved = LossEntry("a", "apple", "exact"), LossEntry("b", "apple", "moved", "to the back")
    report = LossReport.of([exact, LossEntry("b", "apple", "exact"), moved, exact])
    assert report.entries == (exact, moved)
    assert report.losses == (moved,)
    assert report.rejected == ()


@pytest.mark.parametrize(
    ("parts", "rule", "where"),
    [
        ({"beacons": [BEACON]}, "google-dropped", "beacons"),
        ({"relevant": [{"at": "2027-01-01T00:00"}]}, "google-dropped", "relevant"),
        ({"nfc": {"message": "x"}}, "google-dropped", "nfc"),
        ({"places": [{"latitude": 1, "longitude": 2, "text": "Hi"}]}, "google-dropped", "places.text"),
        ({"places": [{"latitude": 1, "longitude": 2}] * 11}, "google-dropped", "places"),
        ({"images": {"background": {"url": "https://e.com/b.png"}}}, "google-dropped", "images.background"),
        ({"coupon": {"provider": "A very long provider"}}, "google-text-cut", "coupon.provider"),
        ({"organization": "A very long organization"}, "google-text-cut", "organization"),
        ({"links": [{"url": "https://e.com", "label": "x" * 21}]}, "google-text-cut", "links.0.label"),
        ({"app": {"web_url": "https://e.com", "text": "x" * 31}}, "google-text-cut", "app.text"),
        ({"fields": {"back": [{"key": "a", "value": "x" * 501}]}}, "google-text-cut", "fields.back.0"),
        ({"google": {"class_raw": {"locations": []}}}, "google-unknown-property", "google.class_raw.locations"),
        ({"google": {"type": "generic"}, "coupon": {"title": "x"}}, "google-adapted", "coupon"),
        ({"google": {"type": "flight"}}, "google-rejected", "google.type"),
        ({"images": {"logo": b"hello"}}, "google-picture", "images"),
        (
            {"nfc": {"message": "é", "redemption_issuers": ["1"]}},
            "google-rejected",
            "nfc.message",
        ),
    ],
)
def test_findings_name_rule_and_place(parts: dict[str, Any], rule: str, where: str, make: Make) -> None:
    finding = _found(make(**parts))[rule, where]
    assert finding.says
    assert finding.source


def test_lengths_count_fixed_letters_only(make: Make) -> None:
    model = make(variables={"name": "text"}, coupon={"provider": "By {{ name }}"})
    assert "google-text-cut" not in {rule for rule, _ in _found(model)}


def test_a_model_for_apple_only_has_nothing_to_say(make: Make) -> None:
    assert google_findings(make(wallets=["apple"], beacons=[BEACON])) == []


def test_a_plain_model_has_no_warnings(make: Make) -> None:
    assert google_findings(make()) == []


def test_colours_of_texts_are_dropped_without_a_finding(make: Make) -> None:
    model = make(colors={"background": "#fff", "foreground": "#000"})
    assert google_findings(model) == []
    assert "colors.foreground" in {entry.field for entry in GoogleCompiler(model, issuer_id=ISSUER).report.losses}
