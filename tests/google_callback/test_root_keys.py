"""Root keys are fetched when they are old, by one at a time, and never because somebody forges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from walletpass.errors import RootKeysUnreadable
from walletpass.testing import FakeGoogle, Fault
from walletpass.testing.google_api.api import ROOT_KEYS_PATH
from walletpass.testing.google_api.signer import ROOT_LIFE
from walletpass_server.settings import Settings
from walletpass_server.wallets.google import root_keys
from walletpass_server.wallets.google.root_keys import PAUSE, SHORTEST_LIFE, USUAL_LIFE, RootKeyStore, lifetime

START = datetime(2030, 3, 17, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def google(clock: Clock) -> Iterator[FakeGoogle]:
    with FakeGoogle(clock=clock) as google:
        yield google


@pytest.fixture
def store(google: FakeGoogle, clock: Clock) -> RootKeyStore:
    return RootKeyStore(Settings(google_root_keys_url=google.root_keys_url), clock=clock)


def fetches(google: FakeGoogle) -> int:
    return len(google.calls(ROOT_KEYS_PATH))


async def refreshed(store: RootKeyStore, google: FakeGoogle, count: int) -> None:
    """Wait for the fetch in the background."""
    async with asyncio.timeout(5):
        while fetches(google) < count:
            await asyncio.sleep(0.01)
    await store.keys()


async def test_many_at_once_share_one_fetch(store: RootKeyStore, google: FakeGoogle) -> None:
    found = await asyncio.gather(*(store.keys() for _ in range(50)))
    assert fetches(google) == 1
    assert {keys.expires_at for keys in found} == {START + ROOT_LIFE}


async def test_keys_are_kept_for_half_their_life_then_fetched_in_the_background(
    store: RootKeyStore, google: FakeGoogle, clock: Clock
) -> None:
    first = await store.keys()
    clock.now += timedelta(minutes=29)
    assert await store.keys() is first
    assert fetches(google) == 1
    clock.now += timedelta(minutes=1)
    assert await store.keys() is first
    await refreshed(store, google, 2)
    clock.now += timedelta(minutes=29)
    await store.keys()
    assert fetches(google) == 2


async def test_after_their_life_keys_are_fetched_before_anyone_is_answered(
    store: RootKeyStore, google: FakeGoogle, clock: Clock
) -> None:
    first = await store.keys()
    clock.now += timedelta(hours=1)
    assert await store.keys() is not first
    assert fetches(google) == 2


async def test_keys_serve_on_while_google_is_away(store: RootKeyStore, google: FakeGoogle, clock: Clock) -> None:
    first = await store.keys()
    google.fail(Fault(status=500, times=None))
    clock.now += timedelta(days=300)
    assert await store.keys() is first
    clock.now += timedelta(days=65)
    with pytest.raises(RootKeysUnreadable, match="fetched"):
        await store.keys()


async def test_a_fetch_that_failed_is_not_repeated_at_once(
    store: RootKeyStore, google: FakeGoogle, clock: Clock
) -> None:
    google.fail(Fault(status=503, times=None))
    for _ in range(5):
        with pytest.raises(RootKeysUnreadable):
            await store.keys()
    assert fetches(google) == 1
    google.heal()
    clock.now += PAUSE
    assert (await store.keys()).expires_at is not None
    assert fetches(google) == 2


async def test_a_document_does_not_outlive_its_first_key(store: RootKeyStore, google: FakeGoogle, clock: Clock) -> None:
    google.api.root_keys_max_age = 999_999_999
    await store.keys()
    clock.now += ROOT_LIFE - timedelta(seconds=1)
    await store.keys()
    await refreshed(store, google, 2)
    clock.now += timedelta(seconds=2)
    assert (await store.keys()).usable(clock.now)


async def test_a_slow_google_is_not_waited_for(
    store: RootKeyStore, google: FakeGoogle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root_keys, "TIMEOUT", timedelta(seconds=0.05))
    google.fail(Fault(status=None, wait=0.3))
    with pytest.raises(RootKeysUnreadable, match="TimeoutError"):
        await store.keys()


async def test_a_huge_document_is_not_read(
    store: RootKeyStore, google: FakeGoogle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root_keys, "LARGEST_DOCUMENT", 100)
    with pytest.raises(RootKeysUnreadable, match="larger"):
        await store.keys()
    assert fetches(google) == 1


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_another_answer_is_no_document(store: RootKeyStore, google: FakeGoogle, status: int) -> None:
    google.fail(Fault(status=status))
    with pytest.raises(RootKeysUnreadable, match="HTTPStatusError"):
        await store.keys()


async def test_a_document_of_ended_keys_is_no_document(google: FakeGoogle) -> None:
    settings = Settings(google_root_keys_url=google.root_keys_url)
    with pytest.raises(RootKeysUnreadable, match="no root key that is valid"):
        await RootKeyStore(settings, clock=lambda: START + ROOT_LIFE).keys()


async def test_plain_http_is_for_this_machine_and_rehearsals() -> None:
    url = "http://keys.example.invalid/keys"
    with pytest.raises(RootKeysUnreadable, match="is not https"):
        await RootKeyStore(Settings(google_root_keys_url=url)).keys()
    with pytest.raises(RootKeysUnreadable, match="cannot be fetched"):
        await RootKeyStore(Settings(google_root_keys_url=url, rehearsal=True)).keys()


@pytest.mark.parametrize(
    ("headers", "life"),
    [
        ({}, USUAL_LIFE),
        ({"cache-control": "no-store"}, USUAL_LIFE),
        ({"cache-control": "public, max-age=7200"}, timedelta(hours=2)),
        ({"cache-control": "Max-Age=7200, public", "age": "3600"}, timedelta(hours=1)),
        ({"cache-control": "s-maxage=9, max-age=7200"}, timedelta(hours=2)),
        ({"cache-control": "max-age=100", "age": "5000"}, SHORTEST_LIFE),
        ({"cache-control": "max-age=0"}, SHORTEST_LIFE),
        ({"cache-control": "max-age=7200", "age": "soon"}, timedelta(hours=2)),
        ({"cache-control": "max-age=-1"}, USUAL_LIFE),
    ],
)
def test_a_life_is_max_age_less_age(headers: dict[str, str], life: timedelta) -> None:
    assert lifetime(headers) == life
