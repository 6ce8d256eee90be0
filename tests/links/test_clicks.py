"""What following a link does: nothing by looking, one pass by clicking."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from walletpass.errors import CredentialUnfit, GoogleError, WriterBusy
from walletpass_server.bootstrap import Platform
from walletpass_server.engine import switches
from walletpass_server.engine.tokens import find_token, revoke
from walletpass_server.persistence.tables import PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing_links import Street, design, now, open_street, period

MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15"
)
PREVIEWER = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
PERSONAL = {"variables": {"who": {"type": "text"}}, "description": "For {{ who }}"}


async def test_looking_at_pages_issues_nothing_and_calls_nobody(street: Street) -> None:
    token = await street.token()

    for path in (f"/o/{street.link}", f"/p/{token}", f"/p/{token}/qr.png", f"/o/{street.link}/qr.svg"):
        assert (await street.get(path)).status_code == 200

    assert await street.counts() == (1, 0)
    assert await street.facts() == []
    assert street.apple.handed == street.google.handed == []


async def test_a_click_on_an_operation_link_makes_a_token_and_leads_to_its_pass(street: Street) -> None:
    answer = await street.get(f"/o/{street.link}.pkpass")

    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    shown = await street.get(answer.headers["location"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "application/vnd.apple.pkpass")
    assert shown.content == b"PK-%d" % street.apple.handed[0]
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["last-modified"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert await street.counts() == (1, 1)
    told = {"first": True, "added_before": False, "device_class": "iphone"}
    assert await street.facts() == [("apple", told)]


async def test_the_same_browser_gets_the_same_pass_in_both_wallets(street: Street) -> None:
    first = await street.get(f"/o/{street.link}.pkpass")
    again = await street.get(f"/o/{street.link}.pkpass")
    google = await street.get(f"/o/{street.link}/google")

    assert again.headers["location"] == first.headers["location"]
    assert google.headers["location"] == first.headers["location"].replace(".pkpass", "/google")
    assert await street.counts() == (1, 0)


async def test_another_browser_gets_a_pass_of_its_own(street: Street) -> None:
    first = await street.get(f"/o/{street.link}.pkpass")
    street.http.cookies.clear()
    other = await street.get(f"/o/{street.link}.pkpass")

    assert other.headers["location"] != first.headers["location"]


async def test_a_personal_link_opened_often_and_at_once_gives_one_pass(street: Street) -> None:
    token = await street.token()

    answers = await asyncio.gather(*(street.get(f"/p/{token}{end}") for end in [".pkpass", "/google"] * 3))

    assert {answer.status_code for answer in answers} == {200, 303}
    assert len({*street.apple.handed, *street.google.handed}) == 1
    assert await street.counts() == (1, 1)
    told = await street.facts()
    assert sorted(wallet for wallet, _ in told) == ["apple"] * 3 + ["google"] * 3
    assert sum(data["first"] for _, data in told) == 2


async def test_google_is_reached_by_a_redirect_that_nobody_keeps(street: Street) -> None:
    answer = await street.get(f"/p/{await street.token()}/google")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://pay.google.com/gp/v/save/{street.google.handed[0]}"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("end", [".pkpass", "/google"])
async def test_robots_are_sent_to_the_page_and_head_issues_nothing(street: Street, end: str) -> None:
    token = await street.token()

    for path in (f"/p/{token}", f"/o/{street.link}"):
        by_robot = await street.get(f"{path}{end}", user_agent=PREVIEWER)
        by_head = await street.http.head(f"{path}{end}", headers={"user-agent": MAC})
        assert (by_robot.status_code, by_robot.headers["location"]) == (303, path)
        if end == ".pkpass":
            told = (by_head.status_code, by_head.headers["content-type"], "content-length" in by_head.headers)
            assert told == (200, "application/vnd.apple.pkpass", False)
        else:
            assert (by_head.status_code, by_head.headers["location"]) == (303, path)
        assert (await street.get(path, user_agent=PREVIEWER)).status_code == 200
        assert (await street.http.head(path)).status_code == 200

    assert await street.counts() == (1, 0)
    assert await street.facts() == []


async def test_head_of_a_pass_that_was_issued_tells_of_it_and_is_no_fact(street: Street) -> None:
    token = await street.token()
    by_get = await street.get(f"/p/{token}.pkpass")
    before = await street.facts()

    by_head = await street.http.head(f"/p/{token}.pkpass")

    assert by_head.status_code == by_get.status_code == 200
    assert by_head.content == b""
    assert {name: by_head.headers[name] for name in ("content-type", "content-length", "last-modified")} == {
        name: by_get.headers[name] for name in ("content-type", "content-length", "last-modified")
    }
    assert await street.facts() == before


async def test_a_browser_that_fetches_ahead_of_its_person_is_told_to_wait(street: Street) -> None:
    token = await street.token()

    answer = await street.get(f"/p/{token}.pkpass", sec_purpose="prefetch;prerender")

    assert answer.status_code == 503
    assert (await street.get(f"/p/{token}", user_agent=MAC, purpose="prefetch")).status_code == 200
    assert await street.counts() == (1, 0)


async def test_safari_on_a_mac_opens_the_pass(street: Street) -> None:
    token = await street.token()

    personal = await street.get(f"/p/{token}?utm_source=mail", user_agent=MAC)
    public = await street.get(f"/o/{street.link}", user_agent=MAC)

    assert (personal.status_code, personal.headers["location"]) == (303, f"/p/{token}.pkpass?utm_source=mail")
    assert (public.status_code, public.headers["location"]) == (303, f"/o/{street.link}.pkpass")


async def test_source_tags_travel_to_the_token_the_pass_and_the_facts(street: Street) -> None:
    page = await street.get(f"/o/{street.link}?utm_source=poster&utm_medium=qr&name=Ada")
    assert f'href="/o/{street.link}.pkpass?utm_source=poster&amp;utm_medium=qr"' in page.text

    answer = await street.get(f"/o/{street.link}.pkpass?utm_source=poster&utm_medium=qr&name=Ada")
    location = answer.headers["location"]
    assert location.endswith(".pkpass?utm_source=poster&utm_medium=qr")
    await street.get(location)
    await street.get(location.replace("poster", "later"))

    tags = [data["tags"] for _, data in await street.facts()]
    assert tags == [{"utm_source": s, "utm_medium": "qr"} for s in ("poster", "later")]
    async with street.on.database.reading(ALL_CLIENTS) as unit:
        kept = (await unit.connection.execute(select(TokenRow.tags))).scalar_one()
        assert kept == {"utm_source": "poster", "utm_medium": "qr"}
        assert (await unit.connection.execute(select(PassRow.source))).scalar_one() == "poster"


async def test_a_personal_design_is_not_given_by_the_operation_link(on: Platform, http: httpx.AsyncClient) -> None:
    street = await open_street(on, http, design(**PERSONAL))

    for path in (f"/o/{street.link}", f"/o/{street.link}.pkpass", f"/o/{street.link}/google"):
        answer = await street.get(path, accept_language="fr")
        assert answer.status_code == 403
        assert "Chacun de ces pass est personnel" in answer.text
    assert await street.counts() == (0, 0)
    assert (await street.get(f"/p/{await street.token({'who': 'Ada'})}.pkpass")).status_code == 200


@pytest.mark.parametrize(
    ("start", "end", "status", "says"), [(2, 3, 403, "Not open yet"), (-3, -2, 410, "This offer is over")]
)
async def test_outside_the_period_new_passes_are_politely_refused(
    on: Platform, http: httpx.AsyncClient, start: int, end: int, status: int, says: str
) -> None:
    street = await open_street(on, http, operation=period(timedelta(days=start), timedelta(days=end)))
    token = await street.token()

    for path in (f"/o/{street.link}", f"/p/{token}", f"/p/{token}.pkpass", f"/o/{street.link}/google"):
        answer = await street.get(path)
        assert answer.status_code == status
        assert says in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert await street.counts() == (1, 0)


async def test_who_has_a_pass_opens_it_again_after_the_end_also_by_the_operation_link(street: Street) -> None:
    location = (await street.get(f"/o/{street.link}.pkpass")).headers["location"]
    assert (await street.get(location)).status_code == 200
    await street.change(ends_at=now() - timedelta(seconds=1))
    await asyncio.sleep(1.05)  # until the link looks at the operation again

    assert (await street.get(f"/o/{street.link}")).headers["cache-control"] == "no-store"
    assert (await street.get(f"/o/{street.link}.pkpass")).headers["location"] == location
    assert (await street.get(location)).status_code == 200
    assert (await street.get(location.removesuffix(".pkpass"))).status_code == 200
    street.http.cookies.clear()
    assert (await street.get(f"/o/{street.link}")).status_code == 410


async def test_when_all_passes_are_given_out_the_next_one_is_told(on: Platform, http: httpx.AsyncClient) -> None:
    street = await open_street(on, http, operation=period(limits={"passes": 1}))
    assert (await street.get(f"/p/{await street.token()}.pkpass")).status_code == 200

    late = await street.get(f"/p/{await street.token()}.pkpass")

    assert late.status_code == 410
    assert "All passes have been given out" in late.text
    assert (await street.counts())[1] == 1


async def test_a_revoked_link_says_so_and_its_pass_stays_alone(street: Street) -> None:
    token = await street.token()
    await street.get(f"/p/{token}.pkpass")
    async with street.on.database.writing(street.client_id) as unit:
        await revoke(unit, (await find_token(unit, token)).id, now())

    for path in ("", ".pkpass", "/google", "/qr.png", "/qr.svg"):
        answer = await street.get(f"/p/{token}{path}", accept_language="fr-FR")
        assert answer.status_code == 410
        assert "Ce lien a été révoqué" in answer.text
    assert len(await street.facts()) == 1


async def test_a_link_that_leads_nowhere_is_a_page_that_says_so(street: Street) -> None:
    token = "A" * 27
    for path in (
        "/p/short", f"/p/{token}", f"/p/{token}.pkpass", f"/p/{token}/google", f"/p/{token}/qr.png",
        f"/p/{token}/qr.svg", "/p/" + "A" * 5000, f"/p/{token}/x/y",
        "/o/nowhere", "/o/nowhere.pkpass", "/o/nowhere/google", "/o/nowhere/qr.png", f"/o/{street.link}/x/y/z",
        "/o/%00%2e%2e%2f.pkpass", "/o/é", "/p/%F0%9F%8E%AB", "/o/.pkpass", "/p/.pkpass",
        "/badges/secret.keys", "/badges/..%2f..%2fsecret.keys",
    ):  # fmt: skip
        answer = await street.get(path)

        assert answer.status_code == 404, path
        assert "This link leads to no pass" in answer.text, path
        assert answer.headers["cache-control"] == "no-store"


async def test_a_network_that_takes_too_many_is_told_when_to_come_back(street: Street) -> None:
    for _ in range(30):
        street.http.cookies.clear()
        assert (await street.get(f"/o/{street.link}.pkpass")).status_code == 303
    street.http.cookies.clear()

    answer = await street.get(f"/o/{street.link}.pkpass", accept_language="fr")

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    assert "Trop de demandes à la fois" in answer.text


async def test_a_stopped_wallet_is_not_offered(street: Street) -> None:
    async with street.on.database.writing(ALL_CLIENTS) as unit:
        await switches.stop(unit, street.client_id, "google", "Google is down", now())
    token = await street.token()

    page = await street.get(f"/p/{token}")
    answer = await street.get(f"/p/{token}/google")

    android = await street.get(f"/p/{token}", user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile")

    assert "/google" not in page.text
    assert ".pkpass" in page.text
    assert "try again later: your link stays good" in android.text
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert f'href="/p/{token}"' in answer.text
    assert "switched" not in answer.text
    assert await street.counts() == (1, 0)


async def test_a_model_for_one_wallet_is_not_offered_in_the_other(on: Platform, http: httpx.AsyncClient) -> None:
    street = await open_street(on, http, design(wallets=["apple"]))

    page = await street.get(f"/o/{street.link}", user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile")

    assert "This pass is not offered for the wallet of your phone." in page.text
    assert "/google" not in page.text
    answer = await street.get(f"/o/{street.link}/google")
    assert answer.status_code == 404
    assert "Not available for this wallet" in answer.text


@pytest.mark.parametrize(
    ("failure", "status", "says"),
    [
        (GoogleError("token of Ada refused"), 503, "Paused for the moment"),
        (CredentialUnfit("main: was stopped"), 503, "Paused for the moment"),
        (WriterBusy("1024 requests wait already"), 503, "Many people are here just now"),
    ],
)
async def test_a_wallet_that_fails_is_a_polite_page_and_no_fact(
    street: Street, failure: Exception, status: int, says: str
) -> None:
    token = await street.token()
    street.google.fails = failure

    answer = await street.get(f"/p/{token}/google")

    assert answer.status_code == status
    assert says in answer.text
    assert str(failure) not in answer.text
    assert await street.facts() == []
    street.google.fails = None
    assert (await street.get(f"/p/{token}/google")).status_code == 303
    assert await street.counts() == (1, 1)


async def test_no_token_and_no_tag_comes_into_the_log(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="walletpass_server")
    token = await street.token()
    street.google.fails = GoogleError("refused")

    for path in (f"/p/{token}", f"/p/{token}.pkpass?utm_source=poster", f"/p/{token}/google", f"/p/{token}x/y/z"):
        await street.get(path)

    ours = [
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name.startswith("walletpass")
    ]
    assert any("google-error" in line for line in ours)
    assert not any(token in line or "poster" in line for line in ours)
