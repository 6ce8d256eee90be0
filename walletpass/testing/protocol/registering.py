"""Registering and unregistering."""

from __future__ import annotations

from walletpass.testing.protocol.rules import (
    ARCHIVE,
    HTTP,
    REGISTER,
    SAFETY,
    SEEN,
    UNREGISTER,
    UPDATING,
    URI,
    Need,
    RuleBook,
    expect,
    hold,
    refused,
)
from walletpass.testing.protocol.subject import Subject

BOOK = RuleBook()
rule = BOOK.rule

LARGE = 4_000_000
"""Bytes that no registration and no log needs."""


@rule(REGISTER)
async def a_new_registration_answers_201(on: Subject) -> None:
    """A registration that is new answers 201."""
    expect(await on.device().register(), 201)


@rule(REGISTER)
async def a_known_registration_answers_200(on: Subject) -> None:
    """Registering again answers 200."""
    device = on.device()
    await device.register()
    expect(await device.register(), 200)


@rule(UPDATING)
async def a_known_registration_takes_another_push_token(on: Subject) -> None:
    """Registering again with another push token answers 200: tokens change."""
    device = on.device()
    await device.register()
    expect(await device.register(push_token="ab" * 32), 200)


@rule(REGISTER)
async def a_registration_given_up_can_be_made_again(on: Subject) -> None:
    """A pass that was unregistered registers again with 201."""
    device = on.device()
    await device.register()
    await device.unregister()
    expect(await device.register(), 201)


@rule(REGISTER)
async def a_second_device_registers_too(on: Subject) -> None:
    """One pass may be on many devices: each registers with 201."""
    await on.device().register()
    expect(await on.device().register(), 201)


@rule(REGISTER, Need.SECOND_PASS)
async def a_second_pass_registers_on_the_same_device(on: Subject) -> None:
    """One device may have many passes: each registers with 201."""
    device = on.device()
    await device.register(on.one)
    expect(await device.register(on.other), 201)


@rule(REGISTER, Need.SECOND_PASS)
async def both_passes_of_a_device_are_listed(on: Subject) -> None:
    """Registering a second pass keeps the first."""
    device = on.device()
    await device.register(on.one)
    await device.register(on.other)
    listed, _ = await device.changed()
    hold(listed == {on.one.serial, on.other.serial}, f"a device with two passes is told of {sorted(listed)}")


@rule(REGISTER)
async def a_registration_may_name_its_character_set(on: Subject) -> None:
    """`application/json; charset=utf-8` is JSON too."""
    device = on.device()
    sent = {"Content-Type": "application/json; charset=utf-8"}
    expect(await device.register_with(b'{"pushToken": "0a1b"}', **sent), 201)


@rule(SEEN)
async def unknown_members_of_a_registration_are_ignored(on: Subject) -> None:
    """What a newer system adds to the body does no harm."""
    body = b'{"pushToken": "0a1b", "pushEnvironment": "production", "more": [1, {"a": null}]}'
    expect(await on.device().register_with(body), 201)


@rule(REGISTER)
async def push_tokens_have_no_fixed_length(on: Subject) -> None:
    """A push token may be longer than today's 32 bytes."""
    expect(await on.device().register(push_token="0123456789abcdef" * 10), 201)


@rule(URI)
async def device_identifiers_are_percent_decoded(on: Subject) -> None:
    """A device identifier may hold any character, percent-encoded."""
    device = on.device("suite /ü+%41?#&=" + on.device().identifier)
    expect(await device.register(), 201)
    expect(await device.list_changed(), 200)


@rule(URI)
async def device_identifiers_are_told_apart_by_every_character(on: Subject) -> None:
    """`a+b`, `a b` and `a%20b` are three devices."""
    stem = on.device().identifier
    await on.device(f"{stem}a+b").register()
    await on.device(f"{stem}a%20b").register()
    for identifier in (f"{stem}a b", f"{stem}A+B", f"{stem}a%2Bb"):
        expect(await on.device(identifier).list_changed(), 204)


@rule(REGISTER)
async def registering_needs_the_secret(on: Subject) -> None:
    """A registration with a wrong secret answers 401."""
    expect(await on.device().register(Authorization="ApplePass " + "0" * 32), 401)


@rule(REGISTER)
async def registering_without_a_secret_is_refused(on: Subject) -> None:
    """A registration without Authorization answers 401."""
    expect(await on.device().register(Authorization=None), 401)


@rule(REGISTER)
async def a_refused_registration_registers_nothing(on: Subject) -> None:
    """After 401 the device is as unknown as before."""
    device = on.device()
    await device.register(Authorization="ApplePass " + "0" * 32)
    expect(await device.list_changed(), 204)


