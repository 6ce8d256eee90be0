"""A Model as the trees of its class and object, and the account of what became of each part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from walletpass.google.common import write_common
from walletpass.google.draft import Draft, varies
from walletpass.google.kinds import google_type
from walletpass.google.modules import Modules
from walletpass.google.rows import write_fields, write_rows
from walletpass.google.types import WRITERS
from walletpass.model import PassModel
from walletpass.model.part import Part
from walletpass.pictures.urls import PictureUrls
from walletpass.templates.google import NEVER_SENT, TYPES

_OURS = ("id", "classId")
_UNSEEN = frozenset(("latitude", "longitude", "city", "zone", "given", "family", "kind"))
"""Details that help a phone and that nobody reads."""


def sketch(model: PassModel, image_url: PictureUrls | None) -> Draft:
    """
    Write the class and the object of a Model, without their ids.

    Args:
        model: The Model.
        image_url: Publishes pictures; None leaves out those without a `url` of their own.

    Raises:
        MappingRejected: The Model asks for a type that cannot stand in. All else is said in the draft.
    """
    key = google_type(model)
    draft = Draft(model, TYPES[key], image_url)
    WRITERS[key](draft)
    write_common(draft)
    modules = Modules(draft)
    rows = write_fields(draft, modules)
    modules.of_the_model()
    write_rows(draft, rows, modules.place())
    if model.details:
        _account(draft, model.details, model.section)
    _account_for_the_rest(draft)
    _raw(draft, "class", model.google.class_raw)
    _raw(draft, "object", model.google.object_raw)
    return draft


def _account(draft: Draft, part: Part, path: str) -> None:
    """Say of every detail that nothing above has spoken of that it is dropped."""
    told = [entry.field for entry in draft.entries]
    for name in type(part).model_fields:
        value, where = getattr(part, name), f"{path}.{name}"
        if name not in part.model_fields_set or value in (None, ()):
            continue
        if isinstance(value, Part):
            _account(draft, value, where)
        elif not any(
            field == where or field.startswith(f"{where}.") or where.startswith(f"{field}.") for field in told
        ):
            says = f"Google's {draft.type.key} has no place for it"
            draft.dropped(where, says, "Show it in a field.", quiet=name in _UNSEEN)


def _account_for_the_rest(draft: Draft) -> None:
    """The same for what every Model has, or may have for Apple; nobody will miss it."""
    model = draft.model
    told = {entry.field for entry in draft.entries}
    for name in ("organization", "description"):
        if name not in told:
            draft.dropped(name, "the section says it in other words", quiet=True)
    for name in ("country", "homepage"):
        if getattr(model.google, name) and f"google.{name}" not in told:
            draft.dropped(f"google.{name}", f"Google's {draft.type.key} has no place for it", quiet=True)
    if model.barcode and model.barcode.fallback and "barcode.fallback" not in told:
        draft.dropped("barcode.fallback", "Google shows the first code of the chain that it can draw", quiet=True)
    for path, part, names in (
        ("apple", model.apple, tuple(type(model.apple).model_fields)),
        ("app", model.app, ("launch_url", "store_ids")),
        ("nfc", model.nfc, ("public_key", "requires_authentication")),
    ):
        for name in names:
            if part is not None and getattr(part, name) not in (None, False, (), {}):
                draft.dropped(f"{path}.{name}", "only Apple Wallet knows it", quiet=True)


def _raw(draft: Draft, owner: str, additions: Mapping[str, Any]) -> None:
    """Merge the Model's own additions, last."""
    if not additions:
        return
    field = f"google.{owner}_raw"
    fields = draft.type.class_fields if owner == "class" else draft.type.object_fields
    for name in additions:
        if name in _OURS:
            draft.rejected(f"{field}.{name}", "ids are made from the Model and the serial", "use google.class_suffix")
        elif name in NEVER_SENT or name not in fields:
            says = f"Google's {draft.type.key} {owner} has no property {name}, so the request is refused"
            draft.warn("google-unknown-property", f"{field}.{name}", says, "Look at Google's reference of this type.")
    written = draft.writer.raw(additions)
    draft.tree[owner] = merged(draft.tree[owner], written)
    if owner == "class" and varies(written):
        draft.adapted(field, "Google keeps it on the class: one class is made for each value")
    else:
        draft.exact(field)


def merged(base: dict[str, Any], additions: Mapping[str, Any]) -> dict[str, Any]:
    """Objects are merged property by property, all else is replaced; null takes a property away."""
    result = dict(base)
    for name, value in additions.items():
        there = result.get(name)
        result[name] = merged(there, value) if isinstance(there, dict) and isinstance(value, Mapping) else value
    return result
