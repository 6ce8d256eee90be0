"""manifest.json: every file of the pass with its SHA-1, which is what the signature signs."""

from __future__ import annotations

import hashlib
import re

from walletpass.apple.verify.archive import Archive
from walletpass.apple.verify.strict_json import parse_object
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note
from walletpass.templates.apple import BUILDING

MANIFEST = "manifest.json"
SIGNATURE = "signature"
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_REMAKE = "Make manifest and signature anew after the last change."


def check_manifest(archive: Archive) -> list[Finding]:
    """Each file listed, each listed file there, each digest equal."""
    data = archive.files.get(MANIFEST)
    if data is None:
        if MANIFEST in archive.unread:
            return []
        return [error("manifest-missing", MANIFEST, "the pass has no manifest", BUILDING, _REMAKE)]
    listed, findings = parse_object(data, MANIFEST)
    if findings and not listed:
        return findings
    for name, digest in listed.items():
        if fault := _entry(name, digest, archive):
            findings.append(fault)
    unlisted = (archive.files.keys() | archive.unread) - listed.keys() - {MANIFEST, SIGNATURE}
    for name in sorted(unlisted):
        says = "it is in the archive but not in the manifest, so nothing vouches for it"
        findings.append(error("manifest-file-unlisted", place(name), says, BUILDING, _REMAKE))
    return findings


def _entry(name: str, digest: object, archive: Archive) -> Finding | None:
    where = place(MANIFEST, name)
    if name in (MANIFEST, SIGNATURE):
        return error("manifest-lists-itself", where, "manifest and signature cannot be listed", BUILDING, _REMAKE)
    if not isinstance(digest, str):
        return error("manifest-digest-not-text", where, "its digest is not text", BUILDING, _REMAKE)
    if not _SHA1.fullmatch(digest):
        says = f"{shown(digest)} is not a SHA-1 digest of 40 hexadecimal digits"
        return error("manifest-digest-malformed", where, says, BUILDING, _REMAKE)
    content = archive.files.get(name)
    if content is None:
        if name in archive.unread:
            return None
        return error("manifest-file-missing", where, "it is listed but not in the archive", BUILDING, _REMAKE)
    if hashlib.sha1(content, usedforsecurity=False).hexdigest() != digest.lower():
        says = "the file is not the one the manifest was made for: their SHA-1 differ"
        return error("manifest-digest-wrong", place(name), says, BUILDING, _REMAKE)
    if digest != digest.lower():
        return note("manifest-digest-upper-case", where, "its digest is in capitals, Apple writes small ones", BUILDING)
    return None