@rule(SAFETY)
async def a_wrong_secret_is_refused_before_the_body_is_read(on: Subject) -> None:
    """A malformed registration with a wrong secret is refused, and as one of an unknown pass is."""
    wrong = {"Authorization": "ApplePass " + "0" * 32, "Content-Type": "application/json"}
    device, client = on.device(), on.client
    known = await client.send(
        "POST", on.service, on.one.registration(device.identifier), headers=dict(wrong), content=b"{"
    )
    path = on.one.registration(device.identifier) + "-unknown"
    unknown = await client.send("POST", on.service, path, headers=dict(wrong), content=b"{")
    refused(known)
    hold(known.status_code == unknown.status_code and known.content == unknown.content, "the two differ", known)


async def _malformed(on: Subject, body: bytes) -> None:
    device = on.device()
    expect(await device.register_with(body), 400)
    expect(await device.list_changed(), 204)


@rule(HTTP)
async def a_registration_that_is_no_json_answers_400(on: Subject) -> None:
    """A body that is not JSON answers 400, and registers nothing."""
    await _malformed(on, b"{pushToken")


@rule(HTTP)
async def a_registration_without_a_body_answers_400(on: Subject) -> None:
    """An empty body answers 400, and registers nothing."""
    await _malformed(on, b"")


@rule(HTTP)
async def a_registration_that_is_no_object_answers_400(on: Subject) -> None:
    """A body that is a list answers 400, and registers nothing."""
    await _malformed(on, b'["0a1b"]')


@rule(REGISTER)
async def a_registration_without_push_token_answers_400(on: Subject) -> None:
    """A body without `pushToken` answers 400, and registers nothing."""
    await _malformed(on, b'{"token": "0a1b"}')


@rule(REGISTER)
async def a_push_token_that_is_no_text_answers_400(on: Subject) -> None:
    """`pushToken` as a number answers 400, and registers nothing."""
    await _malformed(on, b'{"pushToken": 17}')


@rule(REGISTER)
async def an_empty_push_token_answers_400(on: Subject) -> None:
    """An empty `pushToken` answers 400, and registers nothing."""
    await _malformed(on, b'{"pushToken": ""}')


@rule(HTTP)
async def a_registration_in_broken_utf8_answers_400(on: Subject) -> None:
    """A body that is not UTF-8 answers 400, and registers nothing."""
    await _malformed(on, b'{"pushToken": "\xff\xfe"}')


@rule(SAFETY)
async def a_deeply_nested_registration_answers_400(on: Subject) -> None:
    """JSON nested ten thousand deep answers 400, and breaks nothing."""
    await _malformed(on, b"[" * 10_000 + b"]" * 10_000)


@rule("RFC 9110, section 15.5.14")
async def a_huge_registration_answers_413(on: Subject) -> None:
    """A body of megabytes answers 413."""
    expect(await on.device().register_with(b'{"pushToken": "' + b"a" * LARGE + b'"}'), 413)


@rule(UNREGISTER)
async def unregistering_answers_200(on: Subject) -> None:
    """Unregistering answers 200."""
    device = on.device()
    await device.register()
    expect(await device.unregister(), 200)


@rule(ARCHIVE)
async def unregistering_twice_answers_200(on: Subject) -> None:
    """Unregistering what is not registered answers 200 as well: a lost answer makes phones ask again."""
    device = on.device()
    await device.register()
    await device.unregister()
    expect(await device.unregister(), 200)


@rule(UNREGISTER)
async def an_unknown_device_may_unregister(on: Subject) -> None:
    """A device that nobody knows may unregister: 200."""
    expect(await on.device().unregister(), 200)


@rule(UNREGISTER)
async def an_unregistered_pass_is_listed_no_more(on: Subject) -> None:
    """After unregistering the list is empty: 204."""
    device = on.device()
    await device.register()
    await device.unregister()
    expect(await device.list_changed(), 204)


@rule(UNREGISTER)
async def unregistering_one_device_leaves_the_other(on: Subject) -> None:
    """The same pass on another device stays registered."""
    first, second = on.device(), on.device()
    await first.register()
    await second.register()
    await first.unregister()
    expect(await second.register(), 200)


@rule(UNREGISTER, Need.SECOND_PASS)
async def unregistering_one_pass_leaves_the_other(on: Subject) -> None:
    """Another pass on the same device stays registered."""
    device = on.device()
    await device.register(on.one)
    await device.register(on.other)
    await device.unregister(on.one)
    listed, _ = await device.changed()
    hold(listed == {on.other.serial}, f"a device that keeps {on.other.serial} is told of {sorted(listed)}")


@rule(UNREGISTER)
async def unregistering_needs_the_secret(on: Subject) -> None:
    """Unregistering with a wrong secret answers 401, and the pass stays registered."""
    device = on.device()
    await device.register()
    expect(await device.unregister(Authorization="ApplePass " + "0" * 32), 401)
    expect(await device.register(), 200)


@rule(UNREGISTER)
async def unregistering_without_a_secret_is_refused(on: Subject) -> None:
    """Unregistering without Authorization answers 401."""
    device = on.device()
    await device.register()
    expect(await device.unregister(Authorization=None), 401)
