"""
Contacts: how a telephone number or e-mail address leads to passes, without being kept.

Only HMAC-SHA256 under a secret of the client is kept, because there are too few numbers for a plain hash: one could try
them all. A client says which contacts a pass has; the message that delivered a link may say so too.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, func, select

from walletpass.errors import NotFound, UsageError
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import ContactKeyRow, HolderContactRow, PassRow
from walletpass_server.persistence.unit_of_work import Unit

Kind = Literal["msisdn", "email"]
MOST = 10
"""Contacts of one pass."""
_SEPARATOR = r"[\s.()/-]"
MSISDN = rf"{_SEPARATOR}*(?:\+|0{_SEPARATOR}*0){_SEPARATOR}*[1-9](?:{_SEPARATOR}*[0-9]){{6,14}}{_SEPARATOR}*"
"""A telephone number in international form, as people write it."""
_NEVER = r"\s\x00-\x1f\x7f-\x9f@"
EMAIL = rf"[^{_NEVER}]{{1,64}}@[^{_NEVER}]+\.[^{_NEVER}.]+"
"""An e-mail address."""
_MSISDN, _EMAIL = re.compile(MSISDN), re.compile(EMAIL)


@dataclass(frozen=True, slots=True)
class Contact:
    """
    A contact as it is compared.

    Attributes:
        kind: A telephone number in international form, or an e-mail address.
        text: Without what is written in several ways. Never into a log.
    """

    kind: Kind
    text: str

    def __repr__(self) -> str:
        return f"Contact({self.kind})"

    @classmethod
    def read(cls, text: str) -> Contact:
        """
        A telephone number such as `+33 6 12 34 56 78`, or an e-mail address; capitals mean nothing.

        Raises:
            UsageError: It is neither; the message does not repeat it.
        """
        text = text.strip()
        if _MSISDN.fullmatch(text):
            return cls("msisdn", "+" + re.sub(r"[^0-9]", "", text).removeprefix("00"))
        if len(text) <= 254 and _EMAIL.fullmatch(text):
            return cls("email", text.casefold())
        raise UsageError("a contact is a number such as +33612345678 or an e-mail address: this one is neither")


async def contact_digest(unit: Unit, keyring: Keyring, contact: Contact) -> str | None:
    """What is kept of a contact, hexadecimal; None while the client keeps none at all, so that nobody has it."""
    row = await unit.session.get(ContactKeyRow, (unit.client_id, unit.client_id))
    return None if row is None else _digest(_open(keyring, row), contact).hex()


async def set_contacts(
    unit: Unit, keyring: Keyring, pass_id: int, contacts: Sequence[Contact], now: datetime
) -> dict[str, int]:
    """
    Say which contacts a pass has, in place of those it had.

    Args:
        unit: Of the client; a transaction that writes.
        contacts: All of them; none makes the pass be found by no contact.

    Returns:
        How many of each kind it has now.

    Raises:
        NotFound: There is no such pass.
        UsageError: More than `MOST`.
    """
    if await unit.session.scalar(select(PassRow.id).where(PassRow.id == pass_id)) is None:
        raise NotFound(f"there is no pass {pass_id}: look it up in the list")
    own = HolderContactRow.client_id == unit.client_id, HolderContactRow.pass_id == pass_id
    await unit.connection.execute(delete(HolderContactRow).where(*own))
    return await add_contacts(unit, keyring, pass_id, contacts, now)


async def add_contacts(
    unit: Unit, keyring: Keyring, pass_id: int, contacts: Sequence[Contact], now: datetime
) -> dict[str, int]:
    """Say that a pass has these contacts besides; as `set_contacts` otherwise. What it has already counts once."""
    if len(set(contacts)) > MOST:
        raise UsageError(f"{len(set(contacts))} contacts for one pass: {MOST} at most")
    if contacts:
        key = await _key(unit, keyring)
        rows = [
            {
                "client_id": unit.client_id,
                "digest": _digest(key, contact),
                "pass_id": pass_id,
                "kind": contact.kind,
                "created_at": now,
            }
            for contact in set(contacts)
        ]
        kept = upsert(unit.connection.dialect, HolderContactRow).on_conflict_do_nothing()
        await unit.connection.execute(kept, rows)
    return await count_contacts(unit, pass_id)


async def count_contacts(unit: Unit, pass_id: int) -> dict[str, int]:
    """How many contacts of each kind a pass has."""
    own = HolderContactRow.client_id == unit.client_id, HolderContactRow.pass_id == pass_id
    found = await unit.connection.execute(
        select(HolderContactRow.kind, func.count()).where(*own).group_by(HolderContactRow.kind)
    )
    return {"msisdn": 0, "email": 0, **dict(found.all())}


async def device_hash(unit: Unit, keyring: Keyring, library_identifier: str) -> str:
    """What hooks are told of a device: the same for the same one, and nothing that leads to it."""
    return "h:" + hmac.digest(await _key(unit, keyring), f"device:{library_identifier}".encode(), "sha256").hex()[:32]


async def _key(unit: Unit, keyring: Keyring) -> bytes:
    """The client's secret, made when it is first needed; of two who make it, the first one's counts."""
    row = await unit.session.get(ContactKeyRow, (unit.client_id, unit.client_id))
    if row is None:
        sealed = keyring.seal(os.urandom(32), "contact_key", "sealed", unit.client_id)
        own = {"client_id": unit.client_id, "id": unit.client_id, "sealed": sealed}
        made = upsert(unit.connection.dialect, ContactKeyRow).values(**own).on_conflict_do_nothing()
        await unit.connection.execute(made)
        row = await unit.session.get_one(ContactKeyRow, (unit.client_id, unit.client_id))
    return _open(keyring, row)


def _open(keyring: Keyring, row: ContactKeyRow) -> bytes:
    return keyring.unseal(row.sealed, "contact_key", "sealed", row.id)


def _digest(key: bytes, contact: Contact) -> bytes:
    return hmac.digest(key, f"{contact.kind}:{contact.text}".encode(), "sha256")
