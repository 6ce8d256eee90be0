"""What hooks are told of Google: notifications it shows, those it never will, credentials it refuses."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from walletpass.testing.google_api import Fault
from walletpass_server.engine.audit import Actor
from walletpass_server.hooks.endpoints import Wish, add_endpoint
from walletpass_server.persistence.tables import HookEventRow
from walletpass_server.wallets.google import sender


async def _listen(campaign, *events):
    wish = Wish(name="Tool", url="https://tool.example/hook", events=events)
    keyring, actor = campaign.shop.keyring, Actor("staff", "tester")
    await campaign.database.run(
        campaign.shop.client_id, lambda unit: add_endpoint(unit, keyring, wish, actor, campaign.now)
    )


async def _told(campaign, noun):
    async with campaign.database.reading(campaign.shop.client_id) as unit:
        rows = (await unit.session.scalars(select(HookEventRow).order_by(HookEventRow.id))).all()
        return [(row.type, row.pass_id, row.data) for row in rows if row.type.startswith(noun)]


async def test_a_notification_that_google_shows_is_told_and_a_silent_update_is_not(campaign, held):
    await _listen(campaign, "notification.sent", "notification.failed")
    await campaign.happens(held, "quietly", points=1)
    await campaign.deliver()
    assert await _told(campaign, "notification") == []
    await campaign.happens(held, "visit", points=2)
    await campaign.deliver()
    assert await _told(campaign, "notification") == [("notification.sent", held, {"wallet": "google"})]


async def test_a_notification_that_google_will_not_take_is_told_with_why(campaign, fake, held):
    await _listen(campaign, "notification.failed")
    await campaign.happens(held, "visit", points=2)
    fake.fail(Fault(status=400, reason="invalidResource", times=None, path="/walletobjects/"))
    await campaign.send()
    ((name, pass_id, data),) = await _told(campaign, "notification")
    assert (name, pass_id, data["wallet"]) == ("notification.failed", held, "google")
    assert "400" in data["error"]


async def test_a_credential_that_google_refuses_is_told_once_a_day(campaign, fake, held, monkeypatch):
    monkeypatch.setattr(sender, "TOLD_EVERY", 0.0)
    await _listen(campaign, "credential.*")
    await campaign.happens(held, "visit", points=2)
    fake.fail(Fault(status=403, reason="permissionDenied", times=None, path="/walletobjects/"))
    for hours in (0, 1, 25):
        campaign.now += timedelta(hours=hours)
        await campaign.send()
        await campaign.hurry()
    told = await _told(campaign, "credential")
    assert [name for name, _, _ in told] == ["credential.invalid"] * 2
    assert told[0][2]["credential"]["wallet"] == "google"
