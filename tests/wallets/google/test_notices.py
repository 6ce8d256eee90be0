"""Notifications at Google: one for each that was promised, no more than it shows in a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from walletpass.google import GoogleCompiler
from walletpass.model import PassModel
from walletpass.testing.google_api import Fault
from walletpass_server.wallets.google import notices

OBJECT = "3388000000000000001.C-1"


async def test_a_change_with_notice_is_told_by_one_message(campaign, fake, held):
    await campaign.happens(held, "visit", points=12)
    await campaign.deliver()
    (notice,) = fake.notices
    assert (notice.kind, notice.text) == ("message", "You have 12 points")
    assert fake.object_(OBJECT)["messages"][0]["header"] == "Maison Verte"


async def test_a_silent_change_tells_nobody(campaign, fake, held):
    await campaign.happens(held, "quietly", points=12)
    await campaign.deliver()
    assert not fake.notices


async def test_a_notice_is_not_told_again_with_the_next_change(campaign, fake, held):
    await campaign.happens(held, "visit", points=12)
    await campaign.deliver()
    await campaign.happens(held, "quietly", points=13)
    await campaign.deliver()
    assert len(fake.notices) == 1


async def test_a_letter_repeated_after_a_crash_tells_once(campaign, fake, held):
    await campaign.happens(held, "visit", points=12)
    sender = campaign.providers[0].parts.sender
    (read,) = await sender._reader.read(campaign.shop.client_id, [held], campaign.now)
    await sender._objects.write(read)  # and nothing of it was kept
    await campaign.deliver()
    assert len(fake.notices) == 1


async def test_nobody_is_told_of_an_object_that_nobody_holds(campaign, fake, held):
    fake.resources.users.clear()
    await campaign.happens(held, "visit", points=12)
    await campaign.deliver()
    assert not fake.object_(OBJECT).get("messages")
    assert (await campaign.known(held)).has_users is False


async def test_the_fourth_of_a_day_goes_out_silently_and_the_facts_say_so(campaign, fake, held):
    for points in range(1, 5):
        await campaign.happens(held, "visit", points=points)
        await campaign.deliver()
    assert len(fake.notices) == 3
    (fact,) = await campaign.facts("notification.suppressed")
    assert fact.data["why"] == "google-limit"


async def test_a_quota_that_google_found_used_up_is_not_lost(campaign, fake, held):
    fake.resources._noticed[OBJECT, "message"] = [fake.clock()] * 3  # by another system of the same issuer
    await campaign.happens(held, "visit", points=12)
    await campaign.deliver()
    (message,) = fake.object_(OBJECT)["messages"]
    assert (message["messageType"], message["body"]) == ("TEXT", "You have 12 points")
    (fact,) = await campaign.facts("notification.suppressed")
    assert (fact.wallet, fact.data["why"]) == ("google", "google-limit")


async def test_the_oldest_messages_make_room(campaign, fake, held):
    fake.resources.find("Object", OBJECT).content["messages"] = [{"id": f"m{n}", "body": "x"} for n in range(10)]
    await campaign.happens(held, "visit", points=12)
    await campaign.deliver()
    ids = [message["id"] for message in fake.object_(OBJECT)["messages"]]
    assert ids[:-1] == [f"m{n}" for n in range(1, 10)]
    assert ids[-1].startswith("notice-")


async def test_a_notice_that_was_put_off_is_told_by_a_letter_of_its_own(campaign, fake, held):
    await campaign.happens(held, "visit", points=12)
    async with campaign.database.writing(campaign.shop.client_id) as unit:
        from walletpass_server.persistence.columns import to_microseconds
        from walletpass_server.persistence.tables import PassRow

        row = await unit.session.get_one(PassRow, (campaign.shop.client_id, held))
        later = campaign.now + timedelta(hours=1)
        row.notified = {"google": [to_microseconds(later)]}
    await campaign.deliver()
    assert "12" in str(fake.object_(OBJECT)["textModulesData"])
    assert not fake.notices
    sender = campaign.providers[0].parts.sender
    sender._clock = lambda: later
    await campaign.put(f"{held}/{held}@later", {"pass": held, "notice": later.isoformat()})
    await campaign.deliver()
    assert [notice.text for notice in fake.notices] == ["You have 12 points"]


async def test_trouble_between_update_and_message_loses_no_notice(campaign, fake, held):
    fake.fail(Fault(status=500, times=2, path="addMessage"))
    await campaign.happens(held, "visit", points=12)
    await campaign.deliver()
    assert len(fake.notices) == 1


LOYALTY = {
    "model": "card",
    "pass_type": "loyalty",
    "function": "loyalty card",
    "organization": {"en": "Green House", "fr": "Maison Verte"},
    "description": {"en": "Your card", "fr": "Votre carte"},
    "languages": ["en", "fr"],
    "images": {"logo": {"url": "https://img.example.com/logo.png"}},
    "variables": {"points": {"type": "number", "default": 0}, "tier": {"type": "text", "default": "green"}},
    "loyalty": {"program": "Friends", "points": {"balance": "{{ points }}", "label": "Points"}},
    "fields": {
        "back": [
            {"key": "tier", "value": "{{ tier }}", "change_message": {"en": "You are %@ now", "fr": "Vous êtes %@"}}
        ]
    },
}


@pytest.mark.parametrize(
    ("before", "after", "body"),
    [
        ({"points": 1}, {"points": 2}, None),
        ({"tier": "green"}, {"tier": "gold"}, "You are gold now"),
        ({}, {}, "Your card"),
    ],
)
def test_google_tells_of_a_balance_by_itself_and_a_message_of_all_else(before, after, body):
    from datetime import UTC, datetime

    compiler = GoogleCompiler(PassModel.read(LOYALTY), issuer_id="3388000000000000001")
    notice = notices.plan(compiler, compiler.compile("C-1", after), after, before, datetime(2027, 3, 20, tzinfo=UTC))
    assert (notice.message and notice.message["body"]) == body


def test_a_message_is_in_every_language_of_the_pass():
    from datetime import UTC, datetime

    compiler = GoogleCompiler(PassModel.read(LOYALTY), issuer_id="3388000000000000001")
    after = {"tier": "gold"}
    message = notices.plan(
        compiler, compiler.compile("C-1", after), after, {}, datetime(2027, 3, 20, tzinfo=UTC)
    ).message
    assert message["localizedBody"]["translatedValues"] == [{"language": "fr", "value": "Vous êtes gold"}]
    assert message["localizedHeader"]["translatedValues"] == [{"language": "fr", "value": "Maison Verte"}]
