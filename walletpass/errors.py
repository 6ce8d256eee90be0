"""
Every error walletpass raises, in one tree.

    WalletPassError
    ├── UsageError                   the call itself is wrong: CLI exit 2
    │   └── FileMissing
    ├── DocumentError                a YAML or JSON document cannot be read as what it says it is
    │   ├── CredentialsError         ... as credentials
    │   ├── TableError               ... as rows that fit a Model
    │   ├── ModelError               ... as a PassModel
    │   ├── MatrixError              ... as a Matrix
    │   ├── OperationError           ... as an Operation, or it does not fit its Matrix
    │   ├── ScenarioError            ... as the events of a simulation
    │   └── ArchiveUnreadable        ... as all that a client has: damaged, cut off, or another passphrase
    ├── ValuesError                  the values of one pass do not fit the Model's variables
    ├── ConditionError               an expression gave no answer for this pass
    ├── EventError                   an event is not declared, or its data do not fit
    ├── LifecycleError               what was asked cannot be done to this pass or operation now
    │   ├── OperationClosed          no new pass outside the period
    │   ├── OperationEnded           no events after the end
    │   ├── InstantPassed            an instant that is already due cannot be moved
    │   ├── PassVoid                 a void pass stays void
    │   ├── RunOver                  a run that has ended cannot be paused, resumed or cancelled
    │   ├── TokenRevoked             it gives no pass any more
    │   ├── TokenNeeded              a personalised Model, and a link without token
    │   ├── TooManyPasses            one visitor, or one network, asked for too many
    │   ├── QuotaReached             the client has as many Models, Matrices, operations or passes as it may
    │   ├── ProductionRefused        credentials, a notification plan or the acceptance of policies are missing
    │   ├── NotTransferable          passes under the provider's credentials cannot be handed over
    │   ├── KeyOver                  a key of the API that is revoked or rotated has no successor
    │   ├── UploadOutOfStep          a part of a file does not follow on what is there
    │   ├── HookLoop                 a subscriber answers its own answers
    │   └── CredentialUnfit          another pass type, team or issuer, or a provider's in production
    ├── NotFound                     what was named does not exist, or is another client's
    ├── RequestError                 a request to the API that is refused before any work
    │   ├── KeyRefused               no key, or one that is unknown, revoked or over
    │   ├── ScopeMissing             the key may not do this
    │   ├── TooManyRequests          the client's pace is used up
    │   ├── RequestUnreadable        the body is not what its media type says
    │   ├── RequestInvalid           fields are missing or do not fit
    │   ├── VersionDiffers           somebody changed it meanwhile: If-Match does not hold
    │   └── VersionNeeded            a change of what exists must say which version it means
    ├── PictureError                 a picture cannot be used
    ├── BundleError                  files cannot form a .pkpass
    ├── SigningError
    │   ├── KeyUnreadable
    │   ├── WrongPassphrase
    │   ├── CertificateUnreadable
    │   ├── KeyMismatch
    │   ├── IdentityMismatch         UID or OU is not the pass type or the team
    │   ├── WrongPurpose             not a Pass Type ID certificate
    │   ├── CertificateExpired
    │   ├── CertificateNotYetValid
    │   └── ChainBroken              the intermediate did not issue it, or is missing
    ├── GoogleError
    │   ├── ServiceAccountUnreadable
    │   ├── IdInvalid
    │   ├── LinkTooLong
    │   ├── MappingRejected          strict mode, or Google has no place for what the Model needs
    │   ├── RootKeysUnreadable       the keys that vouch for callbacks cannot be had
    │   ├── GoogleCallFailed         Google's API did not do what it was asked
    │   │   ├── GoogleUnavailable    it does not answer, or has a fault: again later
    │   │   ├── GoogleQuota          too many requests, or too many notifications of a pass
    │   │   │   └── GoogleRate       too many requests in any case
    │   │   ├── GoogleDenied         it does not let the service account in
    │   │   ├── GoogleMissing        there is no such class or object
    │   │   ├── GoogleTaken          there is one of this id already
    │   │   └── GoogleRefused        it will never take this request
    │   └── CallbackError            what was posted is no callback of Google to this issuer
    │       ├── CallbackMalformed
    │       ├── CallbackForged
    │       └── CallbackExpired
    ├── BarcodeError                 a message that its format cannot carry
    ├── FetchError                   a download failed
    ├── ApnsError                    Apple's push service
    │   ├── ApnsUnreachable          no answer: refused, lost, too late
    │   └── ApnsRefusesCertificate   it ends the handshake because of ours
    ├── ApiError                     a server of walletpass did not do what its client asked
    │   ├── ApiUnreachable           it does not answer
    │   ├── ApiDenied                the key is none, or may not do this
    │   ├── ApiMissing               there is none such, or no more
    │   ├── ApiConflict              it cannot be done now, or somebody was quicker
    │   ├── ApiInvalid               the request does not fit
    │   ├── ApiLimited               too many requests
    │   └── ApiFault                 a fault of the server, or an answer that makes no sense
    ├── HookForged                   what came to a web hook was not signed with its secret, or long ago
    ├── MessageDelayed               a transport takes a message later: the event that led to it comes again
    ├── PassRefused                  a phone does not take this pass
    ├── WebServiceFault              a pass's web service gave an answer that no phone understands, or none
    ├── WorkerLost                   a process of a bulk build ended before its work was done
    └── StorageError                 the server's database or its secrets
        ├── DatabaseUnavailable      cannot be opened or reached
        ├── DatabaseBusy             others were writing all the time it was tried
        ├── SchemaOutdated           made by another version
        ├── SecretUnreadable         no key opens it, or it was changed
        ├── WrongClient              a unit of one client touched a row of another
        ├── WriterBusy               too many requests are waiting, or it is stopping
        ├── IdempotencyKeyReused     the same key came with another request
        └── FiguresDiffer            daily counts are not what the facts say

The message says what happened, where, and what to do next. Errors of other libraries are wrapped at the border.
"""

