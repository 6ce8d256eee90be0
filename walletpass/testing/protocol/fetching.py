"""Fetching a pass: its dates, its identity, and conditions."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from math import ceil

import httpx

from walletpass.testing.held_pass import HeldPass
from walletpass.testing.protocol.rules import CACHING, FETCH, HTTP, SEEN, UPDATING, Need, RuleBook, expect, hold
from walletpass.testing.protocol.subject import Subject
from walletpass.testing.web_service import PASS_MEDIA_TYPE

BOOK = RuleBook()
rule = BOOK.rule

DATES = "RFC 9110, section 5.6.7"
CONDITION = "RFC 9110, section 13.1.3"


async def _fetched(on: Subject) -> httpx.Response:
    return expect(await on.client.fetch(on.one), 200)


async def _dated(on: Subject) -> datetime:
    """The pass's date; waits until it has settled."""
    for _ in range(ceil(on.patience)):
        answer = await _fetched(on)
        date = answer.headers.get("Last-Modified", "")
        hold(_is_http_date(date), "it has no date", answer)
        if (await on.client.fetch(on.one, date)).status_code == 304:
            return parsedate_to_datetime(date)
        await asyncio.sleep(1)
    return parsedate_to_datetime(date)


@rule(FETCH)
async def a_pass_is_fetched_with_its_secret(on: Subject) -> None:
    """With the pass's secret the answer is 200."""
    await _fetched(on)


@rule(FETCH)
async def a_pass_has_its_media_type(on: Subject) -> None:
    """Its Content-Type is application/vnd.apple.pkpass."""
    answer = await _fetched(on)
    kind = answer.headers.get("Content-Type", "")
    hold(kind.partition(";")[0] == PASS_MEDIA_TYPE, f"Content-Type is {kind!r}", answer)


@rule("Apple, Wallet Passes: Building a Pass")
async def a_fetched_pass_is_sound(on: Subject) -> None:
    """Signature, manifest and everything else of a fetched pass is right."""
    HeldPass.read((await _fetched(on)).content, on.anchors)


@rule(FETCH)
async def a_fetched_pass_is_the_same_pass(on: Subject) -> None:
    """Pass type and serial of a fetched pass are those that were asked for."""
    hold((await on.held()).key == on.passes[0].key, "the fetched pass has another type or serial")


@rule(FETCH)
async def a_fetched_pass_keeps_secret_and_service(on: Subject) -> None:
    """`authenticationToken` and `webServiceURL` of a fetched pass are those of the pass that was added."""
    hold((await on.held()).address == on.one, "the fetched pass has another secret or web service")


@rule(FETCH)
async def a_pass_is_dated(on: Subject) -> None:
    """A pass comes with Last-Modified, a date in HTTP's own form."""
    answer = await _fetched(on)
    date = answer.headers.get("Last-Modified", "")
    hold(_is_http_date(date), f"Last-Modified is {date!r}, not of the form Sun, 06 Nov 1994 08:49:37 GMT", answer)


@rule("RFC 9110, section 8.8.2.1")
async def a_date_is_not_in_the_future(on: Subject) -> None:
    """Last-Modified is not later than the server's own clock."""
    answer = await _fetched(on)
    told = answer.headers.get("Date")
    clock = parsedate_to_datetime(told) if told else datetime.now(UTC) + timedelta(seconds=1)
    date = parsedate_to_datetime(answer.headers["Last-Modified"])
    hold(date <= clock, f"Last-Modified {date} is later than {clock}", answer)


@rule(FETCH)
async def an_unchanged_pass_answers_304(on: Subject) -> None:
    """With If-Modified-Since as it was told, the answer is 304."""
    date = await _dated(on)
    expect(await on.client.fetch(on.one, _http(date)), 304)


@rule(HTTP)
async def a_304_has_no_body(on: Subject) -> None:
    """304 comes without a body."""
    answer = expect(await on.client.fetch(on.one, _http(await _dated(on))), 304)
    hold(answer.content == b"", "it has a body", answer)


@rule(CONDITION)
async def a_second_earlier_answers_200(on: Subject) -> None:
    """With If-Modified-Since one second before the version's date, the pass comes."""
    date = await _dated(on)
    expect(await on.client.fetch(on.one, _http(date - timedelta(seconds=1))), 200)


@rule(CONDITION)
async def a_second_later_answers_304(on: Subject) -> None:
    """With If-Modified-Since one second after the version's date, the answer is 304."""
    date = await _dated(on)
    await asyncio.sleep(max(0.0, date.timestamp() + 1.1 - time.time()))  # a date to come might be ignored
    expect(await on.client.fetch(on.one, _http(date + timedelta(seconds=1))), 304)


@rule(DATES)
async def the_date_of_rfc_850_is_understood(on: Subject) -> None:
    """If-Modified-Since may have the old form Sunday, 06-Nov-94 08:49:37 GMT."""
    date = await _dated(on)
    expect(await on.client.fetch(on.one, f"{date:%A, %d-%b-%y %H:%M:%S} GMT"), 304)
    expect(await on.client.fetch(on.one, f"{date - timedelta(days=2):%A, %d-%b-%y %H:%M:%S} GMT"), 200)


@rule(DATES)
async def the_date_of_c_is_understood(on: Subject) -> None:
    """If-Modified-Since may have the old form Sun Nov  6 08:49:37 1994."""
    date = await _dated(on)
    expect(await on.client.fetch(on.one, _asctime(date)), 304)
    expect(await on.client.fetch(on.one, _asctime(date - timedelta(days=2))), 200)


async def _is_ignored(on: Subject, date: str) -> None:
    expect(await on.client.fetch(on.one, date), 200)


