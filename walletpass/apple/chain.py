"""From a pass certificate up to the intermediate that issued it: found by key identifier, proved by signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from walletpass.errors import ChainBroken

_LONGEST_CHAIN = 4


def subject_key_id(certificate: x509.Certificate) -> bytes | None:
    """The certificate's own key identifier (SKI), if it states one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def authority_key_id(certificate: x509.Certificate) -> bytes | None:
    """The key identifier of who issued it (AKI), if it states one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others (basic constraints say CA)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether `issuer` is an authority, bears the name, and made the signature."""
    if not is_authority(issuer):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def find_chain(leaf: x509.Certificate, pool: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """
    The issuers of `leaf` among `pool`, nearest first; empty if the nearest is missing.

    A self-signed root is left out (a phone has it already), unless it issued the leaf itself.
    """
    pool = tuple(pool)
    chain: list[x509.Certificate] = []
    current = leaf
    while len(chain) < _LONGEST_CHAIN and (issuer := _issuer(current, pool)) is not None:
        if chain and issuer.subject == issuer.issuer:
            break
        chain.append(issuer)
        if issuer.subject == issuer.issuer:
            break
        current = issuer
    return tuple(chain)


def _issuer(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Best of those that match by key identifier: one whose signature holds, and of these the longest valid."""
    wanted = authority_key_id(certificate)
    matching = [
        candidate
        for candidate in pool
        if candidate != certificate
        and (subject_key_id(candidate) == wanted if wanted else candidate.subject == certificate.issuer)
    ]
    return max(matching, key=lambda one: (issued(one, certificate), one.not_valid_after_utc), default=None)


def check_chain(leaf: x509.Certificate, chain: Sequence[x509.Certificate]) -> None:
    """ChainBroken unless there is an issuer and each certificate was signed by the next."""
    if not chain:
        wanted = authority_key_id(leaf)
        key_id = f" (key id {wanted.hex(':').upper()})" if wanted else ""
        raise ChainBroken(
            f"the intermediate certificate {common_name(leaf.issuer)!r}{key_id} is missing: "
            "get it with `walletpass certs fetch` and give it as the intermediate"
        )
    for certificate, issuer in zip((leaf, *chain), chain, strict=False):
        if not issued(issuer, certificate):
            raise ChainBroken(
                f"{common_name(issuer.subject)!r} did not sign {common_name(certificate.subject)!r}: "
                "the pass certificate or the intermediate is forged or damaged, get both from Apple again"
            )


def common_name(name: x509.Name) -> str:
    """The common name, or the whole name where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
