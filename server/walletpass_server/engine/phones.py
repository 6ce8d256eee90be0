"""
What phones tell: a pass was shown, a device wants updates or no more, Google's save and delete, a push refused.

Each may be told twice and changes nothing the second time. What counts is decided by `walletpass.lifecycle`; here the
devices and registrations are kept beside it, in the same transaction. Units are of the pass's client.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import delete, exists, func, insert, not_, select

from walletpass import lifecycle
from walletpass.errors import NotFound
from walletpass.events import DISPLAYED
from walletpass.lifecycle import Holding, Pass, Wallet
from walletpass_server.engine import tombstones
from walletpass_server.engine.apply import Outcome
from walletpass_server.engine.chunks import carry_out
from walletpass_server.engine.contacts import device_hash
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.state import GOOGLE, Stored, apple_holding, load, load_one
from walletpass_server.persistence import idempotency, outbox
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import CurrentChange, upsert
from walletpass_server.persistence.tables import DeviceRow, FactRow, PassRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import Unit

ASKED = "Google was asked"
"""Reason of a deletion that no callback told of."""


@dataclass(frozen=True, slots=True)
class ServedPass:
    """A pass as the web service finds it, before it knows whose it is."""

    client_id: int
    operation_id: int
    id: int
    sealed_secret: bytes = field(repr=False)

    def is_opened_by(self, secret: str, keyring: Keyring) -> bool:
        """Whether a phone presents this pass's own secret (`Authorization: ApplePass ...`), in constant time."""
        own = keyring.unseal(self.sealed_secret, "pass", "secret", self.id)
        return hmac.compare_digest(own, secret.encode("utf-8", "replace"))


