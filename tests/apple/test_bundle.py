"""The archive: what it holds, in which order, the same bytes each time; and what it refuses."""

import io
import json
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from hashlib import sha1 as _sha1

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.apple import KeySigner, bundle_passes, prepare
from walletpass.apple.names import folded
from walletpass.errors import BundleError, CertificateExpired

sha1 = partial(_sha1, usedforsecurity=False)

PICTURES = {"logo.png": b"\x89PNG logo", "icon.png": b"\x89PNG icon", "fr.lproj/logo@2x.png": b"\x89PNG fr"}
OWN = {"pass.json": b'{"formatVersion":1}', "fr.lproj/pass.strings": '"a" = "é";'.encode()}


class Unsigned:
    """Signs nothing: for what a signature has no part in."""

    pass_type_identifier = "pass.example.test"
    team_identifier = "TESTTEAM"

    def sign(self, manifest: bytes, at: object) -> bytes:
        return b"signature of " + sha1(manifest).digest()


def read(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {info.filename: opened.read(info) for info in opened.infolist()}


def test_a_pass_holds_its_files_a_manifest_and_a_signature(signer, at):
    held = read(prepare(PICTURES).build(OWN, signer, at))
    manifest = held.pop("manifest.json")
    assert held.pop("signature") == signer.sign(manifest, at)
    assert held == PICTURES | OWN


def test_shared_files_come_first_each_part_sorted(at):
    held = read(prepare(PICTURES).build(OWN, Unsigned(), at))
    assert list(held) == [
        *("fr.lproj/logo@2x.png", "icon.png", "logo.png"),
        *("fr.lproj/pass.strings", "pass.json"),
        *("manifest.json", "signature"),
    ]


def test_the_manifest_is_compact_sorted_sha1_without_line_break():
    manifest = prepare(PICTURES).manifest(OWN)
    expected = {name: sha1(content).hexdigest() for name, content in (PICTURES | OWN).items()}
    assert manifest == json.dumps(expected, sort_keys=True, separators=(",", ":")).encode()


def test_the_manifest_does_not_tell_what_was_shared():
    assert (
        prepare({}).manifest(PICTURES | OWN) == prepare(PICTURES | OWN).manifest({}) == prepare(PICTURES).manifest(OWN)
    )


def test_the_same_files_and_second_give_the_same_bytes(signer, at):
    """With EC keys too, where OpenSSL signs as RFC 6979: the one in cryptography's wheels does."""
    first = prepare(PICTURES).build(OWN, signer, at)
    again = prepare(dict(reversed(PICTURES.items()))).build(dict(reversed(OWN.items())), signer, at)
    assert first == again


def test_another_second_changes_the_signature_only(issued, at):
    signer, prepared = KeySigner(issued.credentials()), prepare(PICTURES)
    first, second = (read(prepared.build(OWN, signer, at + timedelta(seconds=n))) for n in (0, 1))
    assert {name for name in first if first[name] != second[name]} == {"signature"}


def test_parts_are_the_shared_block_itself_and_the_rest(at):
    prepared = prepare(PICTURES)
    shared, rest = prepared.parts(OWN, Unsigned(), at)
    assert shared is prepared.shared
    assert shared + rest == prepared.build(OWN, Unsigned(), at)


def test_members_carry_no_trace_of_time_or_machine(at):
    with zipfile.ZipFile(io.BytesIO(prepare(PICTURES).build(OWN, Unsigned(), at))) as opened:
        traits = {
            (one.date_time, one.external_attr, one.compress_type, one.extra, one.comment) for one in opened.infolist()
        }
    assert traits == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, zipfile.ZIP_STORED, b"", b"")}


def test_unzip_accepts_it(tmp_path, signer, at):
    path = tmp_path / "a.pkpass"
    path.write_bytes(prepare(PICTURES | {"été/ß.txt": b""}).build(OWN, signer, at))
    said = subprocess.run(["unzip", "-t", path], capture_output=True)
    assert said.returncode == 0, said.stdout


def test_threads_may_share_a_prepared_bundle(ec_signer, at):
    prepared = prepare(PICTURES)
    own = [{"pass.json": f'{{"serialNumber":"{n}"}}'.encode()} for n in range(50)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda files: prepared.build(files, ec_signer, at), own))
    assert together == [prepared.build(files, ec_signer, at) for files in own]


def test_nothing_is_built_when_the_signer_refuses(ec_signer):
    with pytest.raises(CertificateExpired):
        prepare(PICTURES).build(OWN, ec_signer, ec_signer.credentials.not_after + timedelta(days=1))


def test_pass_json_may_be_shared_but_must_be_there(at):
    assert read(prepare(OWN).build({}, Unsigned(), at))["pass.json"] == OWN["pass.json"]
    for files in ({}, {"Pass.json": b"{}"}, {"sub/pass.json": b"{}"}):
        with pytest.raises(BundleError, match=r"has no pass\.json"):
            prepare(PICTURES).build(files, Unsigned(), at)


UNSAFE = {
    "empty": "",
    "absolute": "/icon.png",
    "climbing": "../icon.png",
    "climbing inside": "fr.lproj/../icon.png",
    "dot part": "./icon.png",
    "empty part": "fr.lproj//icon.png",
    "folder entry": "fr.lproj/",
    "backslash": "fr.lproj\\icon.png",
    "drive": "C:icon.png",
    "stream": "icon.png:hidden",
    "control character": "icon\n.png",
    "NUL": "icon.png\x00.exe",
    "C1 control": "icon\x85.png",
    "lone surrogate": "icon\udcff.png",
    "too long": "é" * 128,
    "manifest": "manifest.json",
    "manifest in capitals": "Manifest.JSON",
    "signature": "signature",
}