from __future__ import annotations

from datetime import timedelta


class WalletPassError(Exception):
    """Base of all errors of walletpass. `str(error)` is one line meant for a person."""

    exit_code = 1


class UsageError(WalletPassError):
    """The call is wrong: an unknown option, a file that is not there."""

    exit_code = 2


class FileMissing(UsageError):
    """A named file or folder does not exist or cannot be opened."""


class DocumentError(WalletPassError):
    """A document is not valid. `problems` holds one line for each fault: `where: what`."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        self.problems = problems
        super().__init__(message)


class CredentialsError(DocumentError):
    """`credentials.yaml` is not valid."""


class TableError(DocumentError):
    """A CSV file cannot be read, or its columns do not fit the Model."""


class ModelError(DocumentError):
    """A PassModel is not valid."""


class MatrixError(DocumentError):
    """A Matrix is not valid."""


class OperationError(DocumentError):
    """An Operation is not valid, or does not fit its Matrix."""


class ScenarioError(DocumentError):
    """The events to simulate cannot be read or played."""


class ArchiveUnreadable(DocumentError):
    """A file is no archive of a client, is damaged or cut off, or the passphrase is another."""


class ConditionError(WalletPassError):
    """An expression gave no answer: a value is absent, two currencies meet, a division by zero."""


class EventError(WalletPassError):
    """An event is not declared by the Matrix, or its data do not fit the declaration."""


class LifecycleError(WalletPassError):
    """What was asked cannot be done now."""


class OperationClosed(LifecycleError):
    """Outside its period an operation takes no new pass."""


class OperationEnded(LifecycleError):
    """After its end, and grace, an operation refuses events."""


class InstantPassed(LifecycleError):
    """The instant of an `at` Trigger is due and can no longer be moved."""


class PassVoid(LifecycleError):
    """A void pass stays void."""


class RunOver(LifecycleError):
    """A run that has ended cannot be paused, resumed or cancelled."""


class TokenRevoked(LifecycleError):
    """A revoked token gives no pass any more."""


class TokenNeeded(LifecycleError):
    """The Model is personalised: its passes come by a link with a token."""


class TooManyPasses(LifecycleError):
    """One visitor, or one network, asked for too many anonymous passes. `wait`: when to come again."""

    def __init__(self, message: str, wait: timedelta = timedelta(minutes=1)) -> None:
        self.wait = wait
        super().__init__(message)


class QuotaReached(LifecycleError):
    """The client has as many of something as its plan allows. `what` there are too many of, and the `limit`."""

    def __init__(self, message: str, what: str = "", limit: int = 0) -> None:
        self.what = what
        self.limit = limit
        super().__init__(message)


class ProductionRefused(LifecycleError):
    """An operation is not ready for production. `missing`: one line for each thing that it lacks."""

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        super().__init__(message)


class NotTransferable(LifecycleError):
    """Passes that the provider's credentials signed belong to the provider, for ever."""


