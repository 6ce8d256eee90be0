"""
The face of a pass below its title: at most three rows of three items, the same for all passes of a class.

Header and primary fields make the first row, secondary fields the second, auxiliary fields the third; what a row has no
room for begins the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from walletpass.google.draft import Draft
from walletpass.google.modules import Modules
from walletpass.model.fields import Field
from walletpass.model.text import Text, whole_reference
from walletpass.templates.google import ITEMS_PER_ROW, ROWS

_ROW_AREAS = (("header", "primary"), ("secondary",), ("auxiliary",))
_DETAIL_AREAS = ("back", "footer", "additional_info")
_PATH = re.compile(r"(class|object)(\.[A-Za-z]\w*(\['[A-Za-z0-9_-]+'\])?)+")
_DATE_FORMATS = {
    None: "DATE_TIME",
    "short": "DATE_TIME",
    "medium": "DATE_TIME",
    "long": "DATE_TIME_YEAR",
    "full": "DATE_TIME_YEAR",
    "date": "DATE_ONLY",
    "long-date": "DATE_YEAR",
    "full-date": "DATE_YEAR",
    "time": "TIME_ONLY",
}
"""Format of a date-time to Google's dateFormat."""


class Cell(NamedTuple):
    """A field in a row."""

    where: str
    """Its place in the Model."""
    shows: str | dict[str, str]
    """Id of its text module, or a FieldReference."""


def write_fields(draft: Draft, modules: Modules) -> list[list[Cell]]:
    """Gather the modules of every field; answer the rows."""
    groups: list[list[Cell]] = []
    for areas in _ROW_AREAS:
        cells = [_cell(draft, modules, field, where) for area in areas for where, field in _fields(draft, area)]
        groups.append([cell for cell in cells if cell is not None])
    for area in _DETAIL_AREAS:
        for where, field in _fields(draft, area):
            modules.field(field, where)
            _tell(draft, field, where)
            draft.exact(where)
    rows, surplus = _spill(groups)
    if surplus:
        names = ", ".join(cell.where for cell in surplus)
        says = f"Google's face has {ROWS} rows of {ITEMS_PER_ROW}; shown in the details only: {names}"
        draft.warn("google-rows-full", "fields", says, "Show fewer fields on the face.")
        for cell in surplus:
            draft.moved(cell.where, "shown in the details only")
    return rows


def write_rows(draft: Draft, rows: Sequence[Sequence[Cell]], paths: dict[str, str]) -> None:
    """Set the row layout of the class. Without fields of its own a Model gets Google's usual face."""
    infos = [_row([_item(cell, paths) for cell in row]) for row in rows if row]
    if infos:
        draft.put("class.classTemplateInfo.cardTemplateOverride.cardRowTemplateInfos", infos, "")


def _fields(draft: Draft, area: str) -> list[tuple[str, Field]]:
    """The fields of an area for Google, each with its place in the Model."""
    fields = [(f"fields.{area}.{n}", field) for n, field in enumerate(draft.model.fields.areas()[area])]
    for where, field in fields:
        if "google" not in field.wallets:
            draft.dropped(where, "not for Google", quiet=True)
    return [(where, field) for where, field in fields if "google" in field.wallets]


def _cell(draft: Draft, modules: Modules, field: Field, where: str) -> Cell | None:
    """What stands for a field in a row; None when the title shows it already."""
    _tell(draft, field, where)
    if field.google_path is not None:
        if not _PATH.fullmatch(field.google_path):
            draft.rejected(
                where, f"google_path {field.google_path!r} is no path", "write object.loyaltyPoints.balance or the like"
            )
        draft.exact(where)
        return Cell(where, {"fieldPath": field.google_path})
    path = draft.path_of(field.value) if isinstance(field.value, Text) else None
    if path in draft.type.title:
        draft.moved(where, "shown in the title")
        return None
    if path is not None:
        draft.adapted(where, f"shown as {path}, with Google's own label")
        return Cell(where, {"fieldPath": path, **_date_format(draft, field)})
    modules.field(field, where)
    draft.exact(where)
    return Cell(where, field.key)


def _date_format(draft: Draft, field: Field) -> dict[str, str]:
    reference = whole_reference(field.value.plain) if isinstance(field.value, Text) else None
    variable = draft.model.variables.get(reference.name) if reference else None
    if reference is None or variable is None or variable.type not in ("date-time", "date"):
        return {}
    return {"dateFormat": "DATE_YEAR" if variable.type == "date" else _DATE_FORMATS[reference.format]}


def _tell(draft: Draft, field: Field, where: str) -> None:
    """What of a field Google does not know."""
    if field.relative:
        draft.adapted(f"{where}.relative", "Google shows the date itself")
    if field.align:
        draft.dropped(f"{where}.align", "on Google the place in the row decides", quiet=True)
    if field.change_message:
        draft.adapted(f"{where}.change_message", "on Google a change is told by a message of its own")
    if field.html:
        draft.dropped(f"{where}.html", "Google shows the value, its addresses as links", quiet=True)
    for name in ("own_zone", "row", "detect", "semantics", "apple"):
        if getattr(field, name) not in (None, False):
            draft.dropped(f"{where}.{name}", "only Apple Wallet knows it", quiet=True)


def _spill(groups: Sequence[Sequence[Cell]]) -> tuple[list[list[Cell]], list[Cell]]:
    """Rows, and what none had room for."""
    rows: list[list[Cell]] = []
    rest: list[Cell] = []
    for group in groups:
        rest += group
        rows.append(rest[:ITEMS_PER_ROW])
        rest = rest[ITEMS_PER_ROW:]
    return rows, rest


def _item(cell: Cell, paths: dict[str, str]) -> dict[str, Any]:
    reference = {"fieldPath": paths[cell.shows]} if isinstance(cell.shows, str) else cell.shows
    return {"firstValue": {"fields": [reference]}}


def _row(items: list[dict[str, Any]]) -> dict[str, Any]:
    if len(items) == 1:
        return {"oneItem": {"item": items[0]}}
    names = ("startItem", "endItem") if len(items) == 2 else ("startItem", "middleItem", "endItem")
    return {"twoItems" if len(items) == 2 else "threeItems": dict(zip(names, items, strict=True))}