async def find_served(unit: Unit, pass_type: str, serial: str) -> ServedPass:
    """
    A pass by its pass type identifier and serial, unique in the server.

    Args:
        unit: Of ALL_CLIENTS: a phone does not say whose pass it has.

    Raises:
        NotFound: There is none.
    """
    row = (
        await unit.connection.execute(
            select(PassRow.client_id, PassRow.operation_id, PassRow.id, PassRow.secret).where(
                PassRow.pass_type_identifier == pass_type, PassRow.serial == serial
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no pass {serial} of type {pass_type}")
    return ServedPass(*row)


async def display(
    unit: Unit,
    operation_id: int,
    pass_id: int,
    wallet: Wallet,
    now: datetime,
    tags: Mapping[str, str] | None = None,
    *,
    seen: Mapping[str, str] | None = None,
) -> Outcome:
    """
    The pass bytes or save redirect went to a phone. Not for HEAD, known bots, or the updates a phone fetches.

    Args:
        tags: Source tags of the link followed.
        seen: What else is known of whom it went to: `device_class`, and `referrer`, the host that led here.
    """
    live, stored = await _find(unit, operation_id, pass_id)
    return await carry_out(unit, live, stored, partial(_display, live, wallet, now, tags, seen), now)


async def register(
    unit: Unit,
    operation_id: int,
    pass_id: int,
    library_identifier: str,
    push_token: str,
    now: datetime,
    *,
    keyring: Keyring | None = None,
) -> bool:
    """
    An Apple device asks to be told of changes; a push follows where it may have an older version.

    Args:
        library_identifier: Apple's deviceLibraryIdentifier.
        push_token: Where to push; the newest one counts, for all passes of the type on this device.
        keyring: For the hash by which hooks know the device; without it they are told none.

    Returns:
        Whether it is new (201), or was registered already (200).
    """
    live, stored = await _find(unit, operation_id, pass_id)
    pass_type = await _pass_type(unit, pass_id)
    device_id = await _keep_device(unit, pass_type, library_identifier, push_token, now)
    holding = apple_holding(device_id)
    if holding in stored.state.holdings:
        return False
    device = await _hash(unit, live, keyring, library_identifier)
    await carry_out(unit, live, stored, partial(_register, live, holding, now, device=device), now)
    await unit.connection.execute(
        insert(RegistrationRow).values(
            client_id=unit.client_id, device_id=device_id, pass_id=pass_id, change=CurrentChange(), created_at=now
        )
    )
    if await _may_be_stale(unit, stored):
        await outbox.put(unit, [outbox.NewLetter("apns", str(device_id))])
    return True


async def unregister(
    unit: Unit,
    operation_id: int,
    pass_id: int,
    library_identifier: str,
    now: datetime,
    *,
    keyring: Keyring | None = None,
) -> bool:
    """An Apple device wants no more updates; as `register`. Returns whether it was registered."""
    if await tombstones.let_go(unit, pass_id, library_identifier):
        return True
    live, stored = await _find(unit, operation_id, pass_id)
    device = (
        await unit.connection.execute(
            select(DeviceRow.id)
            .join(RegistrationRow, _same_device())
            .where(
                DeviceRow.client_id == unit.client_id,
                DeviceRow.library_identifier == library_identifier,
                RegistrationRow.pass_id == pass_id,
            )
        )
    ).one_or_none()
    if device is None:
        return False
    await _leave(unit, live, stored, device.id, now, device=await _hash(unit, live, keyring, library_identifier))
    await _forget_unused(unit, device.id)
    return True


async def push_refused(
    unit: Unit,
    device_id: int,
    push_token: str,
    reason: str,
    at: datetime,
    now: datetime,
    *,
    keyring: Keyring | None = None,
) -> list[int]:
    """
    APNs says that a push token is gone: every pass of the device loses it, unless it registered again since.

    Args:
        device_id: Row of the device.
        push_token: As it was used.
        reason: APNs's own word: Unregistered, ExpiredToken, BadDeviceToken.
        at: The 410's timestamp; of an answer without one, when the push was sent.
        now: The server's clock.
        keyring: As of `register`.

    Returns:
        The passes that lost the device; none when it has registered since.
    """
    rows = await unit.connection.execute(
        select(RegistrationRow.pass_id, PassRow.operation_id)
        .join(PassRow, (PassRow.client_id == RegistrationRow.client_id) & (PassRow.id == RegistrationRow.pass_id))
        .where(RegistrationRow.client_id == unit.client_id, RegistrationRow.device_id == device_id)
        .order_by(RegistrationRow.pass_id)
    )
    held: dict[int, list[int]] = defaultdict(list)
    for pass_id, operation_id in rows:
        held[operation_id].append(pass_id)
    # Passes are locked before their device, as `register` does, so that the two never wait for each other.
    locked = [(live, stored) for o, ids in sorted(held.items()) for live, stored in await _find_all(unit, o, ids)]
    device = (
        await unit.connection.execute(
            select(DeviceRow.push_token, DeviceRow.registered_at, DeviceRow.library_identifier)
            .where(DeviceRow.client_id == unit.client_id, DeviceRow.id == device_id)
            .with_for_update()
        )
    ).one_or_none()
    if device is None or device.push_token != push_token or device.registered_at > at:
        return []
    for live, stored in locked:
        known = await _hash(unit, live, keyring, device.library_identifier)
        await _leave(unit, live, stored, device_id, now, reason, device=known)
    for pass_id in _erased(held, locked):
        await tombstones.let_go_of_device(unit, pass_id, device_id)
    await _forget_unused(unit, device_id)
    return [stored.id for _, stored in locked]


def _erased(held: Mapping[int, list[int]], locked: list[tuple[LiveOperation, Stored]]) -> list[int]:
    """Of the passes that a device holds, those that were erased: they are not loaded, and nothing of them counts."""
    known = {stored.id for _, stored in locked}
    return [pass_id for ids in held.values() for pass_id in ids if pass_id not in known]


async def has_passes(unit: Unit, device_id: int) -> bool:
    """Whether a device still holds a pass of the unit's client."""
    held = select(RegistrationRow.pass_id).where(
        RegistrationRow.client_id == unit.client_id, RegistrationRow.device_id == device_id
    )
    return (await unit.connection.execute(held.limit(1))).first() is not None


async def google_told(
    unit: Unit, operation_id: int, pass_id: int, event: Literal["save", "del"], nonce: str, now: datetime
) -> bool:
    """
    Google's callback, its signature checked: somebody saved the pass, or deleted it.

    Args:
        nonce: The callback's own; Google repeats callbacks, also late, and out of order.

    Returns:
        Whether it was news.
    """
    live, stored = await _find(unit, operation_id, pass_id)
    request = idempotency.request_digest(str(pass_id))  # whatever else it says: one nonce counts once
    key = f"google-callback:{nonce}"
    if await idempotency.begin(unit, live.row.environment, key, request):
        return False
    command = _register if event == "save" else _unregister
    outcome = await carry_out(unit, live, stored, partial(command, live, GOOGLE, now), now)
    if event == "save" and stored.state.version > 1:  # the link it was saved by may be older than the pass
        await outbox.put(unit, [outbox.NewLetter("google", str(pass_id))])
    await idempotency.finish(unit, live.row.environment, key, {})
    return outcome.changed


async def google_found(unit: Unit, operation_id: int, pass_id: int, *, held: bool, now: datetime) -> bool:
    """What Google answered when it was asked who holds a pass, its callbacks aside. Returns whether it was news."""
    live, stored = await _find(unit, operation_id, pass_id)
    command = partial(_register, live, GOOGLE, now) if held else partial(_unregister, live, GOOGLE, now, reason=ASKED)
    return (await carry_out(unit, live, stored, command, now)).changed


def _display(
    live: LiveOperation,
    wallet: Wallet,
    now: datetime,
    tags: Mapping[str, str] | None,
    seen: Mapping[str, str] | None,
    state: Pass,
) -> lifecycle.Decision:
    return lifecycle.display(*live.rules, state, wallet, now, tags, seen=seen)


def _register(
    live: LiveOperation, holding: Holding, now: datetime, state: Pass, *, device: str = ""
) -> lifecycle.Decision:
    return lifecycle.register(*live.rules, state, holding, now, device=device)


def _unregister(
    live: LiveOperation, holding: Holding, now: datetime, state: Pass, *, reason: str = "", device: str = ""
) -> lifecycle.Decision:
    return lifecycle.unregister(*live.rules, state, holding, now, reason=reason, device=device)


async def _hash(unit: Unit, live: LiveOperation, keyring: Keyring | None, library_identifier: str) -> str:
    """By what hooks know a device; empty where nobody listens."""
    return await device_hash(unit, keyring, library_identifier) if keyring is not None and live.tells_hooks else ""


async def _leave(
    unit: Unit,
    live: LiveOperation,
    stored: Stored,
    device_id: int,
    now: datetime,
    reason: str = "",
    *,
    device: str,
) -> None:
    """A device no longer holds a pass."""
    command = partial(_unregister, live, apple_holding(device_id), now, reason=reason, device=device)
    await carry_out(unit, live, stored, command, now)
    await unit.connection.execute(
        delete(RegistrationRow).where(
            RegistrationRow.client_id == unit.client_id,
            RegistrationRow.device_id == device_id,
            RegistrationRow.pass_id == stored.id,
        )
    )


async def _keep_device(unit: Unit, pass_type: str, library_identifier: str, push_token: str, now: datetime) -> int:
    """The device's row, new or with what it tells now; locked."""
    statement = upsert(unit.connection.dialect, DeviceRow).values(
        client_id=unit.client_id,
        id=await unit.new_id(),
        pass_type_identifier=pass_type,
        library_identifier=library_identifier,
        push_token=push_token,
        created_at=now,
        registered_at=now,
    )
    kept = statement.on_conflict_do_update(
        index_elements=["client_id", "pass_type_identifier", "library_identifier"],
        set_={"push_token": push_token, "registered_at": now},
    ).returning(DeviceRow.id)
    return (await unit.connection.execute(kept)).scalar_one()


async def _forget_unused(unit: Unit, device_id: int) -> None:
    """Remove a device without passes."""
    which = (DeviceRow.client_id == unit.client_id) & (DeviceRow.id == device_id)
    # Locked by a statement of its own: the next one then sees the registration of whoever held the lock before.
    await unit.connection.execute(select(DeviceRow.id).where(which).with_for_update())
    await unit.connection.execute(delete(DeviceRow).where(which, not_(exists().where(_same_device()))))


async def _may_be_stale(unit: Unit, stored: Stored) -> bool:
    """Whether the pass has changed since it was last shown, so that the phone may have an older version."""
    if stored.state.version == 1:
        return False
    shown = select(func.max(FactRow.recorded_at)).where(
        FactRow.client_id == unit.client_id,
        FactRow.pass_id == stored.id,
        FactRow.name == DISPLAYED,
        FactRow.wallet == "apple",
    )
    changed = select(PassRow.changed_at).where(PassRow.client_id == unit.client_id, PassRow.id == stored.id)
    last_shown = (await unit.connection.execute(shown)).scalar_one()
    return last_shown is None or (await unit.connection.execute(changed)).scalar_one() >= last_shown


async def _find(unit: Unit, operation_id: int, pass_id: int) -> tuple[LiveOperation, Stored]:
    live = await load_operation(unit, operation_id)
    stored = await load_one(unit, live, pass_id)
    if stored is None:
        raise NotFound(f"there is no pass {pass_id} in {live.row.name}")
    return live, stored


async def _find_all(unit: Unit, operation_id: int, ids: list[int]) -> list[tuple[LiveOperation, Stored]]:
    live = await load_operation(unit, operation_id)
    return [(live, stored) for stored in await load(unit, live, ids)]


async def _pass_type(unit: Unit, pass_id: int) -> str:
    query = select(PassRow.pass_type_identifier).where(PassRow.client_id == unit.client_id, PassRow.id == pass_id)
    return (await unit.connection.execute(query)).scalar_one()


def _same_device() -> Any:
    return (RegistrationRow.client_id == DeviceRow.client_id) & (RegistrationRow.device_id == DeviceRow.id)