class KeyOver(LifecycleError):
    """A key of the API that was revoked or rotated cannot be rotated."""


class UploadOutOfStep(LifecycleError):
    """A part of a file does not follow on what is there. `expected` is the number of bytes that are."""

    def __init__(self, message: str, expected: int) -> None:
        self.expected = expected
        super().__init__(message)


class HookLoop(LifecycleError):
    """What is done in answer to an event would answer too many events one after the other."""


class CredentialUnfit(LifecycleError):
    """The operation cannot use this credential."""


class WalletStopped(LifecycleError):
    """The wallet was switched off, for everyone or for this client."""


class NotFound(WalletPassError):
    """What was named does not exist, or belongs to another client."""


class RequestError(WalletPassError):
    """A request to the API is refused before any work is done."""


class KeyRefused(RequestError):
    """There is no key, or it is unknown, revoked or over."""


class ScopeMissing(RequestError):
    """The key is good, but may not do this."""


class TooManyRequests(RequestError):
    """The client asks faster than it may. `wait` is how many seconds to wait before the next request."""

    def __init__(self, message: str, wait: float) -> None:
        self.wait = wait
        super().__init__(message)


class RequestUnreadable(RequestError):
    """The body is not what its media type says."""


class RequestInvalid(RequestError):
    """Fields are missing or do not fit. `faults` are what pydantic says of each: `type`, `loc`, `msg`, `ctx`."""

    def __init__(self, faults: list[dict[str, object]]) -> None:
        self.faults = faults
        super().__init__("the request does not fit: see errors, one for each field")


class VersionDiffers(RequestError):
    """What is to be changed is not the version that the caller knows: read it again."""


class VersionNeeded(RequestError):
    """It exists already: a change says by If-Match which version it means."""


class ValuesError(WalletPassError):
    """Values of a pass do not fit the Model. `problems` maps each variable to what is wrong with it."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{name}: {what}" for name, what in problems.items()))


class PictureError(WalletPassError):
    """A picture is unreadable, of a refused type, or too large."""


class BundleError(WalletPassError):
    """Files cannot be put into a .pkpass: an unsafe path, too many, too large."""


class SigningError(WalletPassError):
    """Nothing was signed."""


class KeyUnreadable(SigningError):
    """The private key cannot be read."""


class WrongPassphrase(SigningError):
    """The private key or PKCS#12 file is encrypted and the passphrase does not open it."""


class CertificateUnreadable(SigningError):
    """A certificate cannot be read."""


class KeyMismatch(SigningError):
    """The private key does not belong to the certificate."""


class IdentityMismatch(SigningError):
    """The certificate is for another pass type (UID) or another team (OU)."""


class WrongPurpose(SigningError):
    """The certificate is not a Pass Type ID certificate."""


class CertificateExpired(SigningError):
    """A certificate has ended: renew it with Apple, then load the new file."""


class CertificateNotYetValid(SigningError):
    """A certificate is not valid yet: check the clock of this machine."""


class ChainBroken(SigningError):
    """The intermediate certificate is missing or did not issue the pass certificate."""


class GoogleError(WalletPassError):
    """Something about Google Wallet."""


class ServiceAccountUnreadable(GoogleError):
    """The service account file is not what Google hands out."""


class IdInvalid(GoogleError):
    """A Google id is not `<issuer>.<suffix>` of the allowed letters."""


class LinkTooLong(GoogleError):
    """A save link is longer than browsers and mail programs carry safely."""


class MappingRejected(GoogleError):
    """The Model asks for what this wallet cannot hold."""


