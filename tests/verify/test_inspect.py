"""What `inspect` shows, also of a pass that is broken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from walletpass.apple.verify import inspect, read_archive


def test_a_sound_pass_shows_files_styles_languages_and_who_signed(vectors: Path, root: bytes, july: datetime) -> None:
    seen = inspect(vectors / "good" / "strings-utf16.pkpass", anchors=[root], at=july)
    assert [entry.name for entry in seen.entries][:2] == ["pass.json", "icon.png"]
    assert seen.entries[0].size == len(seen.files["pass.json"])
    assert (seen.styles, seen.languages) == (("coupon",), ("de", "en", "fr"))
    assert seen.pass_json["serialNumber"] == "V-1"
    assert seen.signer is not None
    assert (seen.signer.user_id, seen.signer.unit) == ("pass.example.vectors", "VECTORTEAM")
    assert (seen.signer.key, seen.digest) == ("RSA 2048", "sha256")
    assert seen.signed_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert [facts.name for facts in seen.chain][2:] == ["walletpass Sample Root CA"]
    assert (seen.signature_holds, seen.trusted) == (True, True)


def test_a_pass_with_a_trailing_comma_still_shows_its_content(vectors: Path) -> None:
    seen = inspect(vectors / "bad" / "json-trailing-comma.pkpass")
    assert (seen.pass_json["serialNumber"], seen.styles) == ("V-1", ("coupon",))


def test_a_pass_signed_over_other_bytes_still_shows_who_signed(vectors: Path) -> None:
    seen = inspect(vectors / "bad" / "signature-digest-wrong.pkpass")
    assert seen.signer is not None
    assert not seen.signature_holds


def test_bytes_that_are_no_archive_show_nothing_and_say_so() -> None:
    seen = inspect(b"nonsense")
    assert (seen.entries, seen.files, seen.pass_json, seen.signer) == ((), {}, {}, None)
    assert [finding.rule for finding in seen.findings] == ["archive-not-zip"]


def test_a_name_that_is_unsafe_is_listed_but_its_content_is_not_given(vectors: Path) -> None:
    archive = read_archive((vectors / "bad" / "archive-unsafe-climbs.pkpass").read_bytes())
    assert "../../evil.sh" in {entry.name for entry in archive.entries}
    assert "../../evil.sh" not in archive.files


def test_which_system_draws_which_style_is_noted(vectors: Path) -> None:
    findings = inspect(vectors / "good" / "poster-event.pkpass").findings
    says = [finding.says for finding in findings if finding.rule == "style-by-system"]
    assert says == ["iOS 18 and later draw posterEventTicket, earlier ones eventTicket"]


def test_dates_that_only_new_systems_read_are_noted(vectors: Path) -> None:
    findings = inspect(vectors / "bad" / "relevant-date-too-long.pkpass").findings
    assert "relevant-date-new-only" in {finding.rule for finding in findings if finding.severity.value == "note"}
