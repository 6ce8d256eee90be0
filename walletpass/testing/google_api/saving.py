"""Save links, opened as Google opens them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt

from walletpass.templates.google import SAVE_LINK_PREFIX, SERVER_OWNED, TYPES
from walletpass.testing.google_api.accounts import Accounts
from walletpass.testing.google_api.resources import Refused, Resources

_ONE_USER = ("ONE_USER_ALL_DEVICES", "ONE_USER_ONE_DEVICE")


class SaveRefused(Exception):
    """The save page shows "Something went wrong"; the message is the reason that Google keeps to itself."""


@dataclass(frozen=True, slots=True)
class SavedPass:
    """One pass of a link, now in somebody's wallet."""

    class_id: str
    object_id: str


def open_link(link: str, user: str, accounts: Accounts, resources: Resources) -> list[SavedPass]:
    """
    Save what a link names, for a user.

    Args:
        link: `https://pay.google.com/gp/v/save/<token>`, or the token.
        user: Whose wallet.

    Raises:
        SaveRefused: The token is not signed by an account, or names what is not there or not allowed.
    """
    payload, issuers = _verified(link.removeprefix(SAVE_LINK_PREFIX), accounts)
    try:
        saved = list(_passes(payload, user, issuers, resources))
    except Refused as exc:
        raise SaveRefused(str(exc)) from exc
    if not saved:
        raise SaveRefused("the token names no pass")
    for each in saved:
        resources.users[each.object_id].add(user)
    return saved


def _verified(token: str, accounts: Accounts) -> tuple[dict[str, Any], frozenset[str]]:
    try:
        account = accounts.find(jwt.decode(token, options={"verify_signature": False}).get("iss"))
        if account is None:
            raise SaveRefused("the token is signed by an account that Google does not know")
        claims = jwt.decode(token, account.key, ["RS256"], audience="google", options={"verify_iat": False})
    except jwt.PyJWTError as exc:
        raise SaveRefused(f"the token cannot be verified: {exc}") from exc
    if claims.get("typ") != "savetowallet" or not isinstance(claims.get("iat"), int):
        raise SaveRefused("the token has no typ savetowallet, or no whole number as iat")
    if claims["iat"] > accounts.clock().timestamp() + 60:
        raise SaveRefused("the token is from the future")
    payload = claims.get("payload")
    known = {f"{key}{kind}" for key in TYPES for kind in ("Classes", "Objects")}
    if not isinstance(payload, dict) or not payload.keys() <= known:
        raise SaveRefused("the token's payload names what Google does not know")
    return payload, account.issuers


def _passes(payload: dict[str, Any], user: str, issuers: frozenset[str], resources: Resources) -> Iterator[SavedPass]:
    for type_ in TYPES:
        for class_ in payload.get(f"{type_}Classes", ()):
            if resources.find("Class", class_.get("id")) is None:
                resources.insert(type_, "Class", class_, issuers)
        for object_ in payload.get(f"{type_}Objects", ()):
            found = resources.find("Object", object_.get("id"))
            if found is None and object_.keys() <= {"id", "classId"}:
                raise Refused(404, "resourceNotFound", f"{type_}Object {object_.get('id')} not found.")
            if found is None:  # what is there already stays as it is
                content = {name: value for name, value in object_.items() if name not in SERVER_OWNED}
                found = resources.insert(type_, "Object", content, issuers)
            elif found.type != type_ or found.content["id"].partition(".")[0] not in issuers:
                raise Refused(403, "permissionDenied", f"{found.content['id']} is of another type or issuer.")
            object_id, class_id = found.content["id"], found.content["classId"]
            rules = resources.get(type_, "Class", class_id).content
            if resources.users[object_id] - {user} and rules.get("multipleDevicesAndHoldersAllowedStatus") in _ONE_USER:
                raise Refused(403, "alreadyHeld", f"{object_id} is in another user's wallet, and may be in one only.")
            yield SavedPass(class_id, object_id)
