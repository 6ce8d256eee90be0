"""
What Google tells a holder when a change of the pass is to be noticed: one notification, of the kind that will be seen.

Some fields are told by Google itself when an update asks for it; it says what changed. Any other change is told by a
message, since an update of them would ask in vain. Never both: each would count against Google's three a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from walletpass.errors import WalletPassError
from walletpass.google import GoogleCompiler, GooglePass
from walletpass.google.texts import string, twin, value_text
from walletpass.model import PassModel
from walletpass.model.fields import Field
from walletpass.model.text import Text
from walletpass.model.variables import Value
from walletpass.render import Writer, compiled
from walletpass.templates.google import MESSAGES_KEPT, NOTICED_FIELDS
from walletpass_server.persistence.columns import to_microseconds

SKEW = timedelta(seconds=5)
"""How far clocks of processes may be apart: an instant this far ahead is now."""

NOTIFY, SILENT = "TEXT_AND_NOTIFY", "TEXT"


@dataclass(frozen=True, slots=True)
class Notice:
    """
    A notification to be shown.

    Attributes:
        until: The newest instant it stands for: with it, those before are shown too.
        message: What `addMessage` takes; None where the update itself notifies.
    """

    until: datetime
    message: dict[str, Any] | None


def due(promised: Sequence[datetime], shown_until: datetime | None, now: datetime) -> datetime | None:
    """The newest Notification that is to be shown now and was not yet; None when there is none."""
    return max((at for at in promised if at <= now + SKEW and (shown_until is None or at > shown_until)), default=None)


def plan(
    compiler: GoogleCompiler, new: GooglePass, values: Mapping[str, Value], before: Mapping[str, Value], until: datetime
) -> Notice:
    """
    How a change is told.

    Args:
        compiler: Of the Model the pass has now.
        new: The pass as it is now.
        values: Its values.
        before: Its values when it was last told.
        until: The instant of the Notification.
    """
    if _told_by_google(compiler, new, before):
        return Notice(until, None)
    return Notice(until, _message(compiler.model, new.object_id, values, before, until))


def room_for_one(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]] | None:
    """The messages to keep so that one more fits; None when it does anyway. Google keeps ten, the oldest first."""
    return list(messages[-(MESSAGES_KEPT - 1) :]) if len(messages) >= MESSAGES_KEPT else None


def _told_by_google(compiler: GoogleCompiler, new: GooglePass, before: Mapping[str, Value]) -> bool:
    names = NOTICED_FIELDS.get(new.type, ())
    if not any(name in new.object_ for name in names):
        return False
    try:
        old = compiler.compile("before", before).object_
    except WalletPassError:  # what it was then does not fit the Model it has now: nothing to compare with
        return False
    return any(old.get(name) != new.object_.get(name) for name in names)


def _message(
    model: PassModel, object_id: str, values: Mapping[str, Value], before: Mapping[str, Value], until: datetime
) -> dict[str, Any]:
    """The change messages of fields that changed; else what the pass is."""
    writer = Writer(model.variables, model.clock, model.languages)
    serial = {"serial": object_id.partition(".")[2]}
    now, then = {**serial, **values}, {**serial, **before}
    changed = [
        _told(value_text(writer, field.value), field.change_message, model.languages)
        for fields in model.fields.areas().values()
        for field in fields
        if field.change_message and "google" in field.wallets and _differs(writer, field, now, then)
    ]
    body = _joined(changed, model.languages) if changed else model.description
    tree = {**twin(writer, "header", model.organization), **twin(writer, "body", body)}
    return {"id": f"notice-{to_microseconds(until)}", **compiled(tree)(now), "messageType": NOTIFY}


def _differs(writer: Writer, field: Field, now: Mapping[str, Value], then: Mapping[str, Value]) -> bool:
    fill = compiled(string(writer, value_text(writer, field.value)))
    return bool(fill(now) != fill(then))


def _told(value: Text, message: Text, languages: Sequence[str]) -> Text:
    """A change message with the value in its place, in each language."""
    default = languages[0]
    return _text(
        {tag: message.in_language(tag, default).replace("%@", value.in_language(tag, default)) for tag in languages}
    )


def _joined(texts: Sequence[Text], languages: Sequence[str]) -> Text:
    default = languages[0]
    return _text({tag: "\n".join(text.in_language(tag, default) for text in texts) for tag in languages})


def _text(written: Mapping[str, str]) -> Text:
    return Text(plain=None, translations=tuple(written.items()))
