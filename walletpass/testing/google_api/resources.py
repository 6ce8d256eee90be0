"""Classes and objects as Google keeps them: what may be written, what a PATCH does, who may, how often it notifies."""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal

from walletpass.templates.google import ID_PATTERN, SERVER_OWNED, TYPES

Kind = Literal["Class", "Object"]

MESSAGES = 10
"""Messages that a class or object holds."""
NOTICES = 3
"""Notifications of each kind for one resource in 24 hours."""
DAY = timedelta(hours=24)


@cache
def contract_is_there() -> bool:
    """Whether the packages are installed that hold Google's discovery document and check against it."""
    return bool(find_spec("googleapiclient") and find_spec("jsonschema"))


class Refused(Exception):
    """
    Google says no.

    Attributes:
        status: Of HTTP.
        reason: Google's word: badRequest, permissionDenied, classNotFound, alreadyExists, quotaExceeded.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class GoogleNotice:
    """
    A notification that phones showed.

    Attributes:
        resource_id: Of the class or object.
        kind: message (`addMessage` with TEXT_AND_NOTIFY) or update (`notifyPreference`).
        at: When.
        text: The message's body.
    """

    resource_id: str
    kind: Literal["message", "update"]
    at: datetime
    text: str = ""


@dataclass(slots=True)
class Resource:
    """A class or an object: its Google type, and its content as Google would answer it."""

    type: str
    kind: Kind
    content: dict[str, Any]

    @property
    def schema(self) -> str:
        """Its name in the discovery document: LoyaltyObject."""
        rules = TYPES[self.type]
        return rules.class_schema if self.kind == "Class" else rules.object_schema

    @property
    def fields(self) -> frozenset[str]:
        """What may be written."""
        rules = TYPES[self.type]
        return rules.class_fields if self.kind == "Class" else rules.object_fields


@dataclass(slots=True, kw_only=True)
class Resources:
    """
    All classes and objects.

    Attributes:
        clock: What time it is.
        checks_contract: Hold what is written against Google's discovery document.
        notices: All that phones showed.
        users: Object to who holds it.
    """

    clock: Callable[[], datetime]
    checks_contract: bool = field(default_factory=contract_is_there)
    notices: list[GoogleNotice] = field(default_factory=list)
    users: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _noticed: dict[tuple[str, str], list[datetime]] = field(default_factory=lambda: defaultdict(list))
    _kept: dict[Kind, dict[str, Resource]] = field(default_factory=lambda: {"Class": {}, "Object": {}})

    def find(self, kind: Kind, resource_id: str, type_: str | None = None) -> Resource | None:
        """One of them; with a type only if it is of it."""
        found = self._kept[kind].get(resource_id)
        return found if found is None or type_ in (None, found.type) else None

    def get(self, type_: str, kind: Kind, resource_id: str) -> Resource:
        """One of them. Raises Refused."""
        found = self.find(kind, resource_id, type_)
        if found is None:
            name = "classNotFound" if kind == "Class" else "resourceNotFound"
            raise Refused(404, name, f"{type_}{kind} {resource_id} not found.")
        return found

    def all(self, kind: Kind) -> list[Resource]:
        """All of a kind, in the order they came."""
        return list(self._kept[kind].values())

    def insert(self, type_: str, kind: Kind, body: dict[str, Any], issuers: Collection[str]) -> Resource:
        """Make a new one. Raises Refused."""
        resource_id = _own_id(body.get("id"), issuers)
        if resource_id in self._kept[kind]:
            raise Refused(409, "alreadyExists", f"{type_}{kind} {resource_id} already exists.")
        new = Resource(type_, kind, {"id": resource_id})
        self._write(new, _without_nulls(body))
        self._kept[kind][resource_id] = new
        return new

    def patch(self, found: Resource, body: dict[str, Any], issuers: Collection[str]) -> Resource:
        """Merge: members stay that are not named, null removes, arrays are replaced whole. Raises Refused."""
        _own_id(found.content["id"], issuers)
        self._write(found, _merged(found.content, {**body, "id": found.content["id"]}), changes=body)
        return found

    def update(self, found: Resource, body: dict[str, Any], issuers: Collection[str]) -> Resource:
        """Replace it all. Raises Refused."""
        _own_id(found.content["id"], issuers)
        self._write(found, _without_nulls({**body, "id": found.content["id"]}), changes=body)
        return found

    def add_message(self, found: Resource, message: dict[str, Any], issuers: Collection[str]) -> Resource:
        """Append a message, or replace the one of the same id; a new one may notify. Raises Refused."""
        resource_id = _own_id(found.content["id"], issuers)
        self._check("AddMessageRequest", {"message": message})
        before = found.content.get("messages", [])
        others = [kept for kept in before if "id" not in message or kept.get("id") != message["id"]]
        if len(others) >= MESSAGES:
            raise Refused(400, "badRequest", f"{resource_id} has {MESSAGES} messages already.")
        if message.get("messageType") == "TEXT_AND_NOTIFY" and len(others) == len(before):
            self._notify(resource_id, "message", str(message.get("body", "")))
        found.content["messages"] = [*others, message]
        return found

    def answer(self, found: Resource) -> dict[str, Any]:
        """Its content with what Google itself knows."""
        own: dict[str, Any] = {}
        if found.kind == "Object":
            own = {"hasUsers": bool(self.users.get(found.content["id"]))}
        return {**copy.deepcopy(found.content), **own}

    def _write(self, found: Resource, content: dict[str, Any], changes: dict[str, Any] | None = None) -> None:
        """Check what it would become, then let it."""
        for name in {*(changes or {}), *content} - SERVER_OWNED:
            if name not in found.fields:
                raise Refused(400, "badRequest", f'Invalid JSON payload received. Unknown name "{name}"')
        content = {name: value for name, value in content.items() if name not in SERVER_OWNED}
        if found.kind == "Class":
            self._review(found, content, changes)
        else:
            self._belongs(found, content)
        self._check(found.schema, content)
        notify = content.pop("notifyPreference", None)
        if notify == "NOTIFY_ON_UPDATE" and changes is not None:
            self._notify(found.content["id"], "update")
        if content.get("reviewStatus") == "UNDER_REVIEW":
            content["reviewStatus"] = "APPROVED"
        found.content = copy.deepcopy(content)

    def _review(self, found: Resource, content: dict[str, Any], changes: dict[str, Any] | None) -> None:
        if "reviewStatus" not in found.fields:
            return
        given = (changes if changes is not None else content).get("reviewStatus")
        approved = found.content.get("reviewStatus") == "APPROVED"
        if given not in ("UNDER_REVIEW", "DRAFT") or (approved and given == "DRAFT"):
            raise Refused(400, "badRequest", f"Invalid review status {given}: write UNDER_REVIEW.")

    def _belongs(self, found: Resource, content: dict[str, Any]) -> None:
        """The class of an object must be there, of the same issuer and type, and no draft."""
        class_id = str(content.get("classId"))
        class_ = self.find("Class", class_id)
        if class_ is None:
            raise Refused(404, "classNotFound", f"IssuerClassNotFound: class {class_id} not found.")
        if class_.type != found.type:
            raise Refused(400, "badRequest", f"Class {class_id} is a {class_.type}Class, not a {found.type}Class.")
        if class_id.partition(".")[0] != found.content["id"].partition(".")[0]:
            raise Refused(400, "badRequest", f"Class {class_id} is of another issuer.")
        if class_.content.get("reviewStatus") == "DRAFT":
            raise Refused(400, "badRequest", f"Class {class_id} is a draft.")

    def _check(self, schema: str, content: dict[str, Any]) -> None:
        if self.checks_contract:
            from walletpass.testing.discovery import google_problems

            problems = google_problems(schema, content)
            if problems:
                raise Refused(400, "badRequest", f"Invalid {schema}: {'; '.join(problems[:5])}")

    def _notify(self, resource_id: str, kind: Literal["message", "update"], text: str = "") -> None:
        now = self.clock()
        shown = self._noticed[resource_id, kind]
        if sum(at > now - DAY for at in shown) >= NOTICES:
            raise Refused(403, "quotaExceeded", f"Quota exceeded: {NOTICES} notices of {resource_id} in 24 hours.")
        shown.append(now)
        self.notices.append(GoogleNotice(resource_id, kind, now, text))


def _own_id(resource_id: object, issuers: Collection[str]) -> str:
    if not isinstance(resource_id, str) or not (match := re.fullmatch(ID_PATTERN, resource_id, re.ASCII)):
        raise Refused(400, "badRequest", f"Invalid resource ID: {str(resource_id)[:200]}")
    if match["issuer"] not in issuers:
        raise Refused(403, "permissionDenied", "Permission denied.")
    return resource_id


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    return _merged({}, value)


def _merged(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396), which is what Google's PATCH does."""
    result = dict(before)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            inner = result.get(name)
            result[name] = _merged(inner if isinstance(inner, dict) else {}, value)
        else:
            result[name] = value
    return result


def page(found: list[Resource], most: str, token: str) -> tuple[list[Resource], dict[str, Any]]:
    """One page of a list, and its `pagination`. Without `most` everything comes at once."""
    start = int(token) if token.isdecimal() else 0
    shown = found[start : start + int(most)] if most.isdecimal() else found[start:]
    rest = start + len(shown)
    more = {"nextPageToken": str(rest)} if rest < len(found) else {}
    return shown, {"resultsPerPage": len(shown), **more}
