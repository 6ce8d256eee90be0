"""Who is pushed when a pass changes."""

from __future__ import annotations

import asyncio

from walletpass.testing.protocol.rules import UPDATING, Need, RuleBook, hold
from walletpass.testing.protocol.subject import Subject

BOOK = RuleBook()
rule = BOOK.rule

PAUSE = 0.05


def _sent(on: Subject, token: str) -> list[str]:
    """Topics of the pushes to a token."""
    return [push.topic for push in on.pushes() if push.token == token] if on.pushes else []


async def _more(on: Subject, token: str, than: int) -> list[str]:
    """The same, once there are more than so many, or the time is over."""
    for _ in range(int(on.patience / PAUSE)):
        if len(_sent(on, token)) > than:
            break
        await asyncio.sleep(PAUSE)
    return _sent(on, token)


@rule(UPDATING, Need.CHANGE, Need.PUSHES)
async def a_change_is_pushed_to_a_registered_device(on: Subject) -> None:
    """A change is pushed to a device that registered, with the pass type as topic."""
    device = on.device()
    await device.register()
    before = len(_sent(on, device.push_token))
    await on.make_change()
    topics = await _more(on, device.push_token, before)
    hold(len(topics) > before, "a registered device is not pushed after a change")
    hold(set(topics) == {on.pass_type}, f"pushes have the topics {sorted(set(topics))}")


@rule(UPDATING, Need.CHANGE, Need.PUSHES)
async def a_change_is_pushed_to_the_newest_token(on: Subject) -> None:
    """After registering again with another push token, changes are pushed to that one, and no more to the old."""
    device, newer = on.device(), "cd" * 32
    await device.register()
    await device.register(push_token=newer)
    before = len(_sent(on, device.push_token))
    await on.make_change()
    hold(await _more(on, newer, 0), "the newest push token of a device is not pushed after a change")
    hold(len(_sent(on, device.push_token)) == before, "the old push token of a device is pushed still")


@rule(UPDATING, Need.CHANGE, Need.PUSHES)
async def a_device_that_left_is_not_pushed(on: Subject) -> None:
    """After unregistering, a device is not pushed, while another one still is."""
    left, stays = on.device(), on.device()
    await left.register()
    await stays.register()
    await left.unregister()
    before, known = len(_sent(on, left.push_token)), len(_sent(on, stays.push_token))
    await on.make_change()
    await _more(on, stays.push_token, known)
    hold(len(_sent(on, left.push_token)) == before, "a device that unregistered is pushed after a change")


@rule(UPDATING, Need.CHANGE, Need.PUSHES)
async def every_device_of_a_pass_is_pushed(on: Subject) -> None:
    """A pass on five devices is pushed to each."""
    devices = [on.device() for _ in range(5)]
    for device in devices:
        await device.register()
    before = [len(_sent(on, device.push_token)) for device in devices]
    await on.make_change()
    for device, known in zip(devices, before, strict=True):
        topics = await _more(on, device.push_token, known)
        hold(len(topics) > known, "one of five devices with the pass is not pushed after a change")
