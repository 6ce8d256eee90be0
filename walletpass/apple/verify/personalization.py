"""personalization.json: the form of a reward card, which Wallet shows only when everything it needs is there."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from walletpass.apple.verify.schema import check_object
from walletpass.apple.verify.strict_json import parse_object
from walletpass.findings import Finding, warning
from walletpass.templates.apple import GUIDE

PERSONALIZATION = "personalization.json"


def check_personalization(files: Mapping[str, bytes], document: dict[str, Any], pictures: Set[str]) -> list[Finding]:
    """Findings for the form, if there is one. `pictures` has the stems of the pictures there are."""
    data = files.get(PERSONALIZATION)
    if data is None:
        return []
    form, findings = parse_object(data, PERSONALIZATION)
    if form or not findings:
        findings += check_object(form, "Personalization", PERSONALIZATION)
    missing = [
        *(["nfc in pass.json"] if "nfc" not in document else []),
        *(["personalizationLogo"] if "personalizationLogo" not in pictures else []),
    ]
    if missing:
        says = f"Wallet ignores the form: {' and '.join(missing)} missing"
        findings.append(warning("personalization-ignored", PERSONALIZATION, says, GUIDE, "Add what is missing."))
    return findings