@rule(CONDITION)
async def a_date_that_is_nonsense_is_ignored(on: Subject) -> None:
    """An If-Modified-Since that cannot be read is ignored: the pass comes."""
    await _is_ignored(on, "yesterday")


@rule(CONDITION)
async def a_number_is_no_date(on: Subject) -> None:
    """An If-Modified-Since of seconds since 1970 is no HTTP date: the pass comes."""
    await _is_ignored(on, "4102444800.0")


@rule(CONDITION)
async def an_empty_date_is_ignored(on: Subject) -> None:
    """An empty If-Modified-Since is ignored: the pass comes."""
    await _is_ignored(on, "")


@rule(CONDITION)
async def an_impossible_date_is_ignored(on: Subject) -> None:
    """An If-Modified-Since on the 32nd at 25 o'clock is ignored: the pass comes."""
    await _is_ignored(on, "Mon, 32 Jan 2040 25:61:61 GMT")


@rule(CONDITION)
async def a_date_beyond_every_calendar_breaks_nothing(on: Subject) -> None:
    """An If-Modified-Since in the year 99999 is no fault of the server."""
    expect(await on.client.fetch(on.one, "Sat, 01 Jan 99999 00:00:00 GMT"), 200, 304)


@rule(SEEN)
async def head_answers_like_get(on: Subject) -> None:
    """HEAD has the status and the headers of GET, and no body: phones do send it."""
    got, answer = await _fetched(on), expect(await on.client.fetch(on.one, method="HEAD"), 200)
    hold(answer.content == b"", "it has a body", answer)
    for name in ("Content-Type", "Last-Modified"):
        hold(answer.headers.get(name) == got.headers.get(name), f"{name} is not that of GET", answer)


@rule(SEEN)
async def head_answers_304_too(on: Subject) -> None:
    """HEAD with If-Modified-Since as it was told answers 304."""
    expect(await on.client.fetch(on.one, _http(await _dated(on)), method="HEAD"), 304)


@rule(CACHING)
async def a_pass_is_not_kept_by_shared_caches(on: Subject) -> None:
    """Nobody on the way may keep a pass: it is for whoever has the secret."""
    answer = await _fetched(on)
    kept = answer.headers.get("Cache-Control", "").lower()
    hold("public" not in kept and "s-maxage" not in kept, f"Cache-Control is {kept!r}", answer)


@rule(UPDATING, Need.CHANGE)
async def a_changed_pass_is_fetched_at_once(on: Subject) -> None:
    """After a change, If-Modified-Since of the version before gives 200, in the same second too."""
    older = await on.held()
    await on.make_change()
    expect(await on.client.fetch(on.one, older.last_modified), 200)


@rule(UPDATING, Need.CHANGE)
async def a_changed_pass_differs(on: Subject) -> None:
    """After a change the bytes of pass.json are others."""
    older = await on.held()
    await on.make_change()
    hold((await on.held()).files["pass.json"] != older.files["pass.json"], "pass.json is the same after a change")


@rule(UPDATING, Need.CHANGE)
async def a_changed_pass_keeps_its_identity(on: Subject) -> None:
    """Type, serial, secret and web service stay the same over versions."""
    older = await on.held()
    await on.make_change()
    newer = await on.held()
    hold((newer.key, newer.address) == (older.key, older.address), "a new version has another identity")


@rule(UPDATING, Need.CHANGE)
async def dates_never_go_back(on: Subject) -> None:
    """Last-Modified of a newer version is not earlier."""
    dates = []
    for _ in range(3):
        dates.append(parsedate_to_datetime((await _fetched(on)).headers["Last-Modified"]))
        await on.make_change()
    hold(dates == sorted(dates), f"the dates of three versions are {dates}")


@rule("RFC 9110, section 8.8.2.2", Need.CHANGE)
async def no_change_hides_in_a_second(on: Subject) -> None:
    """A phone that fetches by condition after each of five quick changes has the newest version in the end."""
    held = await on.held()
    for _ in range(5):
        await on.make_change()
        held = await _next(on, held)
    newest = await on.held()
    hold(held.files["pass.json"] == newest.files["pass.json"], "the phone holds an older version and is told 304")


@rule(UPDATING, Need.CHANGE)
async def a_changed_pass_settles(on: Subject) -> None:
    """A few seconds after its last change a pass answers 304 to whoever has it."""
    await on.make_change()
    held = await on.held()
    for _ in range(ceil(on.patience)):
        held = await _next(on, held)
        if (await on.client.fetch(on.one, held.last_modified)).status_code == 304:
            return
        await asyncio.sleep(1)
    hold(False, f"{on.patience:g} s after its last change the pass is still sent in full, to whoever has it")


@rule(FETCH, Need.VOID)
async def a_void_pass_is_still_served(on: Subject) -> None:
    """A pass that was taken back is fetched with 200, and says that it is void."""
    which = on.address(on.passes[-1])
    if on.void is not None:
        await on.void(which.serial)
    held = await on.held(which)
    hold(held.document.get("voided") is True, "the pass that was taken back is not voided")


async def _next(on: Subject, held: HeldPass) -> HeldPass:
    """What a phone holds after asking for a newer version."""
    answer = expect(await on.client.fetch(on.one, held.last_modified), 200, 304)
    if answer.status_code == 304:
        return held
    return HeldPass.read(answer.content, on.anchors, answer.headers.get("Last-Modified"))


def _http(date: datetime) -> str:
    return format_datetime(date.astimezone(UTC), usegmt=True)


def _asctime(date: datetime) -> str:
    return f"{date:%a %b} {date.day:2d} {date:%H:%M:%S %Y}"


def _is_http_date(text: str) -> bool:
    try:
        return _http(parsedate_to_datetime(text)) == text
    except ValueError:
        return False
