"""Every bad pass is found for its own reason; nothing is wrong with a good one."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from walletpass.apple.verify import inspect, verify
from walletpass.findings import Finding, Severity

VECTORS = Path(__file__).parent.parent / "vectors"
EXPECTED = YAML(typ="safe").load((VECTORS / "bad" / "expected.yaml").read_text(encoding="utf-8"))
GOOD = sorted(path.stem for path in (VECTORS / "good").glob("*.pkpass"))


def rules(findings: list[Finding], severity: Severity) -> set[str]:
    return {finding.rule for finding in findings if finding.severity is severity}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_bad_pass_is_found_for_its_own_reason_and_no_other(name: str, root: bytes, july: datetime) -> None:
    findings = verify(VECTORS / "bad" / f"{name}.pkpass", anchors=[root], at=july)
    found = [sorted(rules(findings, severity)) for severity in (Severity.ERROR, Severity.WARNING)]
    assert found == [sorted(EXPECTED[name]["errors"]), sorted(EXPECTED[name]["warnings"])]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_finding_says_where_and_what_in_one_line_with_its_source(name: str, root: bytes, july: datetime) -> None:
    for finding in verify(VECTORS / "bad" / f"{name}.pkpass", anchors=[root], at=july):
        assert finding.where, finding.rule
        assert finding.source, finding.rule
        assert finding.hint or finding.severity is Severity.NOTE or finding.where == "archive", finding.rule
        assert str(finding).isprintable()
        assert len(str(finding)) < 600


@pytest.mark.parametrize("name", EXPECTED)
def test_a_bad_pass_can_be_inspected_and_shown_as_json(name: str, root: bytes, july: datetime) -> None:
    inspection = inspect(VECTORS / "bad" / f"{name}.pkpass", anchors=[root], at=july)
    assert json.dumps(inspection.as_dict())


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_wrong_with_a_pass_in_a_form_of_the_field(name: str, root: bytes, july: datetime) -> None:
    findings = verify(VECTORS / "good" / f"{name}.pkpass", anchors=[root], at=july)
    assert [finding for finding in findings if finding.severity is not Severity.NOTE] == []


def test_every_bad_pass_has_an_expectation_and_says_why_it_matters() -> None:
    assert {path.stem for path in (VECTORS / "bad").glob("*.pkpass")} == set(EXPECTED)
    assert all(entry["why"] and (entry["errors"] or entry["warnings"]) for entry in EXPECTED.values())
    assert len(EXPECTED) >= 45


def test_the_vectors_are_what_their_recipes_make() -> None:
    made = subprocess.run(
        [sys.executable, VECTORS / "build.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (made.stdout, made.stderr, made.returncode) == ("", "", 0)
