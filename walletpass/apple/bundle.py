"""
Files into a `.pkpass`, fast: what sibling passes share is hashed and laid out once.

    prepared = prepare({"icon.png": ..., "logo.png": ...})      # once for each design
    pkpass = prepared.build({"pass.json": ...}, signer, at)     # once for each pass

The archive is the shared block, then the files of this pass, `manifest.json` and `signature`, then the directory.
So the shared block never moves, and a server may send it without copying it. The same files, signer and second give
the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import TYPE_CHECKING

from walletpass.apple import zip_layout
from walletpass.apple.names import Names
from walletpass.errors import BundleError

if TYPE_CHECKING:  # it brings cryptography along
    from walletpass.apple.signing import Signer

PASS_JSON = "pass.json"
_REMEMBERED = 64

_ManifestLine = tuple[str, str]
"""A name, and what the manifest says of it (`"icon.png":"da39…"`)."""


@dataclass(frozen=True, slots=True, repr=False)
class PreparedBundle:
    """The shared files of sibling passes, ready to send. Immutable; threads may share it."""

    shared: bytes
    """The first part of each archive: local headers, names and contents of the shared files."""

    _directory: bytes
    _lines: tuple[_ManifestLine, ...]
    _names: Names
    _sound: set[tuple[str, ...]] = field(default_factory=set, compare=False)

    def manifest(self, files: Mapping[str, bytes]) -> bytes:
        """`manifest.json` of the shared files and these: names sorted, compact, no line break at the end."""
        lines = sorted([*self._lines, *map(_manifest_line, files.items())])
        return f"{{{','.join([line for _, line in lines])}}}".encode()

    def build(self, files: Mapping[str, bytes], signer: Signer, at: datetime) -> bytes:
        """
        The whole `.pkpass`.

        Args:
            files: What is this pass's own: path ("fr.lproj/pass.strings") to content. `pass.json` is here or shared.
            signer: Signs the manifest.
            at: Signing time, with a zone.

        Raises:
            BundleError: An unsafe name, one that is shared too, no `pass.json`, or too much for an archive.
            SigningError: From the signer.
        """
        return b"".join(self.parts(files, signer, at))

    def parts(self, files: Mapping[str, bytes], signer: Signer, at: datetime) -> tuple[bytes, bytes]:
        """The same in two buffers, the shared block and the rest, for servers that can send them one after another."""
        names = tuple(sorted(files))
        if names not in self._sound:
            self._check(names)
        manifest = self.manifest(files)
        own = [
            *(zip_layout.member(name, files[name]) for name in names),
            zip_layout.member("manifest.json", manifest),
            zip_layout.member("signature", signer.sign(manifest, at)),
        ]
        content, records = zip_layout.block(own, len(self.shared))
        directory = self._directory + records
        end = zip_layout.end(len(self._lines) + len(own), len(self.shared) + len(content), len(directory))
        return self.shared, b"".join((content, directory, end))

    def _check(self, names: tuple[str, ...]) -> None:
        """That these may stand beside the shared ones; siblings nearly always have the same, so that is remembered."""
        if PASS_JSON not in self._names.with_added(names):
            raise BundleError(f"the pass has no {PASS_JSON}: give it beside its pictures")
        if len(self._sound) < _REMEMBERED:
            self._sound.add(names)


def prepare(shared: Mapping[str, bytes]) -> PreparedBundle:
    """
    Hash and lay out the files that many passes share (pictures, mostly).

    Raises:
        BundleError: An unsafe name, two names that clash, or too much for an archive.
    """
    names = Names().with_added(shared)
    ordered = sorted(shared)
    if len(ordered) > zip_layout.MOST_FILES:
        raise BundleError(f"{len(ordered):,} files do not fit a pass ({zip_layout.MOST_FILES:,}): leave some out")
    content, directory = zip_layout.block(zip_layout.member(name, shared[name]) for name in ordered)
    return PreparedBundle(
        shared=content,
        _directory=directory,
        _lines=tuple(_manifest_line((name, shared[name])) for name in ordered),
        _names=names,
    )


def _manifest_line(file: tuple[str, bytes]) -> _ManifestLine:
    name, content = file
    digest = sha1(content, usedforsecurity=False).hexdigest()  # the digest Apple documents; the signature is SHA-256
    return name, f'{_quoted(name)}:"{digest}"'


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A plain deterministic ZIP of these files, in this order."""
    members = [zip_layout.member(name, content) for name, content in files]
    content, directory = zip_layout.block(members)
    return b"".join((content, directory, zip_layout.end(len(members), len(content), len(directory))))
