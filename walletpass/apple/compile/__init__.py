"""A PassModel compiled for Apple Wallet: once per Model, then filled for each pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json, to_json

from walletpass.apple.compile.document import document, personalization, style_of
from walletpass.apple.compile.held_back import held_back
from walletpass.apple.compile.images import fixed_files, own_files, places
from walletpass.apple.compile.texts import AppleTexts, Filling, StringTable
from walletpass.errors import UsageError, ValuesError
from walletpass.model import PassModel
from walletpass.render import Needs, Writer, compiled, compiled_json
from walletpass.serials import check_serial

MIN_TOKEN = 16
"""Shortest authentication token, in characters (Apple, Wallet Passes: Pass)."""


_HEAD = frozenset({"passTypeIdentifier", "teamIdentifier", "serialNumber", "webServiceURL", "authenticationToken"})
"""What a pass is told by, first in pass.json; a Model's raw keys win over it."""
_CODES = frozenset({"barcode", "barcodes", "nfc"})
"""What a till reads: gone from a pass that was taken back."""
_VOIDED = {"voided": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebService:
    """
    Where the phone asks for updates of one pass.

    Attributes:
        url: Base address without `/v1`; https, or http on this machine for tests.
        authentication_token: The pass's own secret, 16 characters at least, never changed.
        allow_http: Take plain http on other machines too: for rehearsals, no phone does.

    Raises:
        UsageError: From the constructor: either does not hold.
    """

    url: str
    authentication_token: str
    allow_http: bool = False

    def __post_init__(self) -> None:
        _check_address(self.url, self.allow_http)
        if len(self.authentication_token) < MIN_TOKEN:
            raise UsageError(f"authentication token: {MIN_TOKEN} characters at least, or phones refuse the pass")


@lru_cache(64)
def _check_address(url: str, allow_http: bool) -> None:
    parts = urlsplit(url)
    local = allow_http or parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.scheme == "https" or (local and parts.scheme == "http")) or not parts.netloc:
        raise UsageError(f"web service {url}: Apple wants https")
    if parts.path.rstrip("/").endswith("/v1"):
        raise UsageError(f"web service {url}: leave out /v1, the phone adds it")


class AppleCompiler:
    """
    One Model, ready to be filled. Immutable once made; threads may share it.

    Attributes:
        model: The Model.
        shared_files: Archive path to content of what all its passes share: pictures, and fixed translations.
    """

    def __init__(self, model: PassModel) -> None:
        """
        Raises:
            PictureError: A picture is missing or unusable.
            UsageError: The Model is not for Apple Wallet.
        """
        if "apple" not in model.wallets:
            raise UsageError(
                f"model {model.model}: wallets has no apple, so there is nothing to build for Apple Wallet"
            )
        self.model = model
        texts = AppleTexts(Writer(model.variables, model.clock, model.languages))
        tree = document(model, texts)
        self._fill = compiled(tree)
        self._write = compiled_json(tree)
        self._write_silent = compiled_json(_without_messages(tree))
        self._overridden = tree.keys() & _HEAD
        form = model.apple.personalization
        self._form = compiled(personalization(form, texts)) if form else None
        self._table = texts.table
        self._table_grows = texts.grows
        self._own_places = [place for place in places(model) if place.image.variable is not None]
        self._translations = texts.table.files(model.languages)
        self.shared_files = fixed_files(model)
        if not self._table_grows:
            self.shared_files |= self._translations

    def own_files(
        self,
        serial: str,
        values: Mapping[str, object],
        *,
        pass_type_identifier: str,
        team_identifier: str,
        web_service: WebService | None = None,
        silent: bool = False,
        held_back_since: Mapping[str, object] | None = None,
        personalized: bool = False,
        voided: bool = False,
    ) -> dict[str, bytes]:
        """
        The files that are one pass's own: `pass.json`, and what else its values change.

        Args:
            serial: Serial number.
            values: Variable name to value; checked against the Model.
            pass_type_identifier: The certificate's.
            team_identifier: The certificate's.
            web_service: Where the phone asks for updates; None for a pass that never changes.
            silent: Leave out every change message, so that the phone shows the update without a notice.
            held_back_since: Silent for now: what has changed since these values is told by a later version.
            personalized: Whether the holder has enrolled already: then the pass carries no `personalization.json`.
            voided: Whether it was taken back: shown as void, without a code, whatever the Model says.

        Raises:
            ValuesError: Names every variable at fault.
            PictureError: A picture of this pass cannot be used.
        """
        checked = self.model.values.check(values, check_serial(serial))
        table = StringTable(self._table) if self._table_grows else self._table
        filling = Filling(checked, table)
        head: dict[str, Any] = {
            "passTypeIdentifier": pass_type_identifier,
            "teamIdentifier": team_identifier,
            "serialNumber": serial,
        }
        if web_service:
            head["webServiceURL"] = web_service.url.rstrip("/")
            head["authenticationToken"] = web_service.authentication_token
        for key in self._overridden:
            head.pop(key, None)
        if held_back_since is not None:
            body = to_json(held_back(self._fill(filling), self._body_of(held_back_since, serial), table))
        else:
            body = (self._write_silent if silent else self._write)(filling)
        if voided:
            body = to_json({key: value for key, value in from_json(body).items() if key not in _CODES} | _VOIDED)
        files = {"pass.json": b"".join((to_json(head)[:-1], b",", body[1:]))}
        if self._form and not personalized:
            files["personalization.json"] = to_json(self._form(filling))
        if self._own_places:
            files |= own_files(self.model, self._own_places, checked)
        if self._table_grows:
            own = table.files(self.model.languages)
            files |= {name: shared + own[name] for name, shared in self._translations.items()}
        return files

    def _body_of(self, values: Mapping[str, object], serial: str) -> dict[str, Any] | None:
        """What the Model shows of values; None where it needs others: then the pass was at another Model."""
        try:
            checked = self.model.values.check(values, serial)
        except ValuesError:
            return None
        body: dict[str, Any] = self._fill(Filling(checked, StringTable(self._table)))
        return body

    @property
    def style(self) -> str:
        """The classic style key of pass.json."""
        return style_of(self.model)


def _without_messages(document: dict[str, Any]) -> dict[str, Any]:
    """The same tree without `changeMessage` in any field."""

    def quiet(tree: Any) -> Any:
        if isinstance(tree, dict):
            kept = {key: quiet(item) for key, item in tree.items() if key != "changeMessage"}
            return Needs(kept, *tree.keys_needed) if isinstance(tree, Needs) else kept
        if isinstance(tree, list | tuple):
            return [quiet(item) for item in tree]
        return tree

    return {key: value if key == "userInfo" else quiet(value) for key, value in document.items()}
