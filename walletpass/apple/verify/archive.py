"""The container: an untrusted ZIP archive, read into names and contents within bounds."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from walletpass.apple.verify.limits import LIMITS, Limits
from walletpass.apple.verify.wording import place, shown
from walletpass.apple.verify.zip_records import (
    DEFLATED,
    ENCRYPTED,
    STORED,
    ZIP,
    BrokenZip,
    Central,
    End,
    Local,
    extra_kinds,
    read_central,
    read_end,
    read_local,
)
from walletpass.findings import Finding, error, warning
from walletpass.templates.apple import BUILDING

_WHERE = "archive"
_BOUNDS = "walletpass: bounds for unknown archives"
_UNICODE_PATH = 0x7075  # Info-ZIP: another name for the same entry, which only some readers heed
_ZIP64 = 0x0001


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as listed: its name, its size unpacked and packed, in bytes."""

    name: str
    size: int
    packed: int


@dataclass(frozen=True, slots=True)
class Archive:
    """
    What could be read of a .pkpass.

    Attributes:
        files: Path ("fr.lproj/pass.strings") to content, in the order of the archive's list; folders are left out.
        entries: Every file as listed, also those that could not be read.
        unread: Names that are there and whose content was refused or is damaged: `findings` says why.
        findings: What is wrong with the container.
    """

    files: Mapping[str, bytes]
    entries: tuple[Entry, ...]
    unread: frozenset[str]
    findings: tuple[Finding, ...]


def read_archive(source: bytes, limits: Limits = LIMITS) -> Archive:
    """
    Read a ZIP archive that anybody may have made. Never raises: what cannot be read is said in `findings`.

    Memory and time are bounded by `limits`. Local headers, the central directory and the data must agree, and every
    byte must belong to an entry, so that no other reader sees other names or contents.
    """
    try:
        if len(source) > limits.archive:
            says = f"it is larger than {limits.archive} bytes"
            raise BrokenZip("archive-too-large", says, "A pass has rarely more than 2 MB: make its pictures smaller.")
        end = read_end(source)
        if end.entries > limits.files:
            raise BrokenZip("archive-too-many-files", f"it lists {end.entries} files, more than {limits.files}")
        entries = read_central(source, end)
        _bound_sizes(entries, len(source), limits)
    except BrokenZip as broken:
        rule, says, hint = (*broken.args, "")[:3]
        return Archive({}, (), frozenset(), (error(rule, _WHERE, says, ZIP, hint),))
    return _read_entries(source, end, entries, limits)


def _bound_sizes(entries: list[Central], available: int, limits: Limits) -> None:
    if sum(entry.packed for entry in entries) > available:
        raise BrokenZip("archive-overlap", "its files claim more bytes than it has, so they overlap")
    largest = max(entries, key=lambda entry: entry.size, default=None)
    total = sum(entry.size for entry in entries)
    if largest is not None and largest.size > limits.file:
        says = f"{shown(largest.name)} unpacks to {largest.size} bytes, more than {limits.file}"
        raise BrokenZip("archive-bomb", says, "Make the file smaller.")
    if total > limits.total:
        raise BrokenZip("archive-bomb", f"it unpacks to {total} bytes, more than {limits.total}", "Make it smaller.")


def _read_entries(source: bytes, end: End, entries: list[Central], limits: Limits) -> Archive:
    findings = _comments(end, entries)
    files: dict[str, bytes] = {}
    unread: set[str] = set()
    places: list[tuple[int, int]] = []
    for entry in entries:
        local = read_local(source, entry, end.directory)
        faults = _entry_faults(entry, local, limits)
        if local is not None:
            places.append((entry.offset, local.end))
        content = None
        if not any(fault.rule in _UNREADABLE for fault in faults) and local is not None:
            content = _unpack(source, entry, local)
            if content is None:
                says = "its content is damaged: size or checksum differ from what the archive says"
                faults.append(error("archive-content-damaged", place(entry.name), says, ZIP, "Pack the pass again."))
        findings += faults
        if entry.is_folder:
            continue
        if content is None:
            unread.add(entry.name)
        else:
            files.setdefault(entry.name, content)
    findings += _repeated([entry.name for entry in entries])
    if len(places) == len(entries):
        findings += _layout(sorted(places), end)
    findings += _strays(files)
    listed = tuple(Entry(entry.name, entry.size, entry.packed) for entry in entries if not entry.is_folder)
    return Archive(files, listed, frozenset(unread - files.keys()), tuple(findings))


_UNREADABLE = frozenset(
    {
        "archive-unsafe-name",
        "archive-encrypted",
        "archive-special-file",
        "archive-compression-unknown",
        "archive-header-missing",
    }
)


