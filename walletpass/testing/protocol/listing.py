"""The list of what changed."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

from walletpass.testing.protocol.rules import HTTP, LIST, SAFETY, UPDATING, Need, RuleBook, expect, hold
from walletpass.testing.protocol.subject import Device, Subject
from walletpass.testing.web_service import devices_path

BOOK = RuleBook()
rule = BOOK.rule


async def _registered(on: Subject) -> Device:
    device = on.device()
    await device.register()
    return device


@rule(LIST)
async def an_unknown_device_is_told_204(on: Subject) -> None:
    """A device without passes is told 204."""
    expect(await on.device().list_changed(), 204)


@rule(HTTP)
async def a_204_has_no_body(on: Subject) -> None:
    """204 comes without a body."""
    answer = expect(await on.device().list_changed(), 204)
    hold(answer.content == b"", "it has a body", answer)


@rule(LIST)
async def without_a_tag_every_pass_is_listed(on: Subject) -> None:
    """Without a tag the list holds every pass of the device."""
    listed, _ = await (await _registered(on)).changed()
    hold(listed == {on.one.serial}, f"a device with {on.one.serial} is told of {sorted(listed)}")


@rule(LIST)
async def the_list_has_its_form(on: Subject) -> None:
    """The list is an object of `serialNumbers`, a list of texts, and `lastUpdated`, a text."""
    answer = expect(await (await _registered(on)).list_changed(), 200)
    content = json.loads(answer.content)
    hold(isinstance(content, dict), "it is no object", answer)
    serials, tag = content.get("serialNumbers"), content.get("lastUpdated")
    hold(isinstance(serials, list) and all(isinstance(one, str) for one in serials), f"serialNumbers: {serials}")
    hold(isinstance(tag, str) and tag != "", f"lastUpdated is {tag!r}, which is no text")


@rule(LIST)
async def the_list_is_called_json(on: Subject) -> None:
    """Its Content-Type is application/json."""
    answer = expect(await (await _registered(on)).list_changed(), 200)
    kind = answer.headers.get("Content-Type", "")
    hold(kind.startswith("application/json"), f"Content-Type is {kind!r}", answer)


@rule("RFC 1866: a plus in a query is a space")
async def the_tag_holds_no_plus(on: Subject) -> None:
    """The tag comes through a query as it is, even from those who do not escape it."""
    _, tag = await (await _registered(on)).changed()
    hold(tag and tag.isascii() and not set(tag) & set("+&#% "), f"the tag {tag!r} changes in a query")


@rule(SAFETY)
async def the_tag_is_short(on: Subject) -> None:
    """The tag has at most 200 characters, since every phone sends it with every list."""
    _, tag = await (await _registered(on)).changed()
    hold(tag and len(tag) <= 200, f"the tag has {len(tag or '')} characters")


@rule(LIST)
async def the_list_needs_no_secret(on: Subject) -> None:
    """The list is asked without Authorization."""
    device = await _registered(on)
    expect(await device.list_changed(), 200)


@rule(LIST)
async def the_list_ignores_a_secret(on: Subject) -> None:
    """An Authorization that comes along changes nothing."""
    device = await _registered(on)
    expect(await device.list_changed(Authorization="ApplePass nonsense"), 200)


@rule(LIST)
async def its_own_tag_is_understood(on: Subject) -> None:
    """With the tag just given, the list is empty, or holds again what lies on the boundary."""
    device = await _registered(on)
    _, tag = await device.changed()
    expect(await device.list_changed(tag), 200, 204)
    listed, _ = await device.changed(tag)
    hold(listed <= {on.one.serial}, f"it lists {sorted(listed)}")


async def _lists_everything(on: Subject, tag: str) -> None:
    device = await _registered(on)
    answer = expect(await device.list_changed(tag), 200)
    hold(json.loads(answer.content)["serialNumbers"] == [on.one.serial], f"the tag {tag[:40]!r} hides passes", answer)


@rule(UPDATING)
async def an_empty_tag_counts_as_none(on: Subject) -> None:
    """An empty tag lists everything."""
    await _lists_everything(on, "")


@rule(UPDATING)
async def a_tag_that_is_nonsense_counts_as_none(on: Subject) -> None:
    """A tag that cannot be read lists everything."""
    await _lists_everything(on, "null")


@rule(UPDATING)
async def a_tag_of_hostile_characters_counts_as_none(on: Subject) -> None:
    """A tag with quotes, controls and letters of other alphabets lists everything."""
    await _lists_everything(on, "';--\x00\x01é\N{FULLWIDTH DIGIT ONE}")


@rule(UPDATING)
async def a_tag_of_another_server_counts_as_none(on: Subject) -> None:
    """A tag from before a restore, or of another server, lists everything."""
    _, tag = await (await _registered(on)).changed()
    swapped = str.maketrans("0123456789abcdef", "123456789abcdef0")
    first, dot, rest = (tag or "").partition(".")
    await _lists_everything(on, f"{first.translate(swapped)}{dot}{rest}" if dot else "0123456789abcdef.17")


@rule(SAFETY)
async def a_number_that_no_column_holds_counts_as_none(on: Subject) -> None:
    """A tag that ends in a hundred digits lists everything."""
    _, tag = await (await _registered(on)).changed()
    await _lists_everything(on, f"{(tag or '').partition('.')[0]}.{'9' * 100}")


@rule(SAFETY)
async def an_endless_tag_breaks_nothing(on: Subject) -> None:
    """A tag of 4,000 characters lists everything, or is refused; it is no fault of the server."""
    device = await _registered(on)
    expect(await device.list_changed("9" * 4000), 200, 400, 414, 431)


@rule(SAFETY)
async def a_repeated_tag_breaks_nothing(on: Subject) -> None:
    """Two tags and unknown parameters are no fault of the server."""
    device = await _registered(on)
    path = devices_path(device.identifier, on.pass_type)
    expect(await on.get(f"{path}?passesUpdatedSince=a&passesUpdatedSince=b&x=%FF"), 200, 204, 400)


@rule(LIST)
async def passes_of_another_type_are_not_listed(on: Subject) -> None:
    """The list holds the passes of the type that is asked for alone."""
    device = await _registered(on)
    answer = await on.client.list_changed(on.service, device.identifier, f"{on.pass_type}.another")
    expect(answer, 204)


@rule(LIST, Need.SECOND_PASS)
async def passes_of_other_devices_are_not_listed(on: Subject) -> None:
    """A device is told of its own passes alone."""
    device, other = on.device(), on.device()
    await device.register(on.one)
    await other.register(on.other)
    listed, _ = await device.changed()
    hold(listed == {on.one.serial}, f"a device with {on.one.serial} is told of {sorted(listed)}")


@rule(UPDATING, Need.SECOND_PASS)
async def a_pass_added_later_is_listed(on: Subject) -> None:
    """A pass that registers after a tag was given is listed with that tag, though it did not change."""
    device = await _registered(on)
    _, tag = await device.changed()
    await device.register(on.other)
    listed, _ = await device.changed(tag)
    hold(on.other.serial in listed, f"{on.other.serial}, registered since the tag, is not in {sorted(listed)}")


@rule("RFC 9110, section 9.3.2")
async def head_of_the_list_has_no_body(on: Subject) -> None:
    """HEAD of the list has the status of GET, and no body."""
    device = await _registered(on)
    answer = expect(await on.get(devices_path(device.identifier, on.pass_type), "HEAD"), 200)
    hold(answer.content == b"", "it has a body", answer)


@rule(UPDATING, Need.CHANGE)
async def a_change_is_listed(on: Subject) -> None:
    """What changed since a tag is listed with that tag."""
    device = await _registered(on)
    _, tag = await device.changed()
    await on.make_change()
    listed, _ = await device.changed(tag)
    hold(on.one.serial in listed, f"{on.one.serial}, changed since the tag, is not in {sorted(listed)}")


@rule(UPDATING, Need.CHANGE)
async def a_change_is_listed_on_every_device(on: Subject) -> None:
    """A pass on two devices is listed for both."""
    devices = [await _registered(on), await _registered(on)]
    tags = [(await device.changed())[1] for device in devices]
    await on.make_change()
    for device, tag in zip(devices, tags, strict=True):
        listed, _ = await device.changed(tag)
        hold(on.one.serial in listed, f"{on.one.serial} is not told to one of two devices")


@rule(UPDATING, Need.CHANGE, Need.SECOND_PASS)
async def every_changed_pass_is_listed(on: Subject) -> None:
    """Of two passes that changed one after the other both are listed, not the newest alone."""
    device = await _registered(on)
    await device.register(on.other)
    _, tag = await device.changed()
    await on.make_change(on.one)
    await asyncio.sleep(1.1)  # in another second, for whoever keeps whole ones
    await on.make_change(on.other)
    listed, _ = await device.changed(tag)
    hold(listed == {on.one.serial, on.other.serial}, f"of two changed passes {sorted(listed)} are listed")


@rule(UPDATING, Need.CHANGE)
async def a_tag_used_again_lists_the_change_again(on: Subject) -> None:
    """A phone whose fetch failed asks with its old tag again, and is told again."""
    device = await _registered(on)
    _, tag = await device.changed()
    await on.make_change()
    await device.changed(tag)
    listed, _ = await device.changed(tag)
    hold(on.one.serial in listed, f"{on.one.serial} is listed once alone")


@rule(UPDATING, Need.CHANGE)
async def changes_after_each_tag_are_all_listed(on: Subject) -> None:
    """Changes that follow one another at once are each listed with the tag from before."""
    device = await _registered(on)
    _, tag = await device.changed()
    for _ in range(3):
        await on.make_change()
        listed, tag = await device.changed(tag)
        hold(on.one.serial in listed, f"{on.one.serial}, changed since the tag, is not listed")


@rule(UPDATING, Need.CHANGE)
async def a_device_that_left_is_told_nothing(on: Subject) -> None:
    """After unregistering, a change is not listed, whatever the tag."""
    device = await _registered(on)
    _, tag = await device.changed()
    await device.unregister()
    await on.make_change()
    expect(await device.list_changed(tag), 204)


@rule(LIST)
async def a_list_is_not_kept_by_caches(on: Subject) -> None:
    """Nobody on the way may keep a list: the next one would be old."""
    answer = expect(await (await _registered(on)).list_changed(), 200)
    kept = answer.headers.get("Cache-Control", "").lower()
    fresh = "max-age" in kept and "max-age=0" not in kept
    hold(not fresh and "public" not in kept and "Expires" not in answer.headers, f"Cache-Control is {kept!r}", answer)


@rule("RFC 3986, section 2.3")
async def an_encoded_pass_type_is_the_same(on: Subject) -> None:
    """`pass%2Eexample` is the pass type `pass.example`."""
    device = await _registered(on)
    path = f"/v1/devices/{quote(device.identifier, safe='')}/registrations/{on.pass_type.replace('.', '%2E')}"
    expect(await on.get(path), 200)
