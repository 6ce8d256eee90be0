"""Values in, signed bytes out: the whole way to a .pkpass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from walletpass.apple.bundle import PreparedBundle, prepare
from walletpass.apple.compile import AppleCompiler, WebService
from walletpass.apple.signing import Signer
from walletpass.model import PassModel


class PassMaker:
    """
    Makes the passes of one Model. Keep it: what is shared is compiled, resized, hashed and laid out once.

    Example:
        maker = PassMaker(load_model("model.yaml"), KeySigner(AppleCredentials.from_files(...)))
        data = maker.make("C-1", {"amount": "12.50 EUR"})

    Threads may share it; signing lets other threads run.
    """

    def __init__(self, model: PassModel, signer: Signer) -> None:
        """
        Raises:
            PictureError: A picture is missing or unusable.
            UsageError: The Model is not for Apple Wallet.
        """
        self.compiler = AppleCompiler(model)
        self.signer = signer
        self._bundle: PreparedBundle = prepare(self.compiler.shared_files)

    def make(
        self,
        serial: str,
        values: Mapping[str, object] | None = None,
        *,
        at: datetime | None = None,
        web_service: WebService | None = None,
        silent: bool = False,
        held_back_since: Mapping[str, object] | None = None,
        personalized: bool = False,
        voided: bool = False,
    ) -> bytes:
        """
        One signed pass.

        Args:
            serial: Serial number, unique in the pass type.
            values: Variable name to value.
            at: Signing time; now by default. The same arguments and second give the same bytes with an RSA key.
            web_service: Where the phone asks for updates.
            silent: No change messages: an update without a notice.
            held_back_since: Silent for now; a later version tells what has changed since these values.
            personalized: The holder has enrolled: no enrolment form.
            voided: It was taken back: shown as void, without a code.

        Raises:
            ValuesError: Names every variable at fault.
            SigningError: The certificate is not valid at that time, or the key failed.
            PictureError: A picture of this pass cannot be used.
        """
        return b"".join(
            self.parts(
                serial,
                values,
                at=at,
                web_service=web_service,
                silent=silent,
                held_back_since=held_back_since,
                personalized=personalized,
                voided=voided,
            )
        )

    def parts(
        self,
        serial: str,
        values: Mapping[str, object] | None = None,
        *,
        at: datetime | None = None,
        web_service: WebService | None = None,
        silent: bool = False,
        held_back_since: Mapping[str, object] | None = None,
        personalized: bool = False,
        voided: bool = False,
    ) -> tuple[bytes, bytes]:
        """The same in two buffers, the one all passes share first: servers send them without joining."""
        files = self.compiler.own_files(
            serial,
            values or {},
            pass_type_identifier=self.signer.pass_type_identifier,
            team_identifier=self.signer.team_identifier,
            web_service=web_service,
            silent=silent,
            held_back_since=held_back_since,
            personalized=personalized,
            voided=voided,
        )
        return self._bundle.parts(files, self.signer, at or datetime.now(UTC))
