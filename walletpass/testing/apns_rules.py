"""
What APNs would answer to a push: its checks of path, headers, sender and body, in the order Apple lists them.

Source: Apple, "Sending notification requests to APNs" and "Handling notification responses from APNs".
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

PUSH_TYPES = frozenset(
    {"alert", "background", "complication", "controls", "fileprovider", "liveactivity", "location", "mdm"}
    | {"pushtotalk", "voip", "widgets"}
)
PRIORITIES = frozenset({"1", "5", "10"})
LARGEST_BODY = 4096
TOKEN_LIFE = timedelta(minutes=60)
"""Older provider tokens have expired."""
TOKEN_REST = timedelta(minutes=20)
"""A connection that brings new provider tokens more often is told so."""

_DEVICE_PATH = re.compile(r"/3/device/([^/]*)")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


@dataclass(frozen=True, slots=True)
class Reply:
    """
    An answer of APNs.

    Attributes:
        status: 200, or what went wrong.
        reason: Apple's word for it; empty sends no body at all.
        timestamp: Of a 410: since when the token is gone, in milliseconds since 1970.
    """

    status: int = 200
    reason: str = ""
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class TeamKey:
    """A key for provider tokens, as Apple knows it: the team it belongs to, and its public half."""

    team_identifier: str
    public: EllipticCurvePublicKey


@dataclass(slots=True)
class Sender:
    """
    Who is at the other end of a connection.

    Attributes:
        topic: The pass type of its client certificate; None without one.
        provider_token: The last one that was accepted on this connection, and when it was issued.
    """

    topic: str | None = None
    provider_token: tuple[str, float] | None = None


@dataclass(slots=True)
class Rules:
    """
    Judge of one fake server.

    Attributes:
        keys: Keys for provider tokens, by key id.
        needs_sender: Whether a push needs a certificate or a provider token.
        clock: Seconds since 1970.
    """

    keys: Mapping[str, TeamKey] = field(default_factory=dict)
    needs_sender: bool = False
    clock: Callable[[], float] = field(kw_only=True)

    def judge(self, sender: Sender, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        """The answer to a whole request, as far as it does not depend on the device."""
        named = dict(headers)
        if named.get(":method") != "POST":
            return Reply(405, "MethodNotAllowed")
        path = _DEVICE_PATH.fullmatch(named.get(":path", ""))
        if path is None:
            return Reply(404, "BadPath")
        return (
            self._sender(sender, named)
            or _headers(headers, named)
            or _device(path[1])
            or _topic(sender, named)
            or _body(body)
            or Reply()
        )

    def _sender(self, sender: Sender, named: Mapping[str, str]) -> Reply | None:
        if "authorization" in named:
            return self._provider_token(sender, named["authorization"])
        if sender.topic is None and self.needs_sender:
            return Reply(403, "MissingProviderToken")
        return None

    def _provider_token(self, sender: Sender, authorization: str) -> Reply | None:
        import jwt

        scheme, _, token = authorization.partition(" ")
        if sender.provider_token is not None and sender.provider_token[0] == token:
            issued_at = sender.provider_token[1]
        else:
            try:
                key = self.keys[str(jwt.get_unverified_header(token)["kid"])]
                claims = jwt.decode(token, key.public, ["ES256"], options={"verify_iat": False, "require": ["iat"]})
            except (jwt.InvalidTokenError, KeyError):
                return Reply(403, "InvalidProviderToken")
            issued_at = float(claims["iat"])
            if scheme.lower() != "bearer" or claims.get("iss") != key.team_identifier:
                return Reply(403, "InvalidProviderToken")
        if self.clock() - issued_at > TOKEN_LIFE.total_seconds():
            return Reply(403, "ExpiredProviderToken")
        before = sender.provider_token
        if before is not None and before[0] != token and issued_at - before[1] < TOKEN_REST.total_seconds():
            return Reply(429, "TooManyProviderTokenUpdates")
        sender.provider_token = token, issued_at
        return None


def _headers(headers: Sequence[tuple[str, str]], named: Mapping[str, str]) -> Reply | None:
    if max(Counter(name for name, _ in headers).values()) > 1:
        return Reply(400, "DuplicateHeaders")
    apns_id, priority, expiration = (named.get(f"apns-{name}") for name in ("id", "priority", "expiration"))
    push_type = named.get("apns-push-type")
    if apns_id is not None and not _is_uuid(apns_id):
        return Reply(400, "BadMessageId")
    if push_type is not None and push_type not in PUSH_TYPES:
        return Reply(400, "InvalidPushType")
    if (priority is not None and priority not in PRIORITIES) or (push_type == "background" and priority != "5"):
        return Reply(400, "BadPriority")
    if expiration is not None and not expiration.isdecimal():
        return Reply(400, "BadExpirationDate")
    if len(named.get("apns-collapse-id", "").encode()) > 64:
        return Reply(400, "BadCollapseId")
    return None


def _device(token: str) -> Reply | None:
    if not token:
        return Reply(400, "MissingDeviceToken")
    return None if _HEX.fullmatch(token) else Reply(400, "BadDeviceToken")


def _topic(sender: Sender, named: Mapping[str, str]) -> Reply | None:
    topic = named.get("apns-topic", sender.topic)
    if not topic:
        return Reply(400, "MissingTopic")
    if sender.topic is not None and topic != sender.topic:
        return Reply(400, "TopicDisallowed")
    return None


def _body(body: bytes) -> Reply | None:
    if not body:
        return Reply(400, "PayloadEmpty")
    if len(body) > LARGEST_BODY:
        return Reply(413, "PayloadTooLarge")
    try:
        return None if isinstance(json.loads(body), dict) else Reply(400, "PayloadEmpty")
    except ValueError:
        return Reply(400, "PayloadEmpty")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
