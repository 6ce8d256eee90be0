"""A hostile archive costs little: what is too large is refused before it is unpacked or parsed."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from io import BytesIO

import pytest

from walletpass.apple.verify import LIMITS, Limits, read_archive, verify


def pack(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def rules(data: bytes) -> set[str]:
    return {finding.rule for finding in verify(data)}


def test_a_bomb_is_refused_by_what_it_states_without_unpacking() -> None:
    bomb = pack({"pass.json": b"{}", "logo.png": bytes(LIMITS.file + 1)})
    tracemalloc.start()
    found = rules(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == {"archive-bomb"}
    assert peak < 1_000_000


def test_a_bomb_of_many_files_is_refused_by_their_sum() -> None:
    part = bytes(LIMITS.total // 5)
    assert rules(pack({f"{number}.png": part for number in range(6)})) == {"archive-bomb"}


def test_a_bomb_that_understates_its_size_is_unpacked_no_further_than_it_states() -> None:
    bomb = pack({"logo.png": bytes(10_000_000)})
    lying = bomb.replace((10_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    tracemalloc.start()
    archive = read_archive(lying)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {finding.rule for finding in archive.findings} == {"archive-content-damaged"}
    assert archive.unread == {"logo.png"}
    assert peak < 1_000_000


def test_an_archive_larger_than_the_limit_is_not_read() -> None:
    found = read_archive(bytes(200), Limits(archive=100)).findings
    assert [finding.rule for finding in found] == ["archive-too-large"]


def test_more_files_than_the_limit_are_not_read() -> None:
    data = pack({str(number): b"" for number in range(LIMITS.files + 1)}, zipfile.ZIP_STORED)
    assert rules(data) == {"archive-too-many-files"}


@pytest.mark.parametrize("name", ["pass.json", "manifest.json", "personalization.json"])
def test_json_larger_than_the_limit_is_not_parsed(name: str) -> None:
    data = pack({"pass.json": b"{}", name: json.dumps({"text": "x" * LIMITS.json}).encode()})
    assert "json-too-large" in rules(data)


def test_texts_larger_than_the_limit_are_not_parsed() -> None:
    assert "strings-too-large" in rules(pack({"en.lproj/pass.strings": b" " * (LIMITS.strings + 1)}))


def test_texts_of_many_languages_are_bounded_together() -> None:
    text = b'"a" = "' + b"x" * (LIMITS.strings - 100) + b'";'
    assert "strings-too-large" in rules(pack({f"a{letter}.lproj/pass.strings": text for letter in "abcde"}))


def test_texts_are_bounded_in_number() -> None:
    assert "strings-too-large" in rules(pack({"en.lproj/pass.strings": b'"a";' * (LIMITS.texts + 1)}))


def test_findings_are_bounded_and_errors_come_first() -> None:
    document = {f"unknown{number}": 1 for number in range(5_000)} | {"beacons": [{}] * 400}
    found = verify(pack({"pass.json": json.dumps(document).encode()}))
    assert len(found) == LIMITS.findings + 1
    assert (found[-1].rule, found[0].severity.value) == ("findings-cut", "error")


def test_a_hostile_pass_with_every_part_at_its_limit_stays_within_memory() -> None:
    files = {
        "pass.json": b'{"barcodes":[' + b"{}," * (LIMITS.json // 4) + b"{}]}",
        "manifest.json": json.dumps({str(number): "0" * 40 for number in range(8_000)}).encode(),
        **{f"{number}.png": bytes(LIMITS.total // 5) for number in range(4)},
    }
    data = pack(files)
    tracemalloc.start()
    found = verify(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "manifest-file-missing" in {finding.rule for finding in found}
    assert peak < 150_000_000
