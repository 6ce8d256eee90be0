"""Each example runs alone, and what it makes is what both wallets take."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import pytest
import resvg_py
import zxingcpp
from PIL import Image

from walletpass import Finding, Inspection, Severity, check, inspect, load_model, verify
from walletpass.testing import google_problems

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ANCHOR = ROOT / "certs-sample/root.pem"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("[0-9][0-9]_*.py"))
TWO_STYLES = ("03_membership", "07_poster_event_ticket", "08_flight")
KINDS = [stem for stem in PROGRAMS if stem < "13"]
MODELS = sorted(path.stem for path in EXAMPLES.glob("[0-9][0-9]_*.yaml"))


def run(stem: str, folder: Path) -> Path:
    """Run a program from a folder of its own; it must end well and say where it wrote."""
    program = [sys.executable, "-W", "error", str(EXAMPLES / f"{stem}.py"), "out"]
    done = subprocess.run(program, cwd=folder, capture_output=True, encoding="utf-8", env={"PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    made = Path("out", stem)
    assert str(made) in done.stdout or stem == "14_verify_a_stranger"
    (folder / "said.txt").write_text(done.stdout, "utf-8")
    return folder / made


def faults(source: Path) -> list[Finding]:
    """Errors and warnings, but for the end of its validity: that comes for every pass one day."""
    findings = verify(source, anchors=[ANCHOR.read_bytes()])
    return [f for f in findings if f.severity is not Severity.NOTE and f.rule != "pass-expired"]


def openssl_accepts(seen: Inspection, folder: Path) -> bool:
    """Whether openssl takes the signature for that of the manifest."""
    for name in ("manifest.json", "signature"):
        (folder / name).write_bytes(seen.files[name])
    command = "openssl cms -verify -binary -purpose any -inform DER -in signature -content manifest.json -out seen"
    done = subprocess.run([*command.split(), "-CAfile", str(ANCHOR)], cwd=folder, capture_output=True)
    return done.returncode == 0 and (folder / "seen").read_bytes() == seen.files["manifest.json"]


def google_faults(payload: dict[str, Any]) -> list[str]:
    """What Google's published interface says against class and object."""
    kind = str(payload["type"])
    name = kind[0].upper() + kind[1:]
    return [
        fault for part in ("class", "object") for fault in google_problems(f"{name}{part.capitalize()}", payload[part])
    ]


def scan(drawing: Path) -> list[bytes]:
    """What a scanner reads from a preview; texts are left out, a code needs no font."""
    svg = drawing.read_text("utf-8")
    pixels = Image.open(BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=2, skip_system_fonts=True))))
    return [code.bytes for code in zxingcpp.read_barcodes(numpy.asarray(pixels.convert("L")))]


@pytest.mark.parametrize("stem", KINDS)
def test_an_example_makes_what_both_wallets_take_and_previews_that_scan(stem, tmp_path):
    made = run(stem, tmp_path)
    languages = load_model(EXAMPLES / f"{stem}.yaml").languages
    views = ["apple-front", "apple-back", "google-front", "google-back", *["apple-classic"] * (stem in TWO_STYLES)]
    drawn = {f"{view}-{language}.svg" for view in views for language in languages}
    assert {path.name for path in made.iterdir()} == {"pass.pkpass", "google.json", *drawn}

    assert faults(made / "pass.pkpass") == []
    seen = inspect(made / "pass.pkpass")
    assert openssl_accepts(seen, tmp_path)

    payload = json.loads((made / "google.json").read_text("utf-8"))
    assert google_faults(payload) == []
    assert payload["link"].startswith("https://pay.google.com/gp/v/save/")

    message = seen.pass_json["barcodes"][0]["message"].encode()
    contactless = "posterEventTicket" in seen.pass_json.get("preferredStyleSchemes", ())
    expected = {
        "apple-front": [] if contactless else [message],
        "apple-classic": [message],
        "google-front": [payload["object"]["barcode"]["value"].encode()],
    }
    for view in expected.keys() & set(views):
        for language in languages:
            assert scan(made / f"{view}-{language}.svg") == expected[view]


