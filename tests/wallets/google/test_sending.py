"""What the letters of passes do at Google."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from walletpass.testing.google_api import Fault
from walletpass_server.engine import switches
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.client_removal import finish_removals, remove_client
from walletpass_server.engine.erasure import erase
from walletpass_server.engine.sending import Round, send_some
from walletpass_server.persistence.tables import CredentialRow, GoogleObjectRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import open_shop

OBJECT = "3388000000000000001.C-1"


async def test_the_classes_are_at_google_before_the_first_pass(campaign, fake):
    await campaign.deliver()
    assert len(fake.class_ids()) == 2
    assert not fake.object_ids()
    assert all(row.sent_hash == row.content_hash for row in await campaign.classes())


async def test_a_changed_pass_is_one_patch(campaign, fake, held):
    before = len(fake.calls())
    await campaign.happens(held, "quietly", points=5)
    await campaign.deliver()
    (call,) = fake.calls()[before:]
    assert call.method == "PATCH"
    assert "5" in str(fake.object_(OBJECT)["textModulesData"])


async def test_many_changes_are_one_patch_with_the_newest_values(campaign, fake, held):
    before = len(fake.calls())
    for points in range(6):
        await campaign.happens(held, "quietly", points=points)
    await campaign.deliver()
    assert len(fake.calls()) == before + 1
    assert (await campaign.known(held)).sent_version == 7


async def test_a_move_patches_the_class_and_the_state(campaign, fake, held):
    first = fake.object_(OBJECT)["classId"]
    await campaign.happens(held, "coupon.used")
    await campaign.deliver()
    object_ = fake.object_(OBJECT)
    assert object_["classId"] != first
    assert object_["state"] == "COMPLETED"


async def test_what_the_pass_no_longer_says_is_cleared(campaign, fake):
    pass_id = await campaign.issue("C-1", note="bring a friend")
    await campaign.link(pass_id)
    await campaign.save(pass_id)
    assert fake.object_(OBJECT)["barcode"]
    await campaign.void(pass_id)
    await campaign.deliver()
    object_ = fake.object_(OBJECT)
    assert object_["state"] == "INACTIVE"
    assert "barcode" not in object_


async def test_a_letter_that_comes_again_does_nothing(campaign, fake, held):
    await campaign.happens(held, "quietly", points=5)
    await campaign.deliver()
    calls = len(fake.calls())
    await campaign.put(str(held))
    await campaign.deliver()
    assert len(fake.calls()) == calls


async def test_an_object_that_google_lost_is_inserted_again(campaign, fake, held):
    del fake.resources._kept["Object"][OBJECT]
    await campaign.happens(held, "quietly", points=5)
    await campaign.deliver()
    assert "5" in str(fake.object_(OBJECT))


async def test_a_class_that_google_lost_is_inserted_before_its_object(campaign, fake, held):
    fake.resources._kept["Class"].clear()
    await campaign.happens(held, "quietly", points=5)
    await campaign.deliver()
    assert fake.object_(OBJECT)["classId"] in fake.class_ids()


async def test_a_write_that_came_between_is_followed_by_the_newest_version(campaign, fake, held):
    await campaign.happens(held, "quietly", points=5)
    sender = campaign.providers[0].parts.sender
    (read,) = await sender._reader.read(campaign.shop.client_id, [held], campaign.now)
    await campaign.happens(held, "quietly", points=6)
    await campaign.deliver(campaign.provider())
    written = await sender._objects.write(read)  # the older version, after the newer one
    assert "5" in str(fake.object_(OBJECT)["textModulesData"])
    await sender._objects.keep(campaign.shop.client_id, [written], campaign.now)
    await campaign.deliver()
    assert "6" in str(fake.object_(OBJECT)["textModulesData"])


async def test_an_erased_person_s_object_says_nothing_any_more(campaign, fake):
    pass_id = await campaign.issue("C-1", note="Ada Lovelace")
    await campaign.link(pass_id)
    await campaign.save(pass_id)
    assert "Ada Lovelace" in str(fake.object_(OBJECT))
    await erase(campaign.database, campaign.shop.client_id, campaign.now, serial="C-1")
    await campaign.deliver()
    object_ = fake.object_(OBJECT)
    assert object_["state"] == "INACTIVE"
    assert "Ada Lovelace" not in str(object_)


async def test_objects_of_a_removed_client_say_nothing_any_more_and_then_its_credentials_go(campaign, fake):
    pass_id = await campaign.issue("C-1", note="Ada Lovelace")
    await campaign.link(pass_id)
    await campaign.save(pass_id)
    await remove_client(campaign.database, campaign.shop.client_id, Actor("staff", "tester"), campaign.now)
    await campaign.deliver()
    object_ = fake.object_(OBJECT)
    assert (object_["state"], "Ada Lovelace" in str(object_)) == ("INACTIVE", False)
    await finish_removals(campaign.database, campaign.now)
    async with campaign.database.reading(ALL_CLIENTS) as unit:
        assert (await unit.session.scalars(select(CredentialRow.id))).all() == []


async def test_a_pass_erased_while_it_was_sent_is_emptied(campaign, fake):
    pass_id = await campaign.issue("C-1", note="Ada Lovelace")
    await campaign.link(pass_id)
    await campaign.save(pass_id)
    await campaign.happens(pass_id, "quietly", points=5)
    sender = campaign.providers[0].parts.sender
    (read,) = await sender._reader.read(campaign.shop.client_id, [pass_id], campaign.now)
    await erase(campaign.database, campaign.shop.client_id, campaign.now, serial="C-1")
    await campaign.deliver(campaign.provider())
    await sender._objects.keep(campaign.shop.client_id, [await sender._objects.write(read)], campaign.now)
    await campaign.deliver()
    assert "Ada Lovelace" not in str(fake.object_(OBJECT))


async def test_a_request_google_will_never_take_is_dead_and_the_others_arrive(campaign, fake, held):
    other = await campaign.issue("C-2")
    await campaign.link(other)
    await campaign.save(other)
    for pass_id in (held, other):
        await campaign.happens(pass_id, "quietly", points=9)
    fake.fail(Fault(status=400, reason="badRequest", times=None, path="C-2"))
    await campaign.send()
    (left,) = await campaign.letters()
    assert left.dead_at is not None
    assert left.last_error.startswith("GoogleRefused: PATCH offerObject/3388000000000000001.C-2: 400 badRequest")
    assert "9" in str(fake.object_(OBJECT))


async def test_a_stopped_wallet_s_letters_stay_and_go_out_afterwards(campaign, fake, held):
    await campaign.happens(held, "quietly", points=5)
    calls = len(fake.calls())
    async with campaign.database.writing(ALL_CLIENTS) as unit:
        await switches.stop(unit, campaign.shop.client_id, "google", "an incident", campaign.now)
    assert await campaign.send() == Round(0)
    assert len(fake.calls()) == calls
    assert [letter.attempts for letter in await campaign.letters()] == [0]
    async with campaign.database.writing(ALL_CLIENTS) as unit:
        assert await switches.start(unit, campaign.shop.client_id, "google")
    await campaign.deliver()
    assert "5" in str(fake.object_(OBJECT))


async def test_a_switch_of_another_client_stops_nothing_here(campaign, fake, held):
    other = await open_shop(campaign.database, "other")
    async with campaign.database.writing(ALL_CLIENTS) as unit:
        await switches.stop(unit, other.client_id, "google", "an incident", campaign.now)
        assert await switches.stopped(unit, other.client_id, "google")
        assert not await switches.stopped(unit, other.client_id, "apple")
        assert not await switches.stopped(unit, campaign.shop.client_id, "google")
    await campaign.happens(held, "quietly", points=5)
    await campaign.deliver()
    assert "5" in str(fake.object_(OBJECT))


async def test_letters_of_a_stopped_credential_wait_without_being_counted(campaign, fake, held):
    await campaign.happens(held, "quietly", points=5)
    async with campaign.database.writing(campaign.shop.client_id) as unit:
        await unit.session.execute(update(CredentialRow).values(stopped_at=campaign.now, stopped_why="by hand"))
    await campaign.send()
    (letter,) = await campaign.letters()
    assert (letter.attempts, letter.dead_at) == (0, None)
    assert "was stopped (by hand)" in letter.last_error


async def test_a_pass_that_was_never_saved_by_a_link_is_inserted_by_its_letter(campaign, fake, held):
    async with campaign.database.writing(campaign.shop.client_id) as unit:
        await unit.session.execute(delete(GoogleObjectRow))
    await campaign.happens(held, "quietly", points=5)
    await campaign.deliver()
    assert "5" in str(fake.object_(OBJECT))
    assert (await campaign.known(held)).object_id == OBJECT


async def test_letters_about_passes_that_are_no_more_are_done(campaign):
    await campaign.put("4711")
    assert await send_some(campaign.database, "google", campaign.providers[0])
    await campaign.deliver()


async def test_a_turn_serves_every_client(campaign, other, fake):
    await campaign.deliver()
    many = [await campaign.issue(f"C-{number}") for number in range(5)]
    few = await other.issue("D-1")
    for on, pass_id in [*((campaign, pass_id) for pass_id in many), (other, few)]:
        await on.put(str(pass_id))
    (provider,) = campaign.providers
    provider.parts.sender._seconds = 0.2  # three calls for each client
    await campaign.send()
    assert "3388000000000000001.D-1" in fake.object_ids()
    assert len(fake.object_ids()) == 4
