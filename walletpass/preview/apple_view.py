"""What a preview reads of an Apple pass: texts in one language, fields as written, pictures, colours, barcode."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from walletpass.apple.strings import read_strings
from walletpass.errors import DocumentError
from walletpass.preview.canvas import Align
from walletpass.preview.colours import Colour, parse_colour, text_on
from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.pictures import Picture, read_picture
from walletpass.preview.text import clean, mostly_right_to_left, reads_from_the_right
from walletpass.preview.values import format_value, locale_of, parse_moment, plain_text
from walletpass.preview.words import word

STYLES = ("boardingPass", "coupon", "eventTicket", "generic", "storeCard")
MAX_BACK_FIELDS = 60

_ALIGNED: dict[object, Align] = {
    "PKTextAlignmentLeft": "start",
    "PKTextAlignmentCenter": "middle",
    "PKTextAlignmentRight": "end",
}
_ROOT = ""
_MAX_STRINGS = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Field:
    """A label and a value, both ready to be drawn. `row` is the auxiliary row of an event ticket."""

    label: str
    value: str
    align: Align = "start"
    row: int = 0


class AppleView:
    """
    A compiled pass in one language.

    Nothing in it is trusted: what has the wrong type counts as absent, as a preview also shows passes that others made.
    Without a language the English folder counts, else the first one, else the texts of pass.json.
    """

    def __init__(self, pass_json: Mapping[str, Any], files: Mapping[str, bytes], language: str | None = None) -> None:
        self.json = pass_json
        self.files = files
        self._folder = _folder(files, language)
        self.language = language or self._folder or "en"
        self.locale = locale_of(self.language)
        self._strings = _strings(files, self._folder)
        self.style = next((style for style in STYLES if isinstance(pass_json.get(style), Mapping)), None)
        self.body = mapping(pass_json.get(self.style)) if self.style else {}
        self.background = parse_colour(pass_json.get("backgroundColor")) or Colour(245, 245, 247)
        self.foreground = parse_colour(pass_json.get("foregroundColor")) or text_on(self.background)
        self.label = parse_colour(pass_json.get("labelColor")) or self.foreground.towards(self.background, 0.35)
        self.rtl = self._reads_from_the_right(language or self._folder)

    def text(self, value: object, limit: int = 300) -> str:
        """A localizable text in this language, cleaned."""
        if isinstance(value, str):
            return clean(self._strings.get(value, value), limit)
        return "" if value is None or isinstance(value, Mapping | list) else clean(value, limit)

    def top(self, key: str) -> str:
        """The localizable text under a top-level key of pass.json."""
        return self.text(self.json.get(key))

    def fields(self, group: str, most: int = 8, *, body: Mapping[str, Any] | None = None) -> list[Field]:
        """The fields of a group that the face has room for, formatted."""
        source = self.body if body is None else body
        return [self._field(field) for field in mappings(source.get(group))[:most]]

    def back_fields(self) -> list[Field]:
        """The fields of the back, whose values may be long and may carry links."""
        fields = mappings(self.body.get("backFields"))[:MAX_BACK_FIELDS]
        return [self._field(field, limit=4000, attributed=True) for field in fields]

    def semantic(self, key: str) -> Any:
        """A semantic tag, wherever it stands: at the root or in a field."""
        found = mapping(self.json.get("semantics")).get(key)
        if found is not None:
            return found
        groups = (mappings(group) for group in self.body.values() if isinstance(group, list))
        tags = (mapping(field.get("semantics")).get(key) for group in groups for field in group)
        return next((tag for tag in tags if tag is not None), None)

    def semantic_text(self, key: str) -> str:
        """A semantic tag that is a text."""
        return self.text(self.semantic(key))

    def picture(self, name: str, width: float, height: float, *, blur: float = 0) -> Picture | None:
        """The sharpest copy of a picture; one in the root counts before those of a language."""
        folders = [_ROOT, f"{self._folder}.lproj/"] if self._folder else [_ROOT]
        for folder in folders:
            for scale in ("@3x", "@2x", ""):
                data = self.files.get(f"{folder}{name}{scale}.png")
                if data is not None and (picture := read_picture(data, width, height, blur=blur)):
                    return picture
        return None

    def barcodes(self) -> list[Mapping[str, Any]]:
        """The chain of barcodes, best first."""
        listed = mappings(self.json.get("barcodes"))
        return listed or mappings([self.json.get("barcode")])

    def mark(self, now: datetime | None) -> str | None:
        """Why the pass no longer counts ("Void", "Expired"), in its language, or None."""
        if self.json.get("voided") is True:
            return word("Void", self.language)
        ends = parse_moment(self.json.get("expirationDate"))
        return word("Expired", self.language) if now and ends and ends.tzinfo and now >= ends else None

    def prefers(self, scheme: str) -> bool:
        """Whether `preferredStyleSchemes` asks for a newer form."""
        schemes = self.json.get("preferredStyleSchemes")
        return isinstance(schemes, list) and scheme in schemes

    def recoloured(self, foreground: Colour, label: Colour) -> AppleView:
        """The same pass with other text colours."""
        changed = copy(self)
        changed.foreground, changed.label = foreground, label
        return changed

    def _field(self, field: Mapping[str, Any], limit: int = 300, *, attributed: bool = False) -> Field:
        value = field.get("value")
        if attributed and isinstance(field.get("attributedValue"), str):
            shown = plain_text(self._strings.get(field["attributedValue"], field["attributedValue"]))
        else:
            shown = format_value(
                field, self._strings.get(value, value) if isinstance(value, str) else value, self.locale
            )
        return Field(
            label=self.text(field.get("label")),
            value=clean(shown, limit),
            align=self._align(field.get("textAlignment")),
            row=1 if field.get("row") == 1 else 0,
        )

    def _align(self, value: object) -> Align:
        align = _ALIGNED.get(str(value), "start")
        if self.rtl and str(value) in {"PKTextAlignmentLeft", "PKTextAlignmentRight"}:  # these do not mirror
            return "end" if align == "start" else "start"
        return align

    def _reads_from_the_right(self, language: str | None) -> bool:
        if language:
            return reads_from_the_right(language)
        groups = (mappings(group) for group in self.body.values() if isinstance(group, list))
        texts = [field.get(key) for group in groups for field in group for key in ("label", "value")]
        return mostly_right_to_left(text for text in texts if isinstance(text, str))


def _folder(files: Mapping[str, bytes], language: str | None) -> str | None:
    """The name before ".lproj" that serves a language best."""
    folders = sorted({path.split(".lproj/")[0] for path in files if ".lproj/" in path})
    if not folders:
        return None
    if language is None:
        return next((name for name in folders if name.split("-")[0] == "en"), folders[0])
    wanted = language.replace("_", "-").lower()
    same = [name for name in folders if name.lower() == wanted]
    related = [name for name in folders if name.lower().split("-")[0] == wanted.split("-")[0]]
    return next(iter(same + related), None)


def _strings(files: Mapping[str, bytes], folder: str | None) -> dict[str, str]:
    data = files.get(f"{folder}.lproj/pass.strings", b"") if folder else b""
    try:
        return read_strings(data) if len(data) <= _MAX_STRINGS else {}
    except DocumentError:  # Wallet shows the keys then; `verify` names the fault
        return {}
