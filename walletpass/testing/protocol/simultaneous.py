"""Many at once: phones retry, and many phones have the same pass."""

from __future__ import annotations

import asyncio
from collections import Counter

from walletpass.testing.held_pass import HeldPass
from walletpass.testing.protocol.rules import REGISTER, UPDATING, Need, RuleBook, expect, hold
from walletpass.testing.protocol.subject import Device, Subject

BOOK = RuleBook()
rule = BOOK.rule

MANY = 50


@rule(REGISTER)
async def one_device_registers_twice_at_once(on: Subject) -> None:
    """Of ten registrations of the same device at once one answers 201, the others 200."""
    device = on.device()
    answers = await asyncio.gather(*(device.register() for _ in range(10)))
    found = Counter(answer.status_code for answer in answers)
    hold(found == {201: 1, 200: 9}, f"ten registrations of one device at once answer {dict(found)}")


@rule(REGISTER)
async def many_devices_register_at_once(on: Subject) -> None:
    """Fifty devices that register at once are all registered."""
    devices = [on.device() for _ in range(MANY)]
    for answer in await asyncio.gather(*(device.register() for device in devices)):
        expect(answer, 201)
    for answer in await asyncio.gather(*(device.register() for device in devices)):
        expect(answer, 200)


@rule(REGISTER, Need.SECOND_PASS)
async def many_passes_register_at_once(on: Subject) -> None:
    """All passes of one device that register at once are all listed."""
    device = on.device()
    addresses = [on.address(held) for held in on.passes]
    await asyncio.gather(*(device.register(which) for which in addresses))
    listed, _ = await device.changed()
    hold(listed == {which.serial for which in addresses}, f"{len(listed)} of {len(addresses)} passes are listed")


@rule(REGISTER)
async def many_devices_unregister_at_once(on: Subject) -> None:
    """Twenty devices that unregister at once, each twice, all answer 200 and are gone."""
    devices = [on.device() for _ in range(20)]
    await asyncio.gather(*(device.register() for device in devices))
    for answer in await asyncio.gather(*(device.unregister() for device in devices * 2)):
        expect(answer, 200)
    for answer in await asyncio.gather(*(device.list_changed() for device in devices)):
        expect(answer, 204)


@rule(REGISTER)
async def what_was_asked_last_counts(on: Subject) -> None:
    """A device that registers and unregisters in quick succession is what it asked for last."""
    device = on.device()
    for _ in range(5):
        await device.register()
        await device.unregister()
    expect(await device.list_changed(), 204)
    await device.register()
    expect(await device.list_changed(), 200)


@rule(UPDATING)
async def many_fetch_at_once(on: Subject) -> None:
    """Fifty fetches at once all get the same sound version."""
    answers = await asyncio.gather(*(on.client.fetch(on.one) for _ in range(MANY)))
    documents = {HeldPass.read(expect(answer, 200).content, on.anchors).files["pass.json"] for answer in answers}
    hold(len(documents) == 1, f"fifty fetches at once give {len(documents)} versions")


@rule(UPDATING, Need.CHANGE)
async def no_change_is_missed_by_a_phone_that_keeps_asking(on: Subject) -> None:
    """A phone that lists and fetches while the pass changes again and again has the newest version in the end."""
    device = on.device()
    await device.register()
    held, tag = await on.held(), (await device.changed())[1]
    changing = asyncio.create_task(_change(on, 6))
    while not changing.done():
        held, tag = await _follow(on, device, held, tag)
    await changing
    held, _ = await _follow(on, device, held, tag)
    newest = await on.held()
    hold(held.files["pass.json"] == newest.files["pass.json"], "the phone holds an older version, and is told no more")


async def _change(on: Subject, times: int) -> None:
    for _ in range(times):
        await on.make_change()


async def _follow(on: Subject, device: Device, held: HeldPass, tag: str | None) -> tuple[HeldPass, str | None]:
    listed, newer = await device.changed(tag)
    if held.serial in listed:
        answer = expect(await on.client.fetch(on.one, held.last_modified), 200, 304)
        if answer.status_code == 200:
            held = HeldPass.read(answer.content, on.anchors, answer.headers.get("Last-Modified"))
    await asyncio.sleep(0.01)
    return held, newer
