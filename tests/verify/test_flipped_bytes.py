"""Any flipped byte is reported, or leaves all names, contents and the signature's verdict identical."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.apple.verify import inspect
from walletpass.apple.verify.signature import read_signature

VECTORS = Path(__file__).parent.parent / "vectors"
ROOT = (VECTORS / "authority" / "root.pem").read_bytes()
AT = datetime.fromisoformat("2026-07-01T00:00:00Z")
# A flip may make a country's name three letters long, of which cryptography warns and reads on.
pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be")
FORMS = ["plain", "data-descriptors", "deflated", "indefinite-lengths", "strings-utf16", "folder-entries"]


def essence(data: bytes) -> tuple[object, ...]:
    """Names, contents, verdict: what a flip must not change unseen."""
    seen = inspect(data, anchors=[ROOT], at=AT)
    # A fingerprint covers the wrapping of the certificate's own signature too, which nobody signs.
    chain = [replace(facts, sha256="") for facts in seen.chain]
    return seen.files, seen.signature_holds, seen.trusted, chain, seen.signed_at


def is_reported(data: bytes) -> bool:
    return any(finding.severity.value != "note" for finding in inspect(data, anchors=[ROOT], at=AT).findings)


def flipped(data: bytes, at: int, bits: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_a_flipped_byte_of_the_archive_is_reported_or_changes_nothing(form: str, where: float, bits: int) -> None:
    sound = (VECTORS / "good" / f"{form}.pkpass").read_bytes()
    changed = flipped(sound, int(where * len(sound)), bits)
    assert is_reported(changed) or essence(changed) == essence(sound)


@settings(max_examples=40, deadline=None)
@given(from_end=st.integers(1, 400), bits=st.integers(1, 255))
def test_a_flipped_byte_of_the_list_of_files_is_reported_or_changes_nothing(from_end: int, bits: int) -> None:
    sound = (VECTORS / "good" / "plain.pkpass").read_bytes()
    changed = flipped(sound, len(sound) - from_end, bits)
    assert is_reported(changed) or essence(changed) == essence(sound)


@pytest.mark.parametrize("form", ["plain", "indefinite-and-unsorted", "signer-by-key-id", "signature-pss"])
@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_a_flipped_byte_of_the_signature_under_a_sound_archive_is_too(form: str, where: float, bits: int) -> None:
    sound = (VECTORS / "good" / f"{form}.pkpass").read_bytes()
    signature = inspect(sound, at=AT).files["signature"]
    changed = replaced(sound, signature, flipped(signature, int(where * len(signature)), bits))
    assert is_reported(changed) or essence(changed)[1:] == essence(sound)[1:]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.integers(0, 3000).map(lambda size: b"\x30\x80" * size))
def test_any_bytes_as_a_signature_are_refused_and_never_raise(noise: bytes) -> None:
    assert read_signature(noise, b"{}").findings


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_as_an_archive_are_refused_and_never_raise(noise: bytes, ended: bool) -> None:
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(noise), 0, 0)
    assert inspect(noise + end if ended else noise, at=AT).findings


def replaced(archive: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with other bytes of one stored file, checksums mended."""
    checksums = [struct.pack("<L", zlib.crc32(data)) for data in (old, new)]
    return archive.replace(old, new).replace(*checksums)


def test_names_and_contents_are_those_that_an_independent_reader_sees() -> None:
    for path in sorted((VECTORS / "good").glob("*.pkpass")):
        data = path.read_bytes()
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            assert inspect(data, at=AT).files == {name: archive.read(name) for name in names}