def test_a_table_becomes_a_sound_pass_and_a_link_for_each_row(tmp_path):
    made = run("13_bulk", tmp_path)
    rows = (EXAMPLES / "13_bulk.csv").read_text("utf-8").splitlines()[1:]
    links = (made / "links.csv").read_text("utf-8").splitlines()[1:]
    assert len(rows) == 100
    assert [line.partition(",")[0] for line in links] == [row.partition(",")[0] for row in rows]
    assert len({line.partition(",")[2] for line in links}) == 100
    passes = sorted(made.glob("*.pkpass"))
    assert [path.stem for path in passes] == sorted(row.partition(",")[0] for row in rows)
    assert [fault for path in passes[::25] for fault in faults(path)] == []
    first = inspect(made / "BRUME-1001.pkpass")
    assert openssl_accepts(first, tmp_path)
    shown = {field["key"]: field["value"] for fields in first.pass_json["storeCard"].values() for field in fields}
    assert (shown["member"], shown["tier"]) == ("Noé Marchal", "Bronze")


def test_a_stranger_is_called_sound_forged_or_mistaken(tmp_path):
    run("14_verify_a_stranger", tmp_path)
    said = (tmp_path / "said.txt").read_text("utf-8")
    verdicts = dict(re.findall(r"^(\w+)\.pkpass: (.+)$", said, re.MULTILINE))
    assert verdicts == {"changed": "not sound", "misread": "not sound", "sound": "sound"}
    for rule in ("manifest-digest-wrong", "date-invalid", "field-key-repeated"):
        assert f"[{rule}]" in said


def test_keys_that_are_not_modelled_reach_both_wallets_filled(tmp_path):
    made = run("15_unknown_keys", tmp_path)
    assert faults(made / "pass.pkpass") == []
    seen = inspect(made / "pass.pkpass")
    assert openssl_accepts(seen, tmp_path)
    assert seen.pass_json["futureKey"] == {"bays": ["B-112", "visitors"], "charging": True}
    assert seen.pass_json["generic"]["primaryFields"][0]["tint"] == "GX-417-LM"
    payload = json.loads((made / "google.json").read_text("utf-8"))
    assert google_faults(payload) == []
    assert payload["class"]["securityAnimation"] == {"animationType": "FOIL_SHIMMER"}


@pytest.mark.parametrize("stem", MODELS)
def test_a_model_has_no_errors_and_names_each_warning_in_its_head(stem):
    document = EXAMPLES / f"{stem}.yaml"
    head = document.read_text("utf-8").partition("\nmodel:")[0]
    findings = check(load_model(document))
    assert [f for f in findings if f.severity is Severity.ERROR] == []
    warned = {f.where for f in findings if f.severity is Severity.WARNING and f.rule != "pass-expired"}
    said = re.search(r"`walletpass lint` warns that Google has no place for ([^(]+)\(", head.replace("\n# ", " "))
    assert warned == ({name.strip() for name in said[1].split(",")} if said else set())


@pytest.mark.parametrize("stem", MODELS)
def test_a_model_speaks_two_languages_or_more(stem):
    assert len(load_model(EXAMPLES / f"{stem}.yaml").languages) >= 2


def test_the_table_lists_every_program_with_a_model_that_is_there():
    table = re.findall(r"^\| \[(\w+)\.py\]\(\1\.py\) \| \[(\w+)\.yaml\]\(\2\.yaml\) \|", readme(), re.MULTILINE)
    assert [program for program, _ in table] == PROGRAMS
    assert {model for _, model in table} == set(MODELS)


def test_every_link_of_the_readme_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", readme()) if "://" not in link]
    assert [link for link in links if not (EXAMPLES / link).exists()] == []


def readme() -> str:
    return (EXAMPLES / "README.md").read_text("utf-8")
