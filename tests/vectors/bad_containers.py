"""Faults of the archive and of the manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from archives import Member, Zip
from recipe import Recipe, Spoil, bad, both, files, odd, settings

LINK = 0o120777 << 16
INNER = Zip([Member(b"inner.txt", b"inner")]).bytes()[: 30 + 9 + 5]


def extra(name: bytes, **fields: Any) -> Spoil:
    """One more entry that the manifest does not have to list, since it cannot be read."""
    return settings(archive=lambda archive: archive.members.append(Member(name, b"hello", **fields)))


def first(**fields: Any) -> Spoil:
    """Change the entry of pass.json."""

    def spoil(archive: Zip) -> None:
        for name, value in fields.items():
            setattr(archive.members[0], name, value)

    return settings(archive=spoil)


def whole(**fields: Any) -> Spoil:
    """Change the archive."""

    def spoil(archive: Zip) -> None:
        for name, value in fields.items():
            setattr(archive, name, value)

    return settings(archive=spoil)


def manifest(change: Callable[[dict[str, Any]], Any]) -> Spoil:
    """Change the manifest before it is signed."""

    def spoil(listed: dict[str, Any]) -> str:
        change(listed)
        return json.dumps(listed, sort_keys=True)

    return settings(manifest=spoil)


def twice(archive: Zip) -> None:
    archive.members.append(Member(b"icon.png", archive.members[1].data))


def overlap(archive: Zip) -> None:
    outer, inner = archive.members[4:6]
    before = sum(30 + len(member.name) + len(member.data) for member in archive.members[:4])
    inner.offset = before + 30 + len(outer.name) + 1


def hide(archive: Zip) -> None:
    archive.members[2].before = b"hidden"


def folder_around(archive: Zip) -> None:
    for member in archive.members:
        member.name = b"coupon.pass/" + member.name


def bundle(_: Zip) -> Zip:
    return Zip([Member(b"1.pkpass", b"PK")])


def two_ends(data: bytes) -> bytes:
    end = data[-22:]
    return data[:-22] + end[:-2] + len(end).to_bytes(2, "little") + end


RECIPES: list[Recipe] = [
    bad("archive-not-zip", "An error page was saved under the name of a pass.", settings(after=lambda _: b"<html>404")),
    bad("archive-cut-off", "The download broke off.", settings(after=lambda data: data[:-9]), "archive-trailing-data"),
    bad("archive-trailing-data", "Something was appended.", whole(suffix=b"appended")),
    bad("archive-leading-data", "A program was put before it.", whole(prefix=b"MZ program"), "archive-hidden-data"),
    bad("archive-hidden-data", "Data hides between two files.", settings(archive=hide)),
    bad("archive-hidden-before-directory", "Data hides behind the files.", whole(gap=b"x" * 40), "archive-hidden-data"),
    bad("archive-end-ambiguous", "Two end records: two readers, two archives.", settings(after=two_ends)),
    bad("archive-directory-broken", "The list of files counts one too few.", whole(count=5)),
    bad("archive-split", "It says it is one disk of several.", whole(disk=1), "archive-directory-broken"),
    bad("archive-zip64", "The 64-bit form is another list of files.", whole(locator=True)),
    bad("archive-too-many-files", "It claims 65,000 files.", whole(count=65_000)),
    bad("archive-empty", "An archive without files.", whole(members=[])),
    bad("archive-unsafe-climbs", "Zip slip.", extra(b"../../evil.sh"), "archive-unsafe-name", "manifest-file-unlisted"),
    bad("archive-unsafe-absolute", "An absolute name.",
        extra(b"/etc/x"), "archive-unsafe-name", "manifest-file-unlisted"),
    bad("archive-unsafe-backslash", "Zip slip of Windows.",
        extra(b"..\\x"), "archive-unsafe-name", "manifest-file-unlisted"),
    bad("archive-unsafe-drive", "A drive letter.", extra(b"C:x"), "archive-unsafe-name", "manifest-file-unlisted"),
    bad("archive-unsafe-nul", "A NUL, where C stops reading.",
        extra(b"icon.png\0.sh"), "archive-unsafe-name", "manifest-file-unlisted"),
    bad("archive-special-file", "A symbolic link.",
        extra(b"link", attributes=LINK), "archive-special-file", "manifest-file-unlisted"),
    bad("archive-encrypted", "A password.", extra(b"secret", flags=1), "archive-encrypted", "manifest-file-unlisted"),
    bad("archive-compression-unknown", "bzip2.",
        extra(b"packed", method=12), "archive-compression-unknown", "manifest-file-unlisted"),
    bad("archive-name-repeated", "Two icons: which one is shown?", settings(archive=twice)),
    odd("archive-names-alike", "Two names that are one on a Mac.", files(Menu__txt=b"x", menu__txt=b"y")),
    bad("archive-overlap", "A file lies within another one.", both(
        files(outer__txt=b"x" + INNER, inner__txt=b"inner"), settings(archive=overlap))),
    bad("archive-header-missing", "The offset points into nothing.", first(offset=7), "archive-header-missing"),
    bad("archive-headers-differ", "Two names for the same file.", first(local_name=b"pass.josn")),
    bad("archive-size-lies", "The sizes before and behind differ.", first(local_size=3), "archive-headers-differ"),
    bad("archive-content-damaged", "A byte of pass.json was flipped.", first(crc=1), "archive-content-damaged"),
    bad("archive-unpacks-to-more", "It unpacks to more than it says.",
        first(method=8, size=10), "archive-content-damaged"),
    bad("archive-bomb", "It says it unpacks to a gigabyte.", first(method=8, size=10**9)),
    bad("archive-unicode-path", "A second name in the extra field.",
        first(extra=b"\x75\x70\x05\0\1aaaa"), "archive-headers-differ"),
    odd("archive-comment", "A comment that nobody signed.", whole(comment=b"hello")),
    odd("archive-nested", "An archive in the archive.", files(more__zip=b"PK\3\4"), "archive-nested"),
    odd("archive-stray-file", "Left over from macOS.", files(__DS_Store=b"\0"), "archive-stray-file"),
    bad("bundle-not-pass", "A bundle of passes.", settings(archive=bundle)),
    bad("pass-json-in-folder", "The folder was packed, not its files.", settings(archive=folder_around),
        "pass-json-missing", "manifest-missing", "signature-missing", "icon-missing"),
    bad("manifest-missing", "No manifest, so nothing is signed.",
        settings(manifest=lambda _: None), "manifest-missing", "signature-missing"),
    bad("manifest-digest-wrong", "pass.json was edited after signing.",
        manifest(lambda m: m.update({"pass.json": "0" * 40}))),
    bad("manifest-digest-malformed", "SHA-256, as of Wallet orders.",
        manifest(lambda m: m.update({"pass.json": "0" * 64}))),
    bad("manifest-digest-not-text", "A number for a digest.", manifest(lambda m: m.update({"pass.json": 7}))),
    bad("manifest-file-missing", "A listed file is not there.", manifest(lambda m: m.update({"logo.png": "0" * 40}))),
    bad("manifest-file-unlisted", "A file that nobody signed.", manifest(lambda m: m.pop("icon@2x.png"))),
    bad("manifest-lists-itself", "It cannot know its own digest.",
        manifest(lambda m: m.update({"manifest.json": "0" * 40}))),
    bad("manifest-key-repeated", "One file with two digests.",
        settings(manifest=lambda m: json.dumps(m)[:-1] + ', "pass.json": "' + m["pass.json"] + '"}'),
        "json-key-repeated"),
    bad("manifest-not-json", "A text in its place.", settings(manifest=lambda _: "pass.json 123"), "json-invalid"),
]  # fmt: skip
