"""A .pkpass taken apart once: what `verify` judges and `inspect` shows. Nothing here decides or raises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walletpass.apple.verify.archive import Archive, read_archive
from walletpass.apple.verify.document import PASS_JSON, check_document
from walletpass.apple.verify.languages import check_languages
from walletpass.apple.verify.limits import LIMITS
from walletpass.apple.verify.manifest import MANIFEST, SIGNATURE, check_manifest
from walletpass.apple.verify.personalization import check_personalization
from walletpass.apple.verify.pictures import check_pictures, picture_files
from walletpass.apple.verify.strict_json import parse_object
from walletpass.apple.verify.styles import check_styles, styles_of
from walletpass.errors import FileMissing, UsageError
from walletpass.findings import Finding, error, note
from walletpass.templates.apple import BUILDING, PASS

if TYPE_CHECKING:  # it brings cryptography along
    from walletpass.apple.verify.chain import Chain
    from walletpass.apple.verify.signature import Signature


@dataclass(frozen=True, slots=True)
class Reading:
    """
    The parts of a pass, each as far as it could be read.

    Attributes:
        archive: Files and entries.
        document: pass.json; empty if it cannot be read.
        signature: None if there is none.
        chain: None without a signer.
        findings: What is wrong with any of them.
    """

    archive: Archive
    document: dict[str, Any]
    signature: Signature | None
    chain: Chain | None
    findings: tuple[Finding, ...]


def load(source: bytes | str | PathLike[str]) -> bytes:
    """The bytes of a pass, given as such or by path; of a huge file just enough to see that it is too large."""
    if isinstance(source, bytes):
        return source
    try:
        with Path(source).open("rb") as file:
            return file.read(LIMITS.archive + 1)
    except OSError as exc:
        raise FileMissing(f"{source} cannot be opened ({exc.strerror}): give the path of a .pkpass file") from exc


def read_pass(source: bytes, anchors: Iterable[bytes], at: datetime | None) -> Reading:
    """Take a pass apart and judge every part, as of `at` or now."""
    now = datetime.now(UTC) if at is None else at
    if now.tzinfo is None:
        raise UsageError(f"the time {now} has no zone: give an aware datetime, as datetime.now(UTC)")
    archive = read_archive(source)
    findings = [*archive.findings]
    if not archive.entries:
        return Reading(archive, {}, None, None, tuple(findings) or (_empty(),))
    if all(entry.name.endswith(".pkpass") for entry in archive.entries):
        says = "it is a bundle of passes (.pkpasses), not a pass"
        return Reading(archive, {}, None, None, (error("bundle-not-pass", "archive", says, BUILDING, "Verify each."),))
    document, faults = check_content(archive, now)
    findings += check_manifest(archive) + faults
    signature, chain, faults = _signature(archive, document, anchors, now)
    return Reading(archive, document, signature, chain, _bounded([*findings, *faults]))


def _empty() -> Finding:
    return error("archive-empty", "archive", "it holds no files", BUILDING, "Pack the files of the pass.")


def check_content(archive: Archive, now: datetime) -> tuple[dict[str, Any], list[Finding]]:
    """pass.json, and the findings for it and for all that is not the signature."""
    present = [entry.name for entry in archive.entries]
    pictures = {picture.stem for picture in picture_files(present)}
    document: dict[str, Any] = {}
    findings: list[Finding] = []
    data = archive.files.get(PASS_JSON)
    if data is not None:
        document, findings = parse_object(data, PASS_JSON)
        if document or not findings:
            findings += check_document(document, now)
            findings += check_styles(document, pictures)
    elif PASS_JSON not in archive.unread:
        inner = next((name for name in present if name.endswith("/" + PASS_JSON) and name.count("/") == 1), None)
        hint = "Pack the files of the folder, not the folder." if inner else "Add it."
        findings.append(error("pass-json-missing", PASS_JSON, "it is not at the root of the archive", PASS, hint))
    findings += check_pictures(archive.files, present, styles_of(document))
    findings += check_languages(archive.files, present)
    findings += check_personalization(archive.files, document, pictures)
    return document, findings


def _signature(
    archive: Archive, document: dict[str, Any], anchors: Iterable[bytes], now: datetime
) -> tuple[Signature | None, Chain | None, list[Finding]]:
    from walletpass.apple.reading import read_certificates
    from walletpass.apple.verify.chain import judge_chain
    from walletpass.apple.verify.identity import check_identity
    from walletpass.apple.verify.signature import read_signature

    trusted = [certificate for data in anchors for certificate in read_certificates(data, "the trusted certificate")]
    data = archive.files.get(SIGNATURE)
    if data is None:
        if SIGNATURE in archive.unread:
            return None, None, []
        says = "the pass is not signed"
        return None, None, [error("signature-missing", SIGNATURE, says, BUILDING, "Sign it.")]
    signature = read_signature(data, archive.files.get(MANIFEST))
    findings = [*signature.findings]
    if signature.signer is None:
        return signature, None, findings
    chain = judge_chain(signature.signer, signature.certificates, trusted, signed_at=signature.signed_at, now=now)
    findings += chain.findings
    findings += check_identity(signature.signer, document)
    return signature, chain, findings


def _bounded(findings: list[Finding]) -> tuple[Finding, ...]:
    """Errors first when there are more than anybody reads."""
    if len(findings) <= LIMITS.findings:
        return tuple(findings)
    order = list(type(findings[0].severity))
    worst = sorted(findings, key=lambda finding: order.index(finding.severity))[: LIMITS.findings]
    says = f"{len(findings) - len(worst)} more findings are left out"
    return (*worst, note("findings-cut", "archive", says, "walletpass: bounds for unknown archives"))
