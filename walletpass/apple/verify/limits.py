"""How much of an unknown archive is read: beyond this it is reported, not opened. Real passes stay far below."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Bounds in bytes and counts. With these a hostile archive costs well under 200 MB and a second.

    Attributes:
        archive: The .pkpass itself. A bundle of ten passes may have 150 MB, one pass of more than 2 MB is unusual.
        files: Entries; forty languages with every picture in three sizes have about a thousand.
        file: One file, unpacked.
        total: All files, unpacked.
        name: Bytes of one name.
        json: pass.json, manifest.json and personalization.json, each.
        strings: One pass.strings.
        all_strings: All pass.strings together.
        texts: In all of them together.
        signature: The signature; a usual one has 3 to 5 kB.
        certificates: Carried in the signature; a usual one carries two.
        signers: In the signature; a usual one has one.
        depth: Nesting of JSON.
        side: Pixels of a picture's side; the largest Apple asks for is 1509.
        findings: Reported; what comes after is counted only.
    """

    archive: int = 50_000_000
    files: int = 4_000
    file: int = 20_000_000
    total: int = 50_000_000
    name: int = 255
    json: int = 512_000
    strings: int = 256_000
    all_strings: int = 512_000
    texts: int = 20_000
    signature: int = 65_536
    certificates: int = 8
    signers: int = 4
    depth: int = 64
    side: int = 10_000
    findings: int = 300


LIMITS = Limits()
