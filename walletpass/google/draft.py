"""
A class and an object being written for one Model, with the account of what became of each part.

Paths are those of Google's `fieldPath`: `class.title`, `object.loyaltyPoints.balance`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walletpass.findings import Finding, Severity
from walletpass.google.texts import localized, string, twin, twin_name
from walletpass.model import PassModel
from walletpass.model.text import Reference, Text, split, whole_reference
from walletpass.pictures.urls import PictureUrls
from walletpass.render import OMIT, Hole, Needs, Writer
from walletpass.report import Action, LossEntry
from walletpass.templates.google import LIMITS, GoogleType

SHARED = "Google keeps it on the class, which many passes share: one class is made for each value"

ONE_LANGUAGE = "Google does not translate it: shown in the default language"

_SEVERITY = {
    "adapted": Severity.NOTE,
    "moved": Severity.NOTE,
    "dropped": Severity.WARNING,
    "rejected": Severity.ERROR,
}


class Draft:
    """What the modules of `walletpass.google` write into, in turn."""

    def __init__(self, model: PassModel, google_type: GoogleType, image_url: PictureUrls | None) -> None:
        self.model = model
        self.type = google_type
        self.image_url = image_url
        self.writer = Writer(model.variables, model.clock, model.languages)
        self.tree: dict[str, dict[str, Any]] = {"class": {}, "object": {}}
        self.entries: list[LossEntry] = []
        self.findings: list[Finding] = []
        self._paths: dict[object, str] = {}

    # --- what became of it ---

    def exact(self, field: str) -> None:
        """A part shown as it is."""
        self._note(field, "exact", "")

    def adapted(self, field: str, reason: str, hint: str = "") -> None:
        """A part shown otherwise."""
        self._note(field, "adapted", reason, hint)

    def moved(self, field: str, reason: str, hint: str = "") -> None:
        """A part shown elsewhere."""
        self._note(field, "moved", reason, hint)

    def dropped(self, field: str, reason: str, hint: str = "", *, quiet: bool = False) -> None:
        """A part not shown; `quiet` when nobody will miss it."""
        self._note(field, "dropped", reason, hint, quiet=quiet)

    def rejected(self, field: str, reason: str, hint: str = "") -> None:
        """A part without which, or with which, no pass can be made."""
        self._note(field, "rejected", f"{reason}: {hint}" if hint else reason)

    def warn(self, rule: str, field: str, says: str, hint: str = "") -> None:
        """A finding that is no loss."""
        self.findings.append(Finding(Severity.WARNING, rule, field, says, self.type.source, hint))

    def _note(self, field: str, action: Action, reason: str, hint: str = "", *, quiet: bool = False) -> None:
        entry = LossEntry(field, "google", action, reason)
        if entry in self.entries:
            return
        self.entries.append(entry)
        if action != "exact" and not quiet:
            finding = Finding(_SEVERITY[action], f"google-{action}", field, reason, self.type.source, hint)
            self.findings.append(finding)

    # --- writing ---

    def put(self, path: str, tree: Any, field: str, shows: object = None) -> None:
        """
        Set a property.

        Args:
            path: Where.
            tree: JSON data, with holes.
            field: The part of the Model it comes from; empty for what no part of it says.
            shows: The Text or Reference it shows, so that a field of the same value can point at it.
        """
        *parents, name = path.split(".")
        place: dict[str, Any] = self.tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = tree
        if field and path.startswith("class.") and varies(tree):
            self.adapted(field, SHARED)
        elif field:
            self.exact(field)
        if shows is not None:
            self._remember(path, shows)

    def text(self, path: str, text: Text | None, field: str) -> None:
        """A plain property with a `localized…` twin."""
        if text is None:
            return
        parent, name = path.rsplit(".", 1)
        written = twin(self.writer, name, text)
        self.put(path, written[name], field, text)
        if twin_name(name) in written:
            self.put(f"{parent}.{twin_name(name)}", written[twin_name(name)], field)
        self.measure(path, text, field)

    def localized(self, path: str, text: Text | None, field: str) -> None:
        """A property that is a LocalizedString."""
        if text is None:
            return
        self.put(path, localized(self.writer, text), field, text)
        self.measure(path, text, field)

    def plain(self, path: str, text: Text | None, field: str) -> None:
        """A property that Google does not translate."""
        if text is None:
            return
        self.put(path, string(self.writer, text), field, text)
        if text.translations:
            self.adapted(field, ONE_LANGUAGE)
        self.measure(path, text, field)

    def slot(self, path: str, value: Any, convert: Callable[[Any], Any], field: str) -> None:
        """A property converted from a literal, or from the variable of a Reference."""
        if value is not None:
            self.put(path, self.writer.slot(value, convert), field, value)

    def needs(self, path: str, *keys: str) -> None:
        """Leave a group of properties out when one of these is missing."""
        *parents, name = path.split(".")
        place: dict[str, Any] = self.tree
        for parent in parents:
            place = place.get(parent, {})
        if name in place:
            place[name] = Needs(place[name], *keys)

    def has(self, path: str) -> bool:
        """Whether a property is set, if perhaps empty in some passes."""
        place: Any = self.tree
        for step in path.split("."):
            place = place.get(step, OMIT) if isinstance(place, dict) else OMIT
        return place is not OMIT and place is not None

    # --- looking back ---

    def path_of(self, text: Text) -> str | None:
        """The property that already shows this very value."""
        return self._paths.get(_identity(text))

    def _remember(self, path: str, shows: object) -> None:
        identity = _identity(shows)
        # Of fixed texts only the title counts: a seat "A" and a row "A" are not the same thing.
        if identity is not None and (isinstance(identity, str) or path in self.type.title):
            self._paths.setdefault(identity, path)

    def measure(self, path: str, text: Text, field: str) -> None:
        """Warn of a text longer than Google shows. Counted without what its References bring."""
        owner, *_, name = path.split(".")
        schema = self.type.class_schema if owner == "class" else self.type.object_schema
        limit = LIMITS.get(f"{schema}.{name}") or LIMITS.get(name) or LIMITS.get(path)
        self.measure_by(limit.path if limit else "", text, field)

    def measure_by(self, limit_path: str, text: Text, field: str) -> None:
        """As `measure`, by the name of a limit (`TextModuleData.body`)."""
        limit = LIMITS.get(limit_path)
        longest = max(map(_fixed_length, text.strings()))
        if limit and longest > limit.at_most:
            says = f"has {longest} characters, Google shows about {limit.at_most}"
            self.warn("google-text-cut", field, says, "Shorten it, or check how it looks on a phone.")


def given(*choices: tuple[Text | None, str]) -> tuple[Text, str]:
    """The first text there is, and where it stands in the Model; the last one always is."""
    return next((text, field) for text, field in choices if text is not None)


def varies(tree: Any) -> bool:
    """Whether any hole is in a tree."""
    if isinstance(tree, dict):
        return any(map(varies, tree.values()))
    if isinstance(tree, list | tuple):
        return any(map(varies, tree))
    return isinstance(tree, Hole)


def _identity(shown: object) -> object:
    """Variable name of what is exactly one Reference, in whatever format; else the text itself."""
    if isinstance(shown, Reference):
        return shown.name
    if not isinstance(shown, Text):
        return None
    reference = whole_reference(shown.plain)
    return reference.name if reference else (shown.plain, shown.translations)


def _fixed_length(written: str) -> int:
    return sum(len(part) for part in split(written) if isinstance(part, str))
