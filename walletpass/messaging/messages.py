"""Messages, as values. Numbers, addresses and texts are left out of their `repr`, so that no log has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from walletpass.errors import UsageError

State = Literal["delivered", "failed", "expired", "rejected", "unknown"]
"""Where a message ends, as a receipt says it."""
_IN_IDS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@dataclass(frozen=True, slots=True)
class Content:
    """
    What a message says.

    Attributes:
        text: All of it; of an e-mail, its plain part.
        subject: Of an e-mail.
        html: Of an e-mail, beside the text.
    """

    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """
    A message to submit. What may be sent, to whom and when was decided before: a transport has no policy.

    Attributes:
        id: Ours; the same again is the same message.
        channel: sms, email, rcs…
        to: A number in E.164, or an address.
        sender: Who it seems to come from; empty for the transport's own.
        content: What it says.
        parts: Of an SMS, as segmented; empty when the transport is to do that.
        category: service, which people asked for, or promo.
        wants_receipt: Whether its end is to be told.
        valid_until: After that it need not arrive.
        options: Of the route.
    """

    id: str
    channel: str
    to: str = field(repr=False)
    content: Content
    sender: str = ""
    parts: tuple[bytes, ...] = field(default=(), repr=False)
    category: Literal["service", "promo"] = "service"
    wants_receipt: bool = True
    valid_until: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (0 < len(self.id) <= 120 and _IN_IDS.issuperset(self.id)):
            raise UsageError("the id of a message is 1 to 120 letters, digits, - and _")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transport has it. `ids` are its own, one for each part, by which receipts name it."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """It may be submitted again after so many seconds."""

    after: float
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken."""

    code: str
    why: str


SubmitResult = Accepted | Later | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What became of a message, or of a part. It may come twice, and late.

    Attributes:
        id: The transport's, from `Accepted`.
        message_id: Ours, where the transport knows it.
        state: Where it ended.
        at: When.
        reason: The network's code, if any.
    """

    id: str
    message_id: str
    state: State
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """
    A message from a person. It may come twice.

    Attributes:
        id: The transport's.
        channel: sms, email…
        sender: Whose number or address.
        to: Ours.
        text: What it says.
        at: When it was received.
    """

    id: str
    channel: str
    sender: str = field(repr=False)
    to: str
    text: str = field(repr=False)
    at: datetime

    @property
    def keyword(self) -> str:
        """Its first word, in capitals."""
        return (self.text.split() or [""])[0].upper()[:40]
