"""`link.opened`: told of people who see the page of a link, where somebody subscribed to the very name."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from walletpass_server.engine.audit import Actor
from walletpass_server.hooks.endpoints import Wish, add_endpoint
from walletpass_server.persistence.tables import HookEventRow
from walletpass_server.testing_links import Street, now


@pytest.fixture
async def heard(street: Street) -> Street:
    """A street whose client listens."""
    wish = Wish(name="Tool", url="https://tool.example/hook", events=("link.opened",))
    keyring, actor = street.on.keyring, Actor("staff", "tester")
    await street.on.database.run(street.client_id, lambda unit: add_endpoint(unit, keyring, wish, actor, now()))
    return street


async def _told(street: Street) -> list[tuple[int | None, dict[str, Any]]]:
    async with street.on.database.reading(street.client_id) as unit:
        rows = await unit.session.scalars(
            select(HookEventRow).where(HookEventRow.type == "link.opened").order_by(HookEventRow.id)
        )
        return [(row.pass_id, row.data) for row in rows.all()]


async def test_an_operation_link_is_told_with_where_it_was_found(heard: Street) -> None:
    await heard.get(f"/o/{heard.link}?utm_source=poster", referer="https://News.example:8443/private/ada?x=1")
    await heard.get(f"/o/{heard.link}", referer="https://testserver.local/")
    first, second = await _told(heard)
    assert first == (
        None,
        {
            "link": "operation", "token_id": None, "operation": "spring", "user_agent_class": "iphone",
            "referrer": "news.example", "tags": {"utm_source": "poster"},
        },
    )  # fmt: skip
    assert second[1]["tags"] == {}


async def test_a_personal_link_is_told_by_the_id_of_its_token_and_with_its_pass(heard: Street) -> None:
    token = await heard.token()
    await heard.get(f"/p/{token}")
    await heard.get(f"/p/{token}.pkpass")
    await heard.get(f"/p/{token}", user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36")
    (before, first), (after, second) = await _told(heard)
    assert (before, after) == (None, heard.apple.handed[0])
    assert (first["link"], first["user_agent_class"], second["user_agent_class"]) == ("personal", "iphone", "android")
    assert first["token_id"] == second["token_id"]
    assert token not in str(first)


@pytest.mark.parametrize("robot", [{"user_agent": "WhatsApp/2.23"}, {"sec_purpose": "prefetch"}])
async def test_who_is_no_person_opens_nothing(heard: Street, robot: dict[str, str]) -> None:
    await heard.get(f"/o/{heard.link}", **robot)
    await heard.get(f"/p/{await heard.token()}", **robot)
    await heard.http.head(f"/o/{heard.link}")
    assert await _told(heard) == []