def _entry_faults(entry: Central, local: Local | None, limits: Limits) -> list[Finding]:
    where = place(entry.name)
    faults = []
    if unsafe := unsafe_name(entry.name, limits):
        faults.append(error("archive-unsafe-name", where, f"its name {unsafe}", ZIP, "Use plain relative names."))
    if entry.flags & ENCRYPTED:
        faults.append(error("archive-encrypted", where, "it is encrypted", BUILDING, "Pack it without a password."))
    if entry.is_special:
        says = "it is a symbolic link, a device, or a folder under a file's name"
        faults.append(error("archive-special-file", where, says, BUILDING, "Pack plain files only."))
    if entry.method not in (STORED, DEFLATED):
        says = f"compression method {entry.method} is neither stored nor deflated"
        faults.append(error("archive-compression-unknown", where, says, BUILDING, "Pack it stored or deflated."))
    kinds = extra_kinds(entry.extra)
    if kinds is None or kinds & {_UNICODE_PATH, _ZIP64}:
        says = "its extra field is damaged, or gives another name or size"
        faults.append(error("archive-headers-differ", where, says, ZIP, "Pack the pass again."))
    if local is None:
        says = "its data is not where the list of files says"
        faults.append(error("archive-header-missing", where, says, ZIP, "Pack the pass again."))
    elif local.differences:
        says = f"its header and the list of files differ in {', '.join(local.differences)}"
        faults.append(error("archive-headers-differ", where, says, ZIP, "Pack the pass again."))
    return faults


def unsafe_name(name: str, limits: Limits = LIMITS) -> str | None:
    """Why a name must not be unpacked, as the end of a sentence ("is absolute"); None if it may."""
    parts = name.removesuffix("/").split("/")
    if len(name.encode("utf-8", "replace")) > limits.name:
        return f"is longer than {limits.name} bytes"
    if name.startswith("/"):
        return "is absolute"
    if "\\" in name or ":" in name:
        return "holds a backslash or a colon"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        return "holds a control character"
    if ".." in parts:
        return "climbs out of the archive with .."
    if "" in parts or "." in parts:
        return "has an empty part"
    return None


def _unpack(source: bytes, entry: Central, local: Local) -> bytes | None:
    packed = source[local.data : local.data + entry.packed]
    if entry.method == STORED:
        content = packed
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            return None
        if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
            return None
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        return None
    return content


def _comments(end: End, entries: list[Central]) -> list[Finding]:
    if not end.comment and not any(entry.comment for entry in entries):
        return []
    says = "it carries comments, which no signature covers"
    return [warning("archive-comment", _WHERE, says, ZIP, "Pack it without comments.")]


def _repeated(names: list[str]) -> list[Finding]:
    findings = []
    seen: dict[str, str] = {}
    for name in names:
        alike = unicodedata.normalize("NFC", name.removesuffix("/")).casefold()
        first = seen.get(alike)
        if first is None:
            seen[alike] = name
        elif first == name:
            says = "the archive holds it twice, so two readers may see two contents"
            findings.append(error("archive-name-repeated", place(name), says, ZIP, "Keep one of them."))
        else:
            says = f"its name differs from {shown(first)} only in case, accents or a slash"
            findings.append(warning("archive-names-alike", place(name), says, ZIP, "Rename one of them."))
    return findings


def _layout(places: list[tuple[int, int]], end: End) -> list[Finding]:
    """Entries must lie one behind the other from the first byte up to the central directory."""
    reached = 0
    for start, stop in [*places, (end.directory, end.start)]:
        if start < reached:
            says = "entries overlap: the same bytes count as several files"
            return [error("archive-overlap", _WHERE, says, ZIP, "Pack the pass again.")]
        if start > reached:
            says = f"{start - reached} bytes at offset {reached} belong to no file"
            return [error("archive-hidden-data", _WHERE, says, ZIP, "Pack the pass again.")]
        reached = stop
    return []


def _strays(files: Mapping[str, bytes]) -> list[Finding]:
    findings = []
    for name, content in files.items():
        if name.endswith(".DS_Store") or name.startswith("__MACOSX/"):
            says = "it is left over from macOS and does not belong in a pass"
            findings.append(warning("archive-stray-file", place(name), says, BUILDING, "Leave it out."))
        elif content.startswith(b"PK\3\4") and not name.endswith(".pkpass"):
            says = "it is an archive inside the archive"
            findings.append(warning("archive-nested", place(name), says, _BOUNDS, "Leave it out."))
    return findings
