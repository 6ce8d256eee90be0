"""Where letters go: the device of each, its push token, and the credential that pushes its pass type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from walletpass_server.persistence.outbox import Letter
from walletpass_server.persistence.sql import among
from walletpass_server.persistence.tables import CredentialRow, DeviceRow
from walletpass_server.persistence.unit_of_work import Unit

DeviceKey = tuple[int, int]
"""Client and device."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential, without what is sealed in it."""

    client_id: int
    id: int
    stopped_at: datetime | None
    stopped_why: str | None


@dataclass(slots=True)
class Target:
    """
    One push to be sent, however many letters ask for it.

    Attributes:
        topic: The pass type.
        token: The push token.
        credential: What pushes it; None when every one was retired.
        devices: The device as each client knows it that has passes of this type on it.
        letters: What is done once it is pushed.
    """

    topic: str
    token: str = field(repr=False)
    credential: Credential | None
    devices: list[DeviceKey] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


async def find_targets(unit: Unit, letters: Sequence[Letter]) -> tuple[list[Target], list[Letter]]:
    """
    The pushes that letters ask for, and the letters whose device has gone.

    A letter names its device: `<device>`, or `<device>/<pass>@<instant>` for a deferred Notification.

    Args:
        unit: Of ALL_CLIENTS.
        letters: Of the channel `apns`.
    """
    by_device: dict[DeviceKey, list[Letter]] = defaultdict(list)
    for letter in letters:
        by_device[letter.client_id, int(letter.coalesce_key.partition("/")[0])].append(letter)
    dialect = unit.connection.dialect
    found = await unit.connection.execute(
        select(DeviceRow.client_id, DeviceRow.id, DeviceRow.pass_type_identifier, DeviceRow.push_token).where(
            among(dialect, DeviceRow.client_id, {client_id for client_id, _ in by_device}),
            among(dialect, DeviceRow.id, {device_id for _, device_id in by_device}),
        )
    )
    devices = found.all()
    credentials = await _credentials(unit, {(row.client_id, row.pass_type_identifier) for row in devices})
    targets: dict[tuple[str, str], Target] = {}
    for client_id, device_id, topic, token in devices:
        asked = by_device.pop((client_id, device_id), None)
        if asked is not None:
            new = Target(topic, token, credentials.get((client_id, topic)))
            target = targets.setdefault((topic, token), new)
            target.devices.append((client_id, device_id))
            target.letters.extend(asked)
    return list(targets.values()), [letter for gone in by_device.values() for letter in gone]


async def _credentials(unit: Unit, wanted: set[tuple[int, str]]) -> Mapping[tuple[int, str], Credential]:
    """The newest credential of each client and pass type that is not retired: a renewed certificate counts at once."""
    if not wanted:
        return {}
    rows = await unit.connection.execute(
        select(
            CredentialRow.client_id,
            CredentialRow.pass_type_identifier,
            CredentialRow.id,
            CredentialRow.stopped_at,
            CredentialRow.stopped_why,
        )
        .where(
            CredentialRow.client_id.in_({client_id for client_id, _ in wanted}),
            CredentialRow.pass_type_identifier.in_({topic for _, topic in wanted}),
            CredentialRow.retired_at.is_(None),
        )
        .order_by(CredentialRow.id)
    )
    return {
        (row.client_id, row.pass_type_identifier or ""): Credential(
            row.client_id, row.id, row.stopped_at, row.stopped_why
        )
        for row in rows
    }
