"""Archives of about 10 MB made to cost whoever reads them: time, memory, or both."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO

SIZE = 10_000_000
"""Bytes, more or less, of those that are not bombs."""

Files = Iterable[tuple[str, bytes]]


def packed(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """These files as an archive."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def many_entries() -> bytes:
    """A hundred thousand empty files."""
    return packed(((f"{number:06}.png", b"") for number in range(100_000)), zipfile.ZIP_STORED)


def most_entries_read() -> bytes:
    """As many files as are read, in a pass with a manifest for them."""
    names = [f"{number:04}.lproj/logo.png" for number in range(3_990)]
    manifest = json.dumps(dict.fromkeys(names, "0" * 40)).encode()
    files = [("pass.json", b"{}"), ("manifest.json", manifest), *((name, bytes(2_400)) for name in names)]
    return packed(files, zipfile.ZIP_STORED)


def bomb() -> bytes:
    """A gigabyte of zeros in a megabyte."""
    return packed((f"{number}.png", bytes(100_000_000)) for number in range(10))


def bomb_within_bounds() -> bytes:
    """Just less than is refused by the sizes that it states."""
    return packed([("pass.json", b"{}"), *((f"{number}.png", bytes(9_900_000)) for number in range(5))])


def deep_json() -> bytes:
    """A pass.json that nests half a million levels deep."""
    return packed([("pass.json", b'{"a":' + b"[" * 500_000), ("noise.bin", noise())], zipfile.ZIP_STORED)


def wide_json() -> bytes:
    """A pass.json of the largest size that is read, all of it faults."""
    fields = b",".join([b'{"key":1}'] * 50_000)
    document = b'{"storeCard":{"backFields":[' + fields + b"]}}"
    return packed([("pass.json", document), ("noise.bin", noise())], zipfile.ZIP_STORED)


def giant_text() -> bytes:
    """A pass.json of ten megabytes, nearly all of it one text."""
    return packed([("pass.json", json.dumps({"description": "x" * SIZE}).encode())], zipfile.ZIP_STORED)


def giant_strings() -> bytes:
    """Translations of ten megabytes, in forty languages."""
    text = b'"key" = "' + b"x" * (SIZE // 40) + b'";'
    languages = (f"{first}{second}.lproj/pass.strings" for first in "abcde" for second in "abcdefgh")
    return packed([("pass.json", b"{}"), *((name, text) for name in languages)], zipfile.ZIP_STORED)


def large_signature() -> bytes:
    """A signature of ten megabytes that begins as a real one does."""
    signature = bytes.fromhex("308398967d06092a864886f70d010702") + noise()
    return packed([("pass.json", b"{}"), ("manifest.json", b"{}"), ("signature", signature)], zipfile.ZIP_STORED)


def nested_archives() -> bytes:
    """An archive in an archive, two hundred deep, each padded."""
    inner = noise(50_000)
    for _ in range(200):
        inner = packed([("pass.pkpass", inner), ("noise.bin", noise(50_000))], zipfile.ZIP_STORED)
    return inner


def noise(size: int = SIZE) -> bytes:
    """Bytes that do not shrink."""
    return random.Random(5).randbytes(size)


ALL: tuple[Callable[[], bytes], ...] = (
    many_entries,
    most_entries_read,
    bomb,
    bomb_within_bounds,
    deep_json,
    wide_json,
    giant_text,
    giant_strings,
    large_signature,
    nested_archives,
)
