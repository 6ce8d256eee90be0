"""The HTTP side of the fake: routes, tokens, errors in Google's words."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from walletpass.templates.google import TYPES
from walletpass.testing.google_api.accounts import Accounts
from walletpass.testing.google_api.resources import Kind, Refused, Resource, Resources, page
from walletpass.testing.google_api.server import Answer, Fault, Headers
from walletpass.testing.google_api.signer import CallbackSigner

ROUTE = re.compile(
    rf"/walletobjects/v1/(?P<type>{'|'.join(TYPES)})(?P<kind>Class|Object)(?:/(?P<id>[^/]+)(?P<add>/addMessage)?)?"
)
"""The paths of the seven types, as the discovery document has them."""
TOKEN_PATHS = ("/token", "/o/oauth2/token")
ROOT_KEYS_PATH = "/gp/m/issuer/keys"

Query = Mapping[str, list[str]]


@dataclass(slots=True, kw_only=True)
class Api:
    """
    Answers requests.

    Attributes:
        accounts, resources, signer: What it answers from.
        root_keys_max_age: Seconds that the root keys may be cached.
        lock: Held while a request is carried out.
    """

    accounts: Accounts
    resources: Resources
    signer: CallbackSigner
    root_keys_max_age: int = 3600
    lock: threading.RLock = field(default_factory=threading.RLock)

    def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        """Answer one request."""
        address = urlsplit(path)
        with self.lock:
            if address.path in TOKEN_PATHS:
                status, answer = self.accounts.grant(dict(parse_qsl(body.decode("utf-8", "replace"))))
                return _json(answer, status)
            if address.path == ROOT_KEYS_PATH:
                cache = {"Cache-Control": f"public, max-age={self.root_keys_max_age}"}
                return Answer(200, self.signer.root_keys(self.accounts.clock()), cache)
            try:
                return _json(self._api(method, address.path, parse_qs(address.query), headers, body))
            except Refused as exc:
                return _refusal(exc.status, exc.reason, str(exc))

    def _api(self, method: str, path: str, query: Query, headers: Headers, body: bytes) -> dict[str, Any]:
        issuers = self.accounts.issuers_of(headers.get("authorization"))
        route = ROUTE.fullmatch(unquote(path))
        if route is None:
            raise Refused(404, "notFound", f"no method {method} {path}")
        type_, kind, resource_id = route["type"], _kind(route["kind"]), route["id"]
        if method == "POST":
            method = headers.get("x-http-method-override", method).upper()
        if resource_id is None:
            if method == "GET":
                return self._list(type_, kind, query, issuers)
            if method == "POST":
                return self.resources.answer(self.resources.insert(type_, kind, _members(body), issuers))
            raise Refused(404, "notFound", f"no method {method} {path}")
        found = self.resources.get(type_, kind, resource_id)
        if found.content["id"].partition(".")[0] not in issuers:
            raise Refused(403, "permissionDenied", "Permission denied.")
        if route["add"]:
            message = _members(body).get("message")
            if method != "POST" or not isinstance(message, dict):
                raise Refused(400, "badRequest", "addMessage needs a message.")
            return {"resource": self.resources.answer(self.resources.add_message(found, message, issuers))}
        return self.resources.answer(self._change(method, found, body, issuers))

    def _change(self, method: str, found: Resource, body: bytes, issuers: frozenset[str]) -> Resource:
        if method == "GET":
            return found
        if method == "PATCH":
            return self.resources.patch(found, _members(body), issuers)
        if method == "PUT":
            return self.resources.update(found, _members(body), issuers)
        raise Refused(404, "notFound", f"no method {method} of a resource")

    def _list(self, type_: str, kind: Kind, query: Query, issuers: frozenset[str]) -> dict[str, Any]:
        key = "issuerId" if kind == "Class" else "classId"
        wanted = query.get(key, [""])[0]
        if wanted.partition(".")[0] not in issuers:
            raise Refused(403, "permissionDenied", "Permission denied.")
        if kind == "Object":
            self.resources.get(type_, "Class", wanted)
        of_type = (found for found in self.resources.all(kind) if found.type == type_)
        if kind == "Class":
            chosen = [found for found in of_type if found.content["id"].startswith(f"{wanted}.")]
        else:
            chosen = [found for found in of_type if found.content["classId"] == wanted]
        shown, pagination = page(chosen, query.get("maxResults", [""])[0], query.get("token", [""])[0])
        return {"resources": [self.resources.answer(found) for found in shown], "pagination": pagination}


def _kind(text: str) -> Kind:
    return "Class" if text == "Class" else "Object"


def _members(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "badRequest", "Invalid JSON payload received.")
    return value


def _json(value: Mapping[str, Any], status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def _refusal(status: int, reason: str, message: str) -> Answer:
    errors = [{"message": message, "domain": "walletobjects", "reason": reason}]
    return _json({"error": {"code": status, "message": message, "errors": errors}}, status)


def fault_answer(fault: Fault) -> Answer:
    """What Google says in trouble."""
    answer = _refusal(fault.status or 500, fault.reason, f"{fault.reason}, as told")
    wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Answer(answer.status, answer.body, wait)
