"""Passes of which nothing is wrong, in the forms that the field signs and packs (read in 69 passes of 2012 to 2026)."""

from __future__ import annotations

from archives import Member, Zip
from bad_documents import NFC_KEY
from bad_signatures import signing
from draft import Draft, png
from recipe import Spoil, both, document, files, settings


def descriptors(archive: Zip) -> None:
    for at, member in enumerate(archive.members):
        member.descriptor = True
        member.descriptor_mark = at % 2 == 0
        member.method = 8


def deflated(archive: Zip) -> None:
    for member in archive.members:
        member.method = 8


def folders(archive: Zip) -> None:
    archive.members.insert(0, Member(b"en.lproj/", b"", attributes=0o40755 << 16 | 0x10))


GOOD: dict[str, Spoil] = {
    "plain": settings(),
    "indefinite-lengths": signing(indefinite=True),
    "signer-by-key-id": signing(by_key_id=True),
    "sets-unsorted": signing(sorted_sets=False),
    "indefinite-and-unsorted": signing(indefinite=True, sorted_sets=False),
    "digest-sha1": signing(digest="sha1"),
    "digest-sha512": signing(digest="sha512"),
    "signature-pss": signing(pss=True),
    "data-descriptors": settings(archive=descriptors),
    "folder-entries": both(files(en__lproj_in_logo__png=png(160, 50)), settings(archive=folders)),
    "deflated": settings(archive=deflated),
    "strings-utf16": files(
        en__lproj_in_pass__strings='"a" = "é";'.encode("utf-16"),
        fr__lproj_in_pass__strings='"a" = "é";'.encode("utf-16-be"),
        de__lproj_in_pass__strings='/* ä */ "a" = "é";'.encode("utf-8-sig"),
    ),
    "poster-event": both(
        document(
            coupon=None,
            eventTicket={"primaryFields": [{"key": "event", "value": "Concert"}]},
            preferredStyleSchemes=["posterEventTicket", "eventTicket"],
            nfc={
                "message": "T-1",
                "encryptionPublicKey": NFC_KEY,
            },
            semantics={
                "eventType": "PKEventTypeLivePerformance",
                "eventName": "Concert",
                "venueName": "Hall",
                "performerNames": ["Quartet"],
            },
        ),
        files(artwork__png=png(358, 448)),
    ),
}


def build(name: str) -> bytes:
    """One good vector."""
    draft = Draft()
    GOOD[name](draft)
    return draft.build()
