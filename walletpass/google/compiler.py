"""A PassModel compiled for Google Wallet: once per Model, then filled for each pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walletpass.errors import MappingRejected, UsageError
from walletpass.google.draft import varies
from walletpass.google.ids import check_issuer, class_suffix_of, object_suffix, split_id
from walletpass.google.kinds import GoogleTypeKey, google_type
from walletpass.google.patches import Shape, shape_of
from walletpass.google.sketch import sketch
from walletpass.model import PassModel
from walletpass.model.variables import Value
from walletpass.pictures.urls import PictureUrls
from walletpass.render import compiled
from walletpass.report import LossReport
from walletpass.serials import check_serial
from walletpass.templates.google import TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class GooglePass:
    """
    One pass as Google takes it.

    Attributes:
        type: Google's name of its type (`offer`).
        class_: The class, ready to be inserted. Passes may share it: do not change it.
        object_: The object.
        report: What became of each part of the Model.
    """

    type: GoogleTypeKey
    class_: dict[str, Any]
    object_: dict[str, Any]
    report: LossReport = field(repr=False)

    @property
    def class_id(self) -> str:
        """Id of the class."""
        return str(self.class_["id"])

    @property
    def object_id(self) -> str:
        """Id of the object."""
        return str(self.object_["id"])


class GoogleCompiler:
    """
    One Model, ready to be filled. Immutable once made; threads may share it.

    Attributes:
        model: The Model.
        type: Its Google type.
        report: What became of each part of the Model.
        static_class: The class that all passes share; None when there is one for each set of values.
        object_shape: The properties that an object of it may have, for `patches.with_nulls`.
    """

    def __init__(
        self,
        model: PassModel,
        *,
        issuer_id: str,
        image_url: PictureUrls | None = None,
        callback_url: str | None = None,
        class_suffix: str | None = None,
        strict: bool = False,
    ) -> None:
        """
        Args:
            model: The Model.
            issuer_id: Digits that Google gave the issuer.
            image_url: Publishes pictures; without it only those with a `url` of their own are shown.
            callback_url: Where Google reports saves and deletions, unless the Model says.
            class_suffix: Last part of the class id; by default the Model's `google.class_suffix`, else its name.
            strict: Whether a part that Google has no place for is refused instead of dropped.

        Raises:
            MappingRejected: Google has no place for what the Model needs, or requires what it lacks.
            IdInvalid: Not an issuer id, or not a suffix.
            PictureError: A picture cannot be used.
            UsageError: The Model is not for Google Wallet.
        """
        if "google" not in model.wallets:
            raise UsageError(
                f"model {model.model}: wallets has no google, so there is nothing to make for Google Wallet"
            )
        self.model = model
        self.type = google_type(model)
        draft = sketch(model, image_url)
        self.report = LossReport.of(draft.entries, strict=strict)
        self.report.require(model.model)
        self._template = TYPES[self.type]
        self._issuer = check_issuer(issuer_id)
        self._suffix = class_suffix or model.google.class_suffix or model.model
        split_id(f"{self._issuer}.{self._suffix}-{'0' * 12}")
        callback = model.google.callback_url or callback_url
        self._callback = {"callbackOptions": {"url": callback}} if callback else {}
        self._fill_class = compiled(draft.tree["class"])
        self._fill_object = compiled(draft.tree["object"])
        self.object_shape: Shape = shape_of(draft.tree["object"])
        self.static_class: dict[str, Any] | None = None
        if not varies(draft.tree["class"]):
            self.static_class = self._class(self._fill_class({}), self._suffix)

    def compile(self, serial: str, values: Mapping[str, object], *, voided: bool = False) -> GooglePass:
        """
        One pass.

        Args:
            serial: Serial number; the object id is made from it.
            values: Variable name to value; checked against the Model.
            voided: Whether it was taken back: inactive, without a code.

        Raises:
            ValuesError: Names every value at fault.
            MappingRejected: A property that Google requires is empty in this pass.
            PictureError: A picture of this pass cannot be used.
        """
        checked = self.model.values.check(values, check_serial(serial))
        class_ = self.static_class
        if class_ is None:
            content = self._fill_class(checked)
            class_ = self._class(content, class_suffix_of(self._suffix, content))
            self._require(class_, self._template.class_required, serial)
        object_id = f"{self._issuer}.{object_suffix(serial)}"
        object_ = {"id": object_id, "classId": class_["id"], **self._fill_object(checked)}
        if voided or self._is_voided(checked):
            object_["state"] = "INACTIVE"
            object_.pop("barcode", None)
            object_.pop("rotatingBarcode", None)
        self._require(object_, self._template.object_required, serial)
        return GooglePass(type=self.type, class_=class_, object_=object_, report=self.report)

    def _class(self, content: dict[str, Any], suffix: str) -> dict[str, Any]:
        return {"id": f"{self._issuer}.{suffix}", **content, **self._callback}

    def _is_voided(self, values: Mapping[str, Value]) -> bool:
        voided = self.model.voided
        return voided if isinstance(voided, bool) else bool(values.get(voided.name))

    def _require(self, filled: Mapping[str, Any], required: tuple[str, ...], serial: str) -> None:
        missing = [name for name in required if filled.get(name) in (None, {})]
        if missing:
            raise MappingRejected(
                f"pass {serial}: {', '.join(missing)} is empty, and Google's {self.type} requires it: "
                "give the variables in it a value"
            )
