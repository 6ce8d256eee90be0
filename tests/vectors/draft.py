"""A sound pass, to be spoilt in one respect: every recipe starts from a fresh one."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import people
from archives import Member, Zip
from signatures import Signing, sign


def png(width: int, height: int) -> bytes:
    """A black picture of one bit a pixel, not compressed."""
    rows = (b"\0" + bytes((width + 7) // 8)) * height
    parts = [
        _chunk(b"IHDR", struct.pack(">2L5B", width, height, 1, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(rows, 9) if len(rows) > 20_000 else zlib.compress(rows, 0)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    """RFC 7396: objects are merged, None removes, everything else replaces."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def _document() -> dict[str, Any]:
    return {
        "formatVersion": 1,
        "passTypeIdentifier": people.PASS_TYPE,
        "teamIdentifier": people.TEAM,
        "serialNumber": "V-1",
        "organizationName": "Vector Café",
        "description": "Coupon of Vector Café, one free coffee",
        "coupon": {"primaryFields": [{"key": "offer", "label": "Offer", "value": "One coffee"}]},
    }


@dataclass
class Draft:
    """What will be packed; each step can be replaced."""

    document: dict[str, Any] = field(default_factory=_document)
    files: dict[str, bytes] = field(
        default_factory=lambda: {"icon.png": png(38, 38), "icon@2x.png": png(76, 76), "icon@3x.png": png(114, 114)}
    )
    signer: str = "leaf"
    issuer: str = "wwdr"
    signing: dict[str, Any] = field(default_factory=dict)
    json_text: str | bytes | None = None
    manifest: Callable[[dict[str, Any]], str | None] = lambda listed: json.dumps(listed, sort_keys=True)
    signature: Callable[[bytes], bytes | None] = lambda der: der
    signed: Callable[[bytes], bytes] = lambda manifest: manifest
    archive: Callable[[Zip], Zip | None] = lambda archive: archive
    after: Callable[[bytes], bytes] = lambda data: data

    def build(self) -> bytes:
        """The .pkpass."""
        text = json.dumps(self.document, ensure_ascii=False) if self.json_text is None else self.json_text
        files = {"pass.json": text.encode() if isinstance(text, str) else text, **self.files}
        listed = {name: hashlib.sha1(data).hexdigest() for name, data in files.items()}  # noqa: S324 (Apple's digest)
        manifest = self.manifest(listed)
        if manifest is not None:
            files["manifest.json"] = manifest.encode()
            certificates = [people.certificate(self.signer), people.certificate(self.issuer)]
            how = Signing(certificates, people.key(self.signer), **self.signing)
            signature = self.signature(sign(self.signed(files["manifest.json"]), how))
            if signature is not None:
                files["signature"] = signature
        archive = Zip([Member(name.encode(), data) for name, data in files.items()])
        return self.after((self.archive(archive) or archive).bytes())
