"""One version of a pass on a phone: taken apart, verified, and compared with the version before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from walletpass.apple.verify import inspect
from walletpass.errors import PassRefused
from walletpass.findings import Severity
from walletpass.preview.apple_view import AppleView
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.values import format_value
from walletpass.templates.apple import FIELD_GROUPS
from walletpass.testing.web_service import PassAddress

SEVERAL = "Your pass has changed."
"""Stands for iOS's own words when more than one field has something to say."""

_DEVELOPER_SWITCH = "web-service-not-https"  # tolerated: this phone has "Allow HTTP Services" turned on

PassKey = tuple[str, str]
"""Pass type identifier and serial: what makes two bundles versions of one pass."""


@dataclass(frozen=True, slots=True)
class Notice:
    """
    What the lock screen shows when a pass has changed.

    Attributes:
        key: Which pass.
        organization: Whose, as `organizationName` says.
        text: The changed field's `changeMessage` with its new value; of several fields one general sentence.
        fields: Keys of the fields that changed and carry a `changeMessage`.
    """

    key: PassKey
    organization: str
    text: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldPass:
    """
    A version of a pass, sound by walletpass's own verifier.

    Attributes:
        bundle: The .pkpass.
        document: Its `pass.json`.
        files: Content of its files by name.
        last_modified: As the web service dated this version; None when it came another way.
    """

    bundle: bytes = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    last_modified: str | None = None

    @classmethod
    def read(cls, bundle: bytes, anchors: Iterable[bytes], last_modified: str | None = None) -> Self:
        """
        Take a bundle as a phone does: only if everything about it is right.

        Args:
            bundle: The .pkpass.
            anchors: Certificates to trust, PEM or DER, besides Apple's.
            last_modified: The date it came with.

        Raises:
            PassRefused: It has a fault, the first of which is told.
        """
        found = inspect(bundle, anchors=anchors)
        faults = [one for one in found.findings if one.severity is Severity.ERROR and one.rule != _DEVELOPER_SWITCH]
        if faults:
            raise PassRefused(f"the phone refuses the pass: {faults[0]}")
        if not found.trusted:
            raise PassRefused("the phone refuses the pass: its certificates lead to nobody it trusts: name their root")
        service, secret = found.pass_json.get("webServiceURL"), found.pass_json.get("authenticationToken")
        if (service is None) != (secret is None):
            raise PassRefused("the phone refuses the pass: give webServiceURL and authenticationToken both, or neither")
        return cls(bundle, found.pass_json, found.files, last_modified)

    @property
    def key(self) -> PassKey:
        """Its pass type identifier and serial."""
        return self.document["passTypeIdentifier"], self.document["serialNumber"]

    @property
    def serial(self) -> str:
        """Its serial."""
        return self.key[1]

    @property
    def address(self) -> PassAddress | None:
        """Where it is updated; None for a pass that is not."""
        service = self.document.get("webServiceURL")
        if service is None:
            return None
        return PassAddress(str(service).removesuffix("/"), *self.key, self.document["authenticationToken"])

    def fields(self) -> dict[str, Mapping[str, Any]]:
        """Every field by its key, front and back."""
        bodies = [mapping(value) for value in self.document.values()]
        listed = (field for body in bodies for group in FIELD_GROUPS for field in mappings(body.get(group)))
        return {str(field.get("key")): field for field in listed}

    def notice_after(self, older: HeldPass, language: str | None = None) -> Notice | None:
        """
        What the phone tells when this version replaces an older one.

        Fields are compared by key. One that changed and has a `changeMessage` is told; none makes a silent update;
        several make one general sentence, and so does a message without `%@`.

        Args:
            older: The version before.
            language: The phone's; picks the texts of the pass.
        """
        before, view = older.fields(), AppleView(self.document, self.files, language)
        told = {
            key: field
            for key, field in self.fields().items()
            if field.get("changeMessage") and key in before and _value(field) != _value(before[key])
        }
        if not told:
            return None
        text = SEVERAL
        if len(told) == 1:
            (changed,) = told.values()
            message = view.text(changed["changeMessage"])
            if "%@" in message:
                text = message.replace("%@", _shown(changed, view))
        return Notice(self.key, view.top("organizationName"), text, tuple(told))


def _value(field: Mapping[str, Any]) -> object:
    return field.get("attributedValue", field.get("value"))


def _shown(field: Mapping[str, Any], view: AppleView) -> str:
    value = field.get("value")
    return format_value(field, view.text(value) if isinstance(value, str) else value, view.locale)
