"""How long Google will take."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from walletpass_server.engine.forecast import Queue, google_left, queues
from walletpass_server.persistence.tables import CredentialRow


async def test_what_waits_takes_as_long_as_the_issuer_s_rate_says(campaign):
    await campaign.deliver()
    for number in range(1, 31):
        await campaign.put(str(number))
    async with campaign.database.writing(campaign.shop.client_id) as unit:
        await unit.session.execute(update(CredentialRow).values(settings={}))
    async with campaign.database.reading(campaign.shop.client_id) as unit:
        assert await google_left(unit) == timedelta(seconds=2)
        assert await queues(unit) == [Queue(channel="google", waiting=30, later=0, left=timedelta(seconds=2))]


async def test_a_client_without_google_waits_for_nothing_there(database):
    from walletpass_server.testing import open_shop

    shop = await open_shop(database)
    async with database.reading(shop.client_id) as unit:
        assert await google_left(unit) == timedelta(0)
        assert await queues(unit) == []