@pytest.mark.parametrize("name", UNSAFE.values(), ids=UNSAFE)
def test_unsafe_names_are_refused_shared_or_not(at, name):
    with pytest.raises(BundleError, match="use a plain relative path"):
        prepare({name: b""})
    with pytest.raises(BundleError, match="use a plain relative path"):
        prepare({}).build({**OWN, name: b""}, Unsigned(), at)


CLASHES = {
    "the same": ("icon.png", "icon.png"),
    "letter case": ("icon.png", "Icon.PNG"),
    "unicode form": ("caf\u00e9.png", "cafe\u0301.png"),
    "case folding": ("stra\u00dfe.png", "STRASSE.png"),
    "file and folder": ("fr.lproj", "fr.lproj/icon.png"),
    "folder and file": ("fr.lproj/icon.png", "FR.lproj"),
    "deep folder": ("a", "a/b/c.png"),
}


@pytest.mark.parametrize(("one", "other"), CLASHES.values(), ids=CLASHES)
def test_names_that_clash_are_refused(at, one, other):
    with pytest.raises(BundleError, match="cannot both be in a pass"):
        prepare({one: b""}).build({**OWN, other: b""}, Unsigned(), at)
    if one != other:
        with pytest.raises(BundleError, match="cannot both be in a pass"):
            prepare({one: b"", other: b""})


def test_a_refused_file_leaves_the_prepared_bundle_as_it_was(at):
    prepared = prepare(PICTURES)
    with pytest.raises(BundleError):
        prepared.build({**OWN, "extra.png": b"", "Extra.png": b""}, Unsigned(), at)
    assert prepared.build({**OWN, "extra.png": b""}, Unsigned(), at)


def test_more_files_than_a_plain_archive_counts_are_refused(at):
    full = {f"{n}.txt": b"" for n in range(65_534 - 3)}
    held = prepare(full).build({"pass.json": b"{}"}, Unsigned(), at)
    assert held[-22:-12] == b"PK\x05\x06\x00\x00\x00\x00\xfe\xff"
    with pytest.raises(BundleError, match="65,535 files"):
        prepare(full | {"more.txt": b""}).build({"pass.json": b"{}"}, Unsigned(), at)


def test_more_bytes_than_a_plain_archive_holds_are_refused(monkeypatch, at):
    monkeypatch.setattr("walletpass.apple.zip_layout.LARGEST_ARCHIVE", 10_000)
    with pytest.raises(BundleError, match="10,000 are the most"):
        prepare({"big.png": bytes(10_001)})
    with pytest.raises(BundleError, match="do not fit an archive"):
        prepare({"a.png": bytes(6_000), "b.png": bytes(6_000), "c.png": bytes(6_000)}).build(OWN, Unsigned(), at)


characters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\:")
names = st.lists(st.text(characters, min_size=1, max_size=8), min_size=1, max_size=3).map("/".join)


def fits_together(files: dict[str, bytes]) -> bool:
    try:
        prepare(files)
    except BundleError:
        return False
    return True


file_sets = st.dictionaries(names, st.binary(max_size=200), max_size=8).filter(fits_together)


@settings(max_examples=60, deadline=None)
@given(files=file_sets, cut=st.integers(0, 8))
def test_any_files_come_back_as_they_went_in_and_match_the_manifest(at, files, cut):
    files.pop("pass.json", None)
    shared, own = dict(list(files.items())[:cut]), dict(list(files.items())[cut:]) | {"pass.json": b"{}"}
    held = read(prepare(shared).build(own, Unsigned(), at))
    manifest = held.pop("manifest.json")
    assert held.pop("signature") == Unsigned().sign(manifest, at)
    assert held == shared | own
    assert json.loads(manifest) == {name: sha1(content).hexdigest() for name, content in held.items()}


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=12))
def test_any_name_is_either_refused_or_safe(name):
    try:
        fold = folded(name)
    except BundleError:
        return
    assert fold == folded(fold)
    assert not name.startswith("/")
    assert ".." not in name.split("/")
    assert not any(ord(letter) < 32 for letter in name)


def test_several_passes_go_into_one_file(tmp_path, at):
    passes = [prepare({}).build({"pass.json": b"%d" % n}, Unsigned(), at) for n in range(10)]
    together = bundle_passes(passes)
    assert read(together) == {f"{n}.pkpass": content for n, content in enumerate(passes, 1)}
    assert together == bundle_passes(passes)


@pytest.mark.parametrize("count", [0, 11])
def test_a_bundle_takes_one_to_ten_passes(count, at):
    one = prepare({}).build(OWN, Unsigned(), at)
    with pytest.raises(BundleError, match="give 1 to 10"):
        bundle_passes([one] * count)


def test_a_bundle_takes_passes_only(at):
    with pytest.raises(BundleError, match=r"pass 2 of 2 is not a \.pkpass file"):
        bundle_passes([prepare({}).build(OWN, Unsigned(), at), b"{}"])


def test_a_bundle_has_150_megabytes_at_most(monkeypatch, at):
    one = prepare({}).build(OWN, Unsigned(), at)
    monkeypatch.setattr("walletpass.apple.passes.LARGEST_BUNDLE", 2 * len(one))
    assert bundle_passes([one])
    with pytest.raises(BundleError, match="give fewer"):
        bundle_passes([one, one])


def test_bundling_alone_loads_no_cryptography():
    code = "import sys, walletpass.apple.bundle, walletpass.apple.passes; print('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
