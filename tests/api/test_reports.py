"""Reports by the API: figures with what they mean, as JSON and CSV, and the passes behind each."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from walletpass.reporting import DEFINITIONS, DEFINITIONS_FR, UNKNOWABLE, UNKNOWABLE_FR
from walletpass_server.engine import phones


@pytest.fixture
async def counted(tenant: Any) -> Any:
    """Three passes shown, by two sources; two of them added, one of those deleted."""
    now = datetime.now(UTC)
    passes = [await tenant.issue() for _ in range(3)]
    async with tenant.on.database.writing(tenant.shop.client_id) as unit:
        for number, each in enumerate(passes):
            place = (unit, tenant.operation_id, each["id"])
            await phones.display(*place, "google", now, {"utm_source": "mail"} if number else None)
            if number:
                await phones.google_found(*place, held=True, now=now)
        await phones.google_found(*place, held=False, now=now)
    return passes


async def test_a_report_is_broken_down_by_source_and_says_what_it_means(tenant: Any, counted: Any) -> None:
    answer = (await tenant.http.get("/v1/reports?by=source&by=wallet")).json()
    figures = [(line["about"]["source"], line["displayed"], line["added"], line["active"]) for line in answer["lines"]]
    assert figures == [("", 1, 0, 0), ("mail", 2, 2, 1)]
    assert list(answer["definitions"]) == list(DEFINITIONS)
    assert answer["unknowable"] == list(UNKNOWABLE)
    french = (await tenant.http.get("/v1/reports", headers={"accept-language": "fr"})).json()
    assert french["definitions"]["added"] == {
        "counts": DEFINITIONS_FR["added"].counts,
        "kind": DEFINITIONS_FR["added"].kind,
    }
    assert french["unknowable"] == list(UNKNOWABLE_FR)


async def test_a_report_is_a_table_for_whoever_accepts_csv(tenant: Any, counted: Any) -> None:
    query = "/v1/reports?by=source&by=day"
    answer = await tenant.http.get(query, headers={"accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(StringIO(answer.text)))
    assert list(lines[0]) == ["source", "day", *DEFINITIONS]
    told = (await tenant.http.get(query)).json()["lines"]
    assert [{name: line[name] for name in DEFINITIONS} for line in lines] == [
        {name: str(line[name]) for name in DEFINITIONS} for line in told
    ]


@pytest.mark.parametrize("figure", ["displayed", "generated", "added", "deleted", "active"])
async def test_every_figure_opens_its_list_in_pages(tenant: Any, counted: Any, figure: str) -> None:
    for query in ("", "source=mail", "source=", "wallet=apple", f"operation_id={tenant.operation_id}&model=active"):
        (line, *_) = (await tenant.http.get(f"/v1/reports?{query}")).json()["lines"]
        found: list[Any] = []
        cursor = ""
        while True:
            url = f"/v1/reports/{figure}/passes?limit=1&{query}" + (f"&cursor={cursor}" if cursor else "")
            page = (await tenant.http.get(url)).json()
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                break
        assert len(found) == line[figure], (figure, query)
        assert {each["serial"] for each in found} <= {each["serial"] for each in counted}
        assert not [each for each in found if each.keys() & {"values", "variables", "secret"}]


async def test_a_period_that_cannot_be_and_a_cursor_of_nobody_are_refused(tenant: Any) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=9)).date()
    for query in (f"to={tomorrow}", "from=2027-03-02&to=2027-03-01"):
        assert (await tenant.http.get(f"/v1/reports?{query}")).status_code == 400
        assert (await tenant.http.get(f"/v1/reports/added/passes?{query}")).status_code == 400
    for cursor in ("MS4yLjM", "MS4wLjMuNA", "xx"):
        assert (await tenant.http.get(f"/v1/reports/added/passes?cursor={cursor}")).status_code == 422
    assert (await tenant.http.get("/v1/reports/devices/passes")).status_code == 422


async def test_a_list_names_nobody_elses_passes(tenant: Any, other: Any, counted: Any) -> None:
    assert (await other.http.get("/v1/reports/added/passes")).json()["items"] == []
    answer = await other.http.get(f"/v1/reports/added/passes?operation_id={tenant.operation_id}")
    assert answer.status_code == 404
    key = await tenant.new_key(["reports:read"])
    answer = await tenant.http.get("/v1/reports/added/passes", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 403
