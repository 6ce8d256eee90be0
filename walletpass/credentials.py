"""
What signs passes, as one document: `credentials.yaml`.

    apple: {pass_type_identifier: pass.example.sample, team_identifier: SAMPLETEAM,
            certificate: certs/pass.pem, key: certs/pass.key, passphrase: null, intermediate: certs/wwdr.pem}
    google: {issuer_id: "3388000000000000001", service_account: certs/google-service-account.json}

Relative paths count from the document's folder. Absolute ones are fine too: unlike a Model, which may come from
anybody, this document is its operator's own, and secrets are often mounted elsewhere.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from walletpass.errors import CredentialsError
from walletpass.files import read_document
from walletpass.problems import problems

if TYPE_CHECKING:
    from walletpass.apple.certificates import AppleCredentials
    from walletpass.apple.signing import KeySigner
    from walletpass.google.credentials import ServiceAccount

FILE_NAME = "credentials.yaml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Apns(_Section):
    key: str
    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,64}$")]


class _Apple(_Section):
    certificate: str
    key: str | None = None
    passphrase: str | None = Field(default=None, repr=False)
    intermediate: str | None = None
    root: str | None = None
    pass_type_identifier: str | None = None
    team_identifier: str | None = None
    apns: _Apns | None = None


class _Google(_Section):
    issuer_id: Annotated[str, Field(pattern=r"^\d{1,20}$")]
    service_account: str
    origins: tuple[str, ...] = ()
    requests_per_second: Annotated[float, Field(ge=0.1, le=1000)] | None = None
    images: Annotated[str, Field(pattern=r"^https://")] | None = None


class _Document(_Section):
    apple: _Apple | None = None
    google: _Google | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApnsSource:
    """
    A key for pushing (.p8), instead of the pass certificate.

    Attributes:
        key: The file that Apple handed out; of the team that the pass type belongs to.
        key_id: Its name with Apple, ten letters and digits.
    """

    key: Path
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleSource:
    """
    Where Apple credentials lie; opened only when needed, in whatever process needs them.

    Attributes:
        certificate: PEM, DER or PKCS#12 file; None takes the environment (`WALLETPASS_APPLE_CERTIFICATE`...).
        key: Private key, unless `certificate` holds it.
        passphrase: Opens the key.
        intermediate: The certificate that issued `certificate`, unless that file holds it.
        root: What `verify` takes as its anchor; of sample credentials.
        pass_type_identifier: What the certificate has to be for; None takes the certificate's word.
        team_identifier: The same for the team.
        apns: A key to push with; without it pushes go by the pass certificate.
    """

    certificate: Path | None
    key: Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    intermediate: Path | None = None
    root: Path | None = None
    pass_type_identifier: str | None = None
    team_identifier: str | None = None
    apns: ApnsSource | None = None

    def load(self) -> AppleCredentials:
        """
        The credentials, proved to be for this pass type and team.

        Raises:
            FileMissing, IdentityMismatch, and what `AppleCredentials.from_files` raises.
        """
        from walletpass.apple.certificates import AppleCredentials

        if self.certificate is None:
            credentials = AppleCredentials.from_environment(passphrase=self.passphrase)
        else:
            credentials = AppleCredentials.from_files(
                self.certificate,
                self.key,
                passphrase=self.passphrase,
                intermediates=[self.intermediate] if self.intermediate else (),
            )
        credentials.check_identity(self.pass_type_identifier, self.team_identifier)
        return credentials

    def signer(self) -> KeySigner:
        """A signer for passes; raises what `load` and `KeySigner` raise."""
        from walletpass.apple.signing import KeySigner

        return KeySigner(self.load())

    def with_passphrase(self, passphrase: str | None) -> AppleSource:
        """The same with another passphrase; None changes nothing."""
        return self if passphrase is None else replace(self, passphrase=passphrase)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleSource:
    """
    Where Google credentials lie.

    Attributes:
        issuer_id: Issuer account, digits.
        service_account: The JSON file that Google hands out.
        origins: Web sites on which the save button stands.
        requests_per_second: Pace of the server's calls, where Google granted another than the usual.
        images: https address under which the pictures are published.
    """

    issuer_id: str
    service_account: Path
    origins: tuple[str, ...] = ()
    requests_per_second: float | None = None
    images: str | None = None

    def load(self) -> ServiceAccount:
        """The service account; raises FileMissing or ServiceAccountUnreadable."""
        from walletpass.google.credentials import ServiceAccount

        return ServiceAccount.load(self.service_account, issuer_id=self.issuer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What `credentials.yaml` names; a wallet that it leaves out is None."""

    name: str
    apple: AppleSource | None = None
    google: GoogleSource | None = None


def read_credentials(path: str | os.PathLike[str]) -> Credentials:
    """
    Read `credentials.yaml`; no file that it names is opened yet.

    Raises:
        FileMissing: It is not there.
        DocumentError: It cannot be read as YAML.
        CredentialsError: A key is unknown, missing or of the wrong type.
    """
    path = Path(path)
    try:
        document = _Document.model_validate(read_document(path))
    except ValidationError as fault:
        found = problems(fault)
        raise CredentialsError(f"{path}: {'; '.join(found)}", found) from None
    return Credentials(
        name=str(path),
        apple=_apple_source(document.apple, path.parent) if document.apple else None,
        google=_source(GoogleSource, document.google, path.parent) if document.google else None,
    )


_Source = TypeVar("_Source", AppleSource, ApnsSource, GoogleSource)
_PATHS = frozenset({"certificate", "key", "intermediate", "root", "service_account"})


def _apple_source(section: _Apple, folder: Path) -> AppleSource:
    apns = _source(ApnsSource, section.apns, folder) if section.apns else None
    return replace(_source(AppleSource, section, folder), apns=apns)


def _source(kind: type[_Source], section: _Section, folder: Path) -> _Source:
    values: dict[str, Any] = section.model_dump(exclude={"apns"})
    return kind(**{name: folder / value if value and name in _PATHS else value for name, value in values.items()})
