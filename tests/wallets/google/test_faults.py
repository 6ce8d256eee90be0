"""Google in trouble: nothing is lost, all is delivered afterwards, and the pace is kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from walletpass.errors import GoogleDenied, GoogleQuota, GoogleUnavailable
from walletpass.google.credentials import TOKEN_URIS
from walletpass.testing.google_api import Fault
from walletpass_server.settings import Settings
from walletpass_server.wallets.google import pace
from walletpass_server.wallets.google.accounts import token_uri
from walletpass_server.wallets.google.client import GoogleApi
from walletpass_server.wallets.google.pace import Pace

PASSES = 6
ISSUER = "3388000000000000001"


@pytest.fixture(autouse=True)
def short_rests(monkeypatch):
    """Rests a hundredth as long, so that tests need not wait."""
    monkeypatch.setattr(pace, "FIRST_REST", 0.005)
    monkeypatch.setattr(pace, "LONGEST_REST", 0.3)


@pytest.fixture
async def many(campaign):
    """Passes that somebody saved and that changed since."""
    await campaign.deliver()
    ids = [await campaign.issue(f"C-{number}") for number in range(PASSES)]
    for pass_id in ids:
        await campaign.link(pass_id)
        await campaign.save(pass_id)
    for pass_id in ids:
        await campaign.happens(pass_id, "visit", points=pass_id)
    return ids


FAULTS = (
    Fault(status=429, reason="rateLimitExceeded", times=4),
    Fault(status=429, reason="rateLimitExceeded", times=1, retry_after=1),
    Fault(status=500, times=5),
    Fault(status=503, times=5, lost=True),
    Fault(status=0, times=3),
    Fault(status=0, times=3, lost=True),
    Fault(status=403, reason="permissionDenied", times=3),
)
"""Too many requests, faults of its own, answers that are lost, an account that is not let in for a while."""


async def test_everything_arrives_once_google_is_well_again(campaign, fake, many):
    for points, fault in enumerate(FAULTS, start=100):
        fake.resources._noticed.clear()  # a new day
        for pass_id in many:
            await campaign.happens(pass_id, "quietly", points=points)
        fake.fail(fault)
        await campaign.deliver()
        for pass_id in many:
            object_ = await campaign.object_of(pass_id)
            assert str(points) in str(object_["textModulesData"])
            assert [message["messageType"] for message in object_["messages"]] == ["TEXT_AND_NOTIFY"]


async def test_an_outage_is_told_once_and_not_counted_against_the_letters(campaign, fake, many, caplog):
    caplog.set_level("INFO", logger="walletpass_server.wallets.google.sender")
    fake.fail(Fault(status=500, times=None))
    for _ in range(20):
        await campaign.send()
        await campaign.hurry()
    letters = await campaign.letters()
    assert [(letter.attempts, letter.dead_at) for letter in letters] == [(0, None)] * PASSES
    (line,) = caplog.records
    assert line.levelname == "WARNING"
    fake.heal()
    await campaign.deliver()
    assert len(fake.notices) == PASSES
    assert caplog.messages[1:] == [f"issuer {ISSUER}: Google takes calls again"]


async def test_a_pass_that_fails_while_others_arrive_is_given_up_in_the_end(campaign, fake, many):
    fake.fail(Fault(status=500, times=None, path=".C-0"))
    await campaign.send()
    (letter,) = await campaign.letters()
    assert letter.attempts == 1
    assert letter.last_error.startswith(f"PATCH offerObject/{ISSUER}.C-0: 500")


async def test_trouble_of_google_s_is_met_with_few_calls(campaign, fake, many, monkeypatch):
    monkeypatch.setattr(pace, "FIRST_REST", 30.0)
    monkeypatch.setattr(pace, "LONGEST_REST", 60.0)
    fake.fail(Fault(status=503, times=None))
    before = len(fake.calls())
    for _ in range(5):
        await campaign.send()
        await campaign.hurry()
    assert len(fake.calls()) - before <= PASSES


async def test_an_access_token_that_is_refused_is_renewed_once(campaign, fake, many):
    fake.revoke_tokens()
    granted = fake.accounts.granted
    await campaign.deliver()
    assert fake.accounts.granted == granted + 1
    assert fake.statuses()[401] >= 1


async def test_four_senders_together_keep_the_pace(campaign, fake, many):
    async with campaign.database.writing(campaign.shop.client_id) as unit:
        from sqlalchemy import update

        from walletpass_server.persistence.tables import CredentialRow

        await unit.session.execute(update(CredentialRow).values(settings={}))
    before = len(fake.calls())
    processes = [campaign.provider() for _ in range(4)]
    while await campaign.letters():
        await asyncio.gather(*(campaign.send(process) for process in processes))
    calls = sorted(seen.at for seen in fake.calls()[before:])
    busiest = max(sum(at <= other < at + 1 for other in calls) for at in calls)
    assert len(calls) >= 2 * PASSES
    assert busiest <= 20  # Google's limit; ours is 15, and a busy machine may let calls bunch a little


async def test_a_killed_sender_s_letters_are_sent_by_the_next(campaign, fake, many):
    from walletpass_server.persistence import outbox
    from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

    await campaign.database.run(ALL_CLIENTS, lambda unit: outbox.claim(unit, "google", lease=timedelta(hours=1)))
    assert (await campaign.send()).claimed == 0
    await campaign.deliver(campaign.provider())  # its lease ended
    assert len(fake.notices) == PASSES


async def test_senders_that_stop_in_the_middle_lose_nothing(campaign, fake, many):
    for wait in (0.01, 0.05, 0.1):
        sending = asyncio.create_task(campaign.send(campaign.provider()))
        await asyncio.sleep(wait)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await campaign.hurry()
    await campaign.deliver()
    assert {(await campaign.known(pass_id)).sent_version for pass_id in many} == {2}
    assert len(fake.notices) == PASSES


@pytest.mark.parametrize(
    ("api", "rehearsal", "own", "asked"),
    [
        ("https://walletobjects.googleapis.com", False, "http://127.0.0.1:9/token", TOKEN_URIS[0]),
        ("https://walletobjects.googleapis.com", True, "http://127.0.0.1:9/token", TOKEN_URIS[0]),
        ("https://gateway.example", False, "http://127.0.0.1:9/token", TOKEN_URIS[0]),
        ("https://gateway.example", True, TOKEN_URIS[0], "https://gateway.example/token"),
        ("http://127.0.0.1:8", False, TOKEN_URIS[0], "http://127.0.0.1:8/token"),
        ("http://127.0.0.1:8", False, "http://127.0.0.1:9/token", "http://127.0.0.1:9/token"),
    ],
)
def test_only_a_rehearsal_asks_elsewhere_for_access_tokens(api, rehearsal, own, asked):
    assert token_uri(Settings(google_api_url=api, rehearsal=rehearsal), own) == asked


async def test_a_key_that_google_does_not_know_says_what_to_check(campaign, fake):
    fake.accounts._known.clear()
    with pytest.raises(GoogleDenied, match="check that the key was not deleted in the Google Cloud console"):
        await campaign.link(await campaign.issue())


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [(429, "x", GoogleQuota), (403, "quotaExceeded", GoogleQuota), (503, "x", GoogleUnavailable)],
)
async def test_google_s_answers_are_told_apart_and_say_how_long_to_wait(fake, campaign, status, reason, kind):
    account = campaign.providers[0].parts.accounts
    async with campaign.database.reading(campaign.shop.client_id) as unit:
        from sqlalchemy import select

        from walletpass_server.persistence.tables import CredentialRow

        opened = account.open((await unit.session.scalars(select(CredentialRow))).one())
    fake.fail(Fault(status=status, reason=reason, retry_after=7, path="offerClass"))
    api = GoogleApi(fake.url)
    with pytest.raises(kind) as caught:
        await api.get(opened.auth, "offer", "Class", f"{ISSUER}.x")
    assert caught.value.retry_after == 7
    await api.close()


async def test_nobody_answering_is_google_unavailable(campaign, fake):
    await campaign.deliver()
    fake.stop()
    pass_id = await campaign.issue("C-1")
    assert (await campaign.link(pass_id)).startswith("https://pay.google.com/gp/v/save/")
    assert [letter.coalesce_key for letter in await campaign.letters()] == [str(pass_id)]


async def test_an_issuer_that_rests_lets_others_go_on(database, monkeypatch):
    monkeypatch.setattr(pace, "LONGEST_REST", 32.0)
    paces = Pace(database)
    await paces.turn("1", 1000)
    await paces.troubled("1", 60)
    with pytest.raises(GoogleUnavailable, match="calls to Google rest"):
        await paces.turn("1", 15)
    await paces.turn("2", 1000)
    other = Pace(database)  # of another process, told by the database
    with pytest.raises(GoogleUnavailable):
        await asyncio.gather(other.turn("1", 15), other.turn("1", 15))