class GoogleCallFailed(GoogleError):
    """
    A request to Google's API was not carried out.

    Attributes:
        retry_after: Seconds to wait, when Google said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class GoogleUnavailable(GoogleCallFailed):
    """Google does not answer, or has a fault of its own: try again later."""


class GoogleQuota(GoogleCallFailed):
    """Too many requests, or more notifications of one pass than Google shows in a day."""


class GoogleRate(GoogleQuota):
    """Too many requests, in any case: come more slowly."""


class GoogleDenied(GoogleCallFailed):
    """Google does not let the service account in: invite it in the Google Pay & Wallet console."""


class GoogleMissing(GoogleCallFailed):
    """Google has no such class or object."""


class GoogleTaken(GoogleCallFailed):
    """Google has a class or object of this id already."""


class GoogleRefused(GoogleCallFailed):
    """Google will not take this request, however often it is sent."""


class RootKeysUnreadable(GoogleError):
    """Google's root keys cannot be fetched or read: no callback can be verified until they are."""


class CallbackError(GoogleError):
    """What was posted to the callback address is not to be believed."""


class CallbackMalformed(CallbackError):
    """It is no callback at all."""


class CallbackForged(CallbackError):
    """Google did not sign it, or not for this issuer."""


class CallbackExpired(CallbackError):
    """It, or the key that signed it, has ended."""


class BarcodeError(WalletPassError):
    """A message does not fit its barcode format."""


class FetchError(WalletPassError):
    """A download failed."""


class ApnsError(WalletPassError):
    """Apple's push service did not take a push."""


class ApnsUnreachable(ApnsError):
    """There was no answer: the connection was refused or lost, or the answer came too late."""


class ApnsRefusesCertificate(ApnsError):
    """APNs ended the TLS handshake because of our certificate: it has ended or was revoked."""


class ApiError(WalletPassError):
    """
    A server of walletpass did not do what its client asked.

    Attributes:
        status: Of the answer; 0 when there was none.
        kind: The type of the problem, such as `quota-reached`; empty when the answer came from something else.
        faults: The fields at fault: `pointer` or `parameter`, `code`, `detail`.
        wait: Seconds after which it may be asked again, when the server said so.
    """

    def __init__(
        self,
        message: str,
        status: int = 0,
        *,
        kind: str = "",
        faults: tuple[dict[str, str], ...] = (),
        wait: float | None = None,
    ) -> None:
        self.status, self.kind, self.faults, self.wait = status, kind, faults, wait
        super().__init__(message)


class ApiUnreachable(ApiError):
    """The server does not answer. Nobody knows whether the request was carried out."""


class ApiDenied(ApiError):
    """The key is unknown, revoked or over, or it may not do this."""


class ApiMissing(ApiError):
    """What was named does not exist for this key, or exists no more."""


class ApiConflict(ApiError):
    """It cannot be done now: something is over, has ended, or was changed by somebody else meanwhile."""


class ApiInvalid(ApiError):
    """The request does not fit: `faults` has one entry for each field."""


class ApiLimited(ApiError):
    """Too many requests: `wait` says how many seconds to wait."""


class ApiFault(ApiError):
    """A fault of the server, or an answer that this client cannot read."""


class HookForged(WalletPassError):
    """What came to a web hook was not signed with its secret, or long ago: do not act on it."""


class MessageDelayed(WalletPassError):
    """A transport cannot take a message now: whatever led to it is to come again."""


class PassRefused(WalletPassError):
    """A phone does not take this pass, or not as a version of the one it has."""


class WebServiceFault(WalletPassError):
    """A pass's web service gave an answer that no phone understands, or none. `status` is the answer's, 0 for none."""

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


class WorkerLost(WalletPassError):
    """A process of a bulk build ended before its work was done. What it wrote is whole."""


class StorageError(WalletPassError):
    """Something about the server's database or the secrets in it."""


class DatabaseUnavailable(StorageError):
    """The database cannot be opened or reached."""


class NotStorable(UsageError):
    """A text or number of the request that no database column can hold: nothing was changed."""


class DatabaseBusy(StorageError):
    """The database was busy each time it was tried. Nothing was changed: try again."""


class SchemaOutdated(StorageError):
    """The tables were made by another version of walletpass."""


class SecretUnreadable(StorageError):
    """A stored secret cannot be opened: its key is missing, or the bytes were changed or moved."""


class WrongClient(StorageError):
    """A unit of one client touched a row of another: a fault of the program. Nothing was changed."""


class WriterBusy(StorageError):
    """Too many requests wait to be written, or the server is stopping. Nothing was changed: try again."""


class IdempotencyKeyReused(StorageError):
    """The same idempotency key came before with another request."""


class FiguresDiffer(StorageError):
    """Daily counts are not what their facts say."""
