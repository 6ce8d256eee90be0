"""`check` says what a wallet will refuse, drop, crop or cut before any pass is made."""

from __future__ import annotations

from typing import Any

import pytest

from walletpass import Finding, PassModel, Severity, check, sample_values

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#0b3d2e"/></svg>'
)
P256 = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbbJE0U2WlZQKGDPuhwiC0UnRec"
    "7ReS30hrVULzSFhRn8Kzc+G8rC1LNIV0YvbDf1Z9EIDJ02WgVzuMRwfsQhpQ=="
)


def findings(**changes: Any) -> list[Finding]:
    base = {
        "model": "spring",
        "pass_type": "coupon",
        "function": "active coupon",
        "organization": "Maison Exemple",
        "description": "Ten euros off",
        "wallets": ["apple"],
        "images": {"logo": LOGO},
        "contact": {"email": "help@example.com"},
    }
    return check(PassModel.read({**base, **changes}))


def rules(found: list[Finding], severity: Severity) -> set[str]:
    return {finding.rule for finding in found if finding.severity is severity}


def test_a_plain_good_model_has_neither_errors_nor_warnings() -> None:
    found = findings()
    assert not rules(found, Severity.ERROR)
    assert not rules(found, Severity.WARNING)


def test_the_style_and_the_system_that_shows_it_are_told() -> None:
    assert any(f.rule == "apple-style" and "iOS 6 and later draw the style coupon" in f.says for f in findings())


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"variables": {"amount": "money"}}, "variable-unused"),
        ({"languages": ["en", "fr"], "terms": {"en": "Terms of sale"}}, "translation-missing"),
        ({"colors": {"background": "#ffffff", "foreground": "#dddddd"}}, "contrast-low"),
        ({"contact": None}, "contact-missing"),
        ({"images": {"logo": LOGO, "background": LOGO}}, "apple-dropped"),
        ({"validity": {"start": "2027-01-01", "end": "2028-01-01"}}, "apple-dropped"),
        ({"barcode": {"format": "data-matrix", "message": "x"}}, "apple-dropped"),
        ({"barcode": {"format": "ean13", "message": "4006381333931"}}, "barcode-needs-fallback"),
        ({"grouping": {"id": "x"}}, "apple-dropped"),
        ({"nfc": {"message": "x"}}, "apple-dropped"),
    ],
)
def test_what_is_lost_or_unclear_is_a_warning(changes: dict[str, Any], rule: str) -> None:
    assert rule in rules(findings(**changes), Severity.WARNING)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"images": {}}, "apple-not-built"),
        ({"images": {"logo": b"not a picture"}}, "apple-not-built"),
        ({"barcode": {"format": "ean13", "message": "123", "fallback": [{"format": "qr"}]}}, None),
        ({"nfc": {"message": "x" * 65, "public_key": P256}}, None),
        ({"places": [{"latitude": 1, "longitude": 1}] * 11}, None),
    ],
)
def test_what_iphones_refuse_is_an_error(changes: dict[str, Any], rule: str | None) -> None:
    errors = rules(findings(**changes), Severity.ERROR)
    assert errors
    assert rule is None or rule in errors


def test_more_fields_than_the_face_shows_is_a_warning() -> None:
    crowded = {"primary": [{"key": f"k{n}", "value": "x"} for n in range(3)]}
    found = findings(fields=crowded)
    assert any(f.severity is Severity.WARNING and f.where.startswith("apple/pass.json/coupon") for f in found)


def test_a_poster_ticket_that_will_fall_back_is_told_with_what_it_lacks() -> None:
    found = findings(pass_type="event-ticket", event_ticket={"name": "Concert"}, apple={"poster": True})
    fall_back = next(finding for finding in found if finding.rule == "style-falls-back")
    assert "venueName" in fall_back.says


def test_every_finding_says_where_and_what() -> None:
    for finding in findings(pass_type="event-ticket", apple={"poster": True}, variables={"x": "text"}):
        assert finding.where
        assert finding.says
        assert finding.rule == finding.rule.lower()
        assert set(finding.as_dict()) == {"severity", "rule", "where", "says", "source", "hint"}


def test_errors_come_first() -> None:
    severities = [finding.severity for finding in findings(images={}, contact=None)]
    assert severities == sorted(severities, key=list(Severity).index)


def test_a_sample_fits_the_variables_and_the_barcode() -> None:
    model = PassModel.read(
        {
            "model": "x",
            "pass_type": "generic",
            "function": "card",
            "organization": "X",
            "description": "X",
            "variables": {
                "code": "text",
                "name": {"type": "text", "example": "Léa"},
                "tier": {"type": "text", "default": "Gold"},
                "n": "number",
                "m": "money",
                "t": "date-time",
                "d": "date",
                "u": "url",
                "b": "boolean",
                "p": "image",
            },
            "barcode": {"format": "ean13", "message": "{{ code }}"},
        }
    )
    values = sample_values(model)
    assert (values["code"], values["name"], "tier" in values) == ("4006381333931", "Léa", False)
    assert model.values.check(values, "S")["tier"] == "Gold"
