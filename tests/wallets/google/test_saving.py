"""The link that saves a pass."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from walletpass.errors import GoogleDenied, GoogleUnavailable, NotFound, WalletStopped
from walletpass.testing.google_api import Fault
from walletpass_server.engine import switches
from walletpass_server.persistence.tables import GoogleObjectRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS


async def test_a_tap_inserts_class_and_object_and_the_link_only_names_them(campaign, fake):
    pass_id = await campaign.issue("C-1", points=3)
    link = await campaign.link(pass_id)
    (saved,) = fake.save(link, callback=False)
    assert saved.object_id == "3388000000000000001.C-1"
    assert fake.object_(saved.object_id)["classId"] in fake.class_ids()
    assert len(link) < 1000


async def test_the_link_again_is_for_the_same_object_without_a_call(campaign, fake):
    pass_id = await campaign.issue()
    first = fake.save(await campaign.link(pass_id), callback=False)
    calls = len(fake.calls())
    assert fake.save(await campaign.link(pass_id), callback=False) == first
    assert len(fake.calls()) == calls
    assert len(fake.object_ids()) == 1


async def test_a_pass_that_changed_since_is_up_to_date_when_the_link_is_tapped_again(campaign, fake):
    pass_id = await campaign.issue("C-1")
    await campaign.link(pass_id)
    await campaign.happens(pass_id, "quietly", points=7)
    await campaign.link(pass_id)
    assert "7" in str(await campaign.object_of(pass_id))


async def test_without_an_answer_the_link_carries_the_pass_and_a_letter_brings_it_later(campaign, fake):
    await campaign.deliver()  # the classes, when the operation opened
    fake.fail(Fault(status=500, times=None, path="/walletobjects/"))
    pass_id = await campaign.issue("C-1", points=3)
    (saved,) = fake.save(await campaign.link(pass_id), callback=False)
    assert saved.object_id.endswith(".C-1")
    fake.heal()
    await campaign.deliver()
    assert (await campaign.known(pass_id)).sent_version == 1


async def test_a_slow_google_is_not_waited_for(campaign, fake):
    await campaign.deliver()
    campaign.providers[0].parts.saving._patience = 0.2
    fake.fail(Fault(status=None, wait=2, times=None, path="Object"))
    link = await campaign.link(await campaign.issue("C-1"))
    (saved,) = fake.save(link, callback=False)
    assert saved.object_id.endswith(".C-1")


async def test_what_has_no_room_in_a_link_follows_when_google_is_back(campaign, fake):
    fake.fail(Fault(status=503, times=None, path="/walletobjects/"))
    pass_id = await campaign.issue("C-1", note="x" * 500)
    link = await campaign.link(pass_id)
    assert len(link.rpartition("/")[2]) <= 1800
    (saved,) = fake.save(link, callback=False)
    lean = fake.object_(saved.object_id)
    assert (lean["state"], lean["barcode"]["value"]) == ("ACTIVE", "C-1")
    assert "x" * 500 not in str(lean)
    fake.heal()
    await campaign.deliver()
    assert "x" * 500 in str(fake.object_(saved.object_id))
    assert fake.class_(saved.class_id)["classTemplateInfo"]


async def test_a_pass_that_no_link_can_carry_asks_to_come_again(campaign, fake, monkeypatch):
    monkeypatch.setattr("walletpass.google.links.SAVE_TOKEN_SAFE_LENGTH", 700)
    fake.fail(Fault(status=503, times=None, path="/walletobjects/"))
    pass_id = await campaign.issue("C-1")
    with pytest.raises(GoogleUnavailable, match="try again in a minute"):
        await campaign.link(pass_id)
    fake.heal()
    await campaign.deliver()
    assert fake.save(await campaign.link(pass_id), callback=False)


async def test_an_account_that_was_not_invited_is_told_the_step_in_the_console(campaign, fake):
    fake.fail(Fault(status=403, reason="permissionDenied", times=None, path="/walletobjects/"))
    with pytest.raises(GoogleDenied, match="invite it as a user in the Google Pay & Wallet console"):
        await campaign.link(await campaign.issue())


async def test_an_object_that_google_has_from_before_becomes_what_the_pass_is(campaign, fake):
    pass_id = await campaign.issue("C-1", points=1)
    await campaign.link(pass_id)
    fake.resources.find("Object", (await campaign.known(pass_id)).object_id).content["textModulesData"] = []
    async with campaign.database.writing(campaign.shop.client_id) as unit:
        await unit.session.execute(update(GoogleObjectRow).values(sent_version=0))
    await campaign.link(pass_id)
    assert fake.statuses()[409] == 1
    assert (await campaign.object_of(pass_id))["textModulesData"]


async def test_a_pass_that_is_no_more_is_not_found(campaign):
    with pytest.raises(NotFound):
        await campaign.link(1)


async def test_a_stopped_wallet_hands_nothing_over(campaign):
    pass_id = await campaign.issue()
    async with campaign.database.writing(ALL_CLIENTS) as unit:
        await switches.stop(unit, ALL_CLIENTS, "google", "an incident", campaign.now)
    with pytest.raises(WalletStopped):
        await campaign.link(pass_id)


async def test_a_dropped_connection_is_no_lost_pass(campaign, fake):
    fake.fail(Fault(status=0, lost=True, times=1, method="POST", path="Object"))
    pass_id = await campaign.issue("C-1")
    await campaign.link(pass_id)
    await campaign.deliver()
    assert (await campaign.known(pass_id)).sent_version == 1
    assert len(fake.object_ids()) == 1
