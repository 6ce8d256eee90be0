"""Tokens become passes: once, however often and by however many they are opened."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from walletpass.errors import NotFound, OperationClosed, TokenNeeded, TokenRevoked, TooManyPasses, ValuesError
from walletpass.lifecycle import void
from walletpass.testing.life import END, START, small_matrix, small_operation
from walletpass_server.engine.anonymous import AT_ONCE, Visitor, anonymous_token
from walletpass_server.engine.desk import IssuingDesk
from walletpass_server.engine.issuing import Opened, open_token, opened_before
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.tokens import NewToken, check_values, find_token, mint, reveal, revoke
from walletpass_server.persistence.tables import FactRow, OperationRow, PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.persistence.writer import Writer
from walletpass_server.testing import Shop, open_shop

PLAIN = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "2027-04-01T09:00"}])
PERSONAL = small_matrix({"a": {"name": {"type": "text"}}})


async def _mint(shop: Shop, operation: int, *given: tuple[str | None, dict[str, object]]) -> list[str]:
    async def work(unit: Unit) -> list[str]:
        live = await load_operation(unit, operation)
        read = check_values(live)
        new = [NewToken(read(values), external_id) for external_id, values in given]
        return await mint(unit, shop.keyring, live, new, START)

    return await shop.database.run(shop.client_id, work)


async def _open(shop: Shop, text: str, now: Any = START) -> Opened:
    async def work(unit: Unit) -> Opened:
        return await open_token(unit, shop.keyring, (await find_token(unit, text)).id, now)

    return await shop.database.run(shop.client_id, work)


async def _count(shop: Shop, table: Any) -> int:
    async with shop.database.reading(shop.client_id) as unit:
        return (await unit.connection.execute(select(func.count()).select_from(table))).scalar_one()


async def test_each_opening_shows_the_same_pass(shop: Shop) -> None:
    operation = await shop.open(PERSONAL, small_operation(), START)
    (text,) = await _mint(shop, operation, ("K-1", {"name": "Ada"}))
    first = await _open(shop, text)
    again = await _open(shop, text, START + timedelta(days=1))
    assert (first.first, again.first) == (True, False)
    assert (again.pass_id, again.serial) == (first.pass_id, first.serial)
    state = await shop.state(operation, first.pass_id)
    assert state.values == {"name": "Ada"}
    assert await _count(shop, PassRow) == 1


async def test_a_hundred_openings_at_once_issue_one_pass(shop: Shop) -> None:
    operation = await shop.open(PERSONAL, small_operation(), START)
    (text,) = await _mint(shop, operation, (None, {"name": "Ada"}))
    async with Writer(shop.database, batch=7) as writer:
        desk = IssuingDesk(shop.database, writer, shop.keyring, clock=lambda: START)
        by_desk = [desk.open(text) for _ in range(50)]
        async with shop.database.reading(shop.client_id) as unit:
            token_id = (await find_token(unit, text)).id
        by_writer = [
            writer.write(shop.client_id, lambda unit: open_token(unit, shop.keyring, token_id, START))
            for _ in range(50)
        ]
        opened = await asyncio.gather(*by_desk, *by_writer)
    assert len({one.pass_id for one in opened}) == 1
    assert await _count(shop, PassRow) == 1
    assert await _count(shop, FactRow) == 1


async def test_many_tokens_at_once_each_get_their_own_pass(shop: Shop) -> None:
    operation = await shop.open(PERSONAL, small_operation(), START)
    texts = await _mint(shop, operation, *((f"K-{n}", {"name": f"N{n}"}) for n in range(80)))
    async with Writer(shop.database) as writer:
        desk = IssuingDesk(shop.database, writer, shop.keyring, clock=lambda: START)
        opened = await asyncio.gather(*(desk.open(text) for text in texts))
    assert len({one.pass_id for one in opened}) == 80
    states = [await shop.state(operation, one.pass_id) for one in opened[:3]]
    assert [state.values["name"] for state in states] == ["N0", "N1", "N2"]


async def test_one_that_is_refused_stops_no_other(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(limits={"passes": 3}), START)
    texts = await _mint(shop, operation, *((None, {}) for _ in range(5)))
    async with Writer(shop.database) as writer:
        desk = IssuingDesk(shop.database, writer, shop.keyring, clock=lambda: START)
        answers = await asyncio.gather(*(desk.open(text) for text in texts), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, OperationClosed)]
    assert (len(refused), await _count(shop, PassRow)) == (2, 3)
    assert "all 3 passes are issued" in str(refused[0])
    async with shop.database.reading(shop.client_id) as unit:
        row = await unit.session.get_one(OperationRow, (shop.client_id, operation))
        assert row.issued == 3


async def test_outside_the_period_no_pass_is_issued_and_the_reason_is_told(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    early, opened, late = await _mint(shop, operation, (None, {}), (None, {}), (None, {}))
    with pytest.raises(OperationClosed, match="opens on 2027-03-01 09:00"):
        await _open(shop, early, START - timedelta(seconds=1))
    first = await _open(shop, opened)
    with pytest.raises(OperationClosed, match="ended on 2027-05-01 10:00"):
        await _open(shop, late, END)
    assert (await _open(shop, opened, END + timedelta(days=9))).pass_id == first.pass_id


async def test_a_pass_issued_after_an_instant_has_moved_already(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    (text,) = await _mint(shop, operation, (None, {}))
    opened = await _open(shop, text, START + timedelta(days=40))
    state = await shop.state(operation, opened.pass_id)
    assert (state.model, state.version, state.fired) == ("b", 2, frozenset({"t0"}))


async def test_an_external_id_keeps_its_token(shop: Shop) -> None:
    operation = await shop.open(PERSONAL, small_operation(), START)
    one, two, same = await _mint(
        shop, operation, ("K-1", {"name": "Ada"}), ("K-2", {"name": "Bo"}), ("K-1", {"name": "Ada"})
    )
    assert same == one
    assert one != two
    assert await _mint(shop, operation, ("K-2", {"name": "Other"}), ("K-1", {"name": "Ada"})) == [two, one]
    assert await _count(shop, TokenRow) == 2


async def test_values_are_checked_when_a_token_is_minted(shop: Shop) -> None:
    operation = await shop.open(PERSONAL, small_operation(), START)
    with pytest.raises(ValuesError, match="missing"):
        await _mint(shop, operation, ("K-1", {}))
    with pytest.raises(ValuesError, match="unknown variable"):
        await _mint(shop, operation, ("K-1", {"name": "Ada", "nme": "x"}))
    assert await _count(shop, TokenRow) == 0


async def test_a_token_is_stored_so_that_only_the_server_can_show_it_again(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    (text,) = await _mint(shop, operation, (None, {}))
    async with shop.database.reading(shop.client_id) as unit:
        token = await find_token(unit, text)
        (row,) = (await unit.connection.execute(select(TokenRow.__table__))).all()
        shown = await reveal(unit, shop.keyring, token.id)
    assert shown == text
    assert text.encode() not in row.sealed
    assert text not in repr(row)


async def test_a_revoked_token_gives_no_pass_and_voids_the_one_it_gave(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    unopened, opened = await _mint(shop, operation, (None, {}), (None, {}))
    passed = await _open(shop, opened)
    for text in (unopened, opened, opened):
        async with shop.database.writing(shop.client_id) as unit:
            await revoke(unit, (await find_token(unit, text)).id, START)
        with pytest.raises(TokenRevoked):
            await _open(shop, text)
    assert (await shop.state(operation, passed.pass_id)).voided
    assert await _count(shop, PassRow) == 1


async def test_the_token_of_a_void_pass_shows_revoked(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    (text,) = await _mint(shop, operation, (None, {}))
    passed = await _open(shop, text)
    await shop.carry_out(operation, passed.pass_id, lambda state: void(PLAIN, small_operation(), state, START), START)
    with pytest.raises(TokenRevoked):
        await _open(shop, text)
    async with shop.database.reading(shop.client_id) as unit:
        token = await find_token(unit, text)
    with pytest.raises(TokenRevoked):
        opened_before(token)


async def test_a_token_of_another_client_does_not_exist(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    (text,) = await _mint(shop, operation, (None, {}))
    other = await open_shop(shop.database, "other")
    with pytest.raises(NotFound):
        await _open(other, text)
    async with shop.database.reading(shop.client_id) as unit:
        token_id = (await find_token(unit, text)).id
    async with shop.database.writing(other.client_id) as unit:
        with pytest.raises(NotFound):
            await open_token(unit, shop.keyring, token_id, START)


@pytest.mark.parametrize("text", ["", "short", "no/slash" * 5, "A" * 27])
async def test_nonsense_is_not_a_token(shop: Shop, text: str) -> None:
    async with shop.database.reading(0) as unit:
        with pytest.raises(NotFound, match="copied whole"):
            await find_token(unit, text)


async def _visit(shop: Shop, operation: int, visitor: Visitor) -> str:
    async def work(unit: Unit) -> str:
        return await anonymous_token(unit, shop.keyring, await load_operation(unit, operation), visitor, START)

    return await shop.database.run(shop.client_id, work)


async def test_each_visitor_gets_a_fresh_pass_and_the_same_one_when_coming_back(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    one = await _visit(shop, operation, Visitor("192.0.2"))
    two = await _visit(shop, operation, Visitor("192.0.2"))
    assert one != two
    assert await _visit(shop, operation, Visitor("192.0.2", one)) == one
    assert (await _open(shop, one)).serial != (await _open(shop, two)).serial


async def test_a_personalised_model_refuses_a_link_without_token(shop: Shop) -> None:
    operation = await shop.open(PERSONAL, small_operation(), START)
    with pytest.raises(TokenNeeded, match="name"):
        await _visit(shop, operation, Visitor("192.0.2"))


async def test_one_network_gets_a_bounded_number_of_passes(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    for _ in range(AT_ONCE):
        await _visit(shop, operation, Visitor("192.0.2"))
    for _ in range(3):
        with pytest.raises(TooManyPasses, match="try again in 1 min"):
            await _visit(shop, operation, Visitor("192.0.2"))
    assert await _visit(shop, operation, Visitor("198.51.100"))
    assert await _count(shop, TokenRow) == AT_ONCE + 1


async def test_a_token_revoked_between_look_up_and_issuing_gives_none(shop: Shop) -> None:
    operation = await shop.open(PLAIN, small_operation(), START)
    (text,) = await _mint(shop, operation, (None, {}))
    async with shop.database.reading(shop.client_id) as unit:
        token = await find_token(unit, text)
    async with shop.database.writing(shop.client_id) as unit:
        await unit.connection.execute(update(TokenRow).values(revoked_at=START))
        with pytest.raises(TokenRevoked):
            await open_token(unit, shop.keyring, token.id, START)
