"""All that a client has, moved to another server and back: figures equal, every phone's secret still good."""

from __future__ import annotations

import io
import itertools
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from walletpass.errors import ArchiveUnreadable, CredentialUnfit, NotTransferable, UsageError
from walletpass.model import PassModel
from walletpass.testing.life import START, model_document, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.archive_cipher import FRAME, decrypt, encrypt
from walletpass_server.engine.archive_tables import ROWS
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.client_export import begin_export, export_client
from walletpass_server.engine.client_import import Imported, import_client
from walletpass_server.engine.client_removal import remove_client
from walletpass_server.engine.designs import load_model, save_matrix, save_model
from walletpass_server.engine.figures import report
from walletpass_server.engine.housekeeping import tidy
from walletpass_server.engine.issuing import open_token
from walletpass_server.engine.operations import create_operation, load_operation
from walletpass_server.engine.recount import recount
from walletpass_server.engine.seals import sealed_days
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.hooks.endpoints import NewSecret, Wish, add_endpoint, rotate_secret
from walletpass_server.hooks.secrets import signing_secrets
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import (
    AuditRow,
    GoogleObjectRow,
    HookEndpointRow,
    OperationRow,
    OutboxRow,
    PassRow,
    RegistrationRow,
)
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop, open_shop

STAFF = Actor("staff", "tester")
WORDS = "correct horse battery"
LATER = START + timedelta(days=40)
_numbers = itertools.count()
PICTURE = b"\x89PNG one"
MATRIX = small_matrix(
    {"a": {"name": {"type": "text", "required": False}}, "b": {}},
    [
        {"from": "a", "to": "b", "on": "used"},
        {"from": "a", "to": "a", "after": {"event": "pass.added", "delay": {"days": 300, "unit": "wall"}}},
    ],
    {"used": {}},
)


async def _life(shop: Shop, keep: Any) -> tuple[int, str]:
    """Designs with a picture, tokens, passes on phones and at Google; an operation's id, and one pass's token."""
    await keep("main", environment="test")

    async def work(unit: Unit) -> tuple[int, str]:
        document = model_document("shown", images={"logo": "logo.png"})
        await save_model(unit, PassModel.read(document).with_pictures(lambda _: PICTURE), START)
        await save_matrix(unit, MATRIX, START)
        operation = (await create_operation(unit, small_operation(), START, apple_credential="main")).id
        live = await load_operation(unit, operation)
        tokens = [NewToken({"name": f"Ada {number}"}, f"K-{number}") for number in range(12)]
        texts = await mint(unit, shop.keyring, live, tokens, START)
        for number, text in enumerate(texts[:8]):
            opened = await open_token(unit, shop.keyring, (await find_token(unit, text)).id, START)
            await phones.display(unit, operation, opened.pass_id, "apple", START, {"utm_source": "mail"})
            await phones.register(unit, operation, opened.pass_id, f"phone-{number % 3}", f"push-{number}", START)
            if number % 2:
                await phones.google_told(unit, operation, opened.pass_id, "save", f"n-{number}", START)
                await unit.connection.execute(
                    insert(GoogleObjectRow).values(
                        client_id=shop.client_id, pass_id=opened.pass_id, object_id=f"33.{number}", class_id="33.c",
                        changed_at=START,
                    )
                )  # fmt: skip
        return operation, texts[0]

    return await shop.database.run(shop.client_id, work)


async def _export(shop: Shop, *, credentials: bool = True, without_lent: bool = False) -> bytes:
    known = {"credentials": credentials, "without_lent": without_lent}
    await begin_export(shop.database, shop.client_id, WORDS, STAFF, LATER, **known)
    pieces = export_client(shop.database, shop.keyring, shop.client_id, WORDS, LATER, credentials=credentials)
    return b"".join([piece async for piece in pieces])


async def _import(shop: Shop, archive: bytes, **more: Any) -> Imported:
    known = {"passphrase": WORDS, **more}
    return await import_client(
        shop.database, shop.keyring, io.BytesIO(archive), known.pop("passphrase"), STAFF, LATER, **known
    )


async def _figures(shop: Shop) -> list[Any]:
    """Everything that can be asked of a client, without its ids."""
    async with shop.database.reading(shop.client_id) as unit:
        found: list[Any] = [line.values() for line in await report(unit, shop.client_id, last=LATER.date())]
        operations = (await unit.session.scalars(select(OperationRow).order_by(OperationRow.id))).all()
        for operation in operations:
            assert await recount(unit, shop.client_id, operation.id) == []
            found += [(seal.day, seal.counts, seal.intact) for seal in await sealed_days(unit, operation)]
        passes = (await unit.session.scalars(select(PassRow).order_by(PassRow.id))).all()
        found += [(row.serial, row.external_id, row.variables, row.model, row.version, row.source) for row in passes]
        model = await load_model(unit, "shown")
        found.append((model.content_hash, [image.data for _, image in model.pictures()]))
        for table in ROWS:
            if table.__tablename__ != "audit_log":
                counted = select(func.count()).select_from(table).where(table.client_id == shop.client_id)  # type: ignore[attr-defined]
                found.append((table.__tablename__, (await unit.connection.execute(counted)).scalar_one()))
    return found


@pytest.fixture
async def elsewhere(
    url: str, sqlite_template: Path, postgres: Any, postgres_template: str, tmp_path: Path
) -> AsyncIterator[Database]:
    """A server on the other engine."""
    name = f"walletpass_elsewhere_{os.getpid()}_{next(_numbers)}"
    if url.startswith("sqlite"):
        there = await postgres.create(name, template=postgres_template)
    else:
        shutil.copy(sqlite_template, tmp_path / "elsewhere.db")
        there = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    database = await Database.open(there)
    yield database
    await database.close()
    if url.startswith("sqlite"):
        await postgres.drop(name)


async def _there(elsewhere: Database) -> Shop:
    """A server with clients of its own, so that ids meet others."""
    other = await open_shop(elsewhere, "other")
    await other.open(MATRIX, small_operation())
    return replace(other, keyring=Keyring.parse(Keyring.new_key("elsewhere")))


async def test_a_client_moves_to_the_other_engine_and_back_and_nothing_differs(
    shop: Shop, keep: Any, elsewhere: Database
) -> None:
    operation, text = await _life(shop, keep)
    await tidy(shop.database, LATER)  # seals the days
    before = await _figures(shop)
    async with shop.database.reading(shop.client_id) as unit:
        secrets = {
            row.serial: shop.keyring.unseal(row.secret, "pass", "secret", row.id).decode()
            for row in (await unit.session.scalars(select(PassRow))).all()
        }
    there = await _there(elsewhere)
    moved = await _import(there, await _export(shop))
    shop_there = replace(there, client_id=moved.client_id)
    assert await _figures(shop_there) == before
    async with elsewhere.reading(ALL_CLIENTS) as unit:
        for serial, secret in secrets.items():
            served = await phones.find_served(unit, "pass.example.one", serial)
            assert served.client_id == moved.client_id
            assert served.is_opened_by(secret, there.keyring)
        assert (await find_token(unit, text)).client_id == moved.client_id
        letters = select(func.count()).select_from(OutboxRow).where(OutboxRow.client_id == moved.client_id)
        assert (await unit.connection.execute(letters.where(OutboxRow.channel == "apns"))).scalar_one() == 3
    # the way back: what is there has gone, under another name
    back = replace(shop, client_id=(await _moved_back(shop, shop_there)).client_id)
    assert await _figures(back) == before
    assert operation not in await _operations(back)


async def _moved_back(shop: Shop, there: Shop) -> Imported:
    await remove_client(shop.database, shop.client_id, STAFF, LATER)
    return await _import(shop, await _export(there), slug="shop")


async def _operations(shop: Shop) -> list[int]:
    async with shop.database.reading(shop.client_id) as unit:
        return list((await unit.session.scalars(select(OperationRow.id))).all())


async def test_after_the_move_life_goes_on(shop: Shop, keep: Any, elsewhere: Database) -> None:
    await _life(shop, keep)
    there = await _there(elsewhere)
    moved = replace(there, client_id=(await _import(there, await _export(shop))).client_id)
    (operation,) = await _operations(moved)

    async def work(unit: Unit) -> int:
        live = await load_operation(unit, operation)
        (text,) = await mint(unit, moved.keyring, live, [NewToken({"name": "Eve"}, "K-11")], START)
        opened = await open_token(unit, moved.keyring, (await find_token(unit, text)).id, START)
        await phones.register(unit, operation, opened.pass_id, "phone-0", "push", START)
        held = select(func.count()).where(RegistrationRow.client_id == moved.client_id)
        return (await unit.connection.execute(held)).scalar_one()

    assert await moved.database.run(moved.client_id, work) == 9


async def test_without_credentials_the_operations_wait_for_new_ones(shop: Shop, keep: Any, elsewhere: Database) -> None:
    await _life(shop, keep)
    there = await _there(elsewhere)
    moved = replace(there, client_id=(await _import(there, await _export(shop, credentials=False))).client_id)
    async with elsewhere.reading(moved.client_id) as unit:
        (row,) = (await unit.session.scalars(select(OperationRow))).all()
    assert row.apple_credential_id is None


async def test_passes_of_the_provider_stay_with_the_provider(shop: Shop, keep: Any) -> None:
    await keep("lent", environment="test", source="provider", consent={"by": "Ada"})

    async def work(unit: Unit) -> None:
        await save_matrix(unit, MATRIX, START)
        await create_operation(unit, small_operation(), START, apple_credential="lent")

    await shop.database.run(shop.client_id, work)
    with pytest.raises(NotTransferable, match=r"nothing was exported; leave their operations out \(op\)"):
        await begin_export(shop.database, shop.client_id, WORDS, STAFF, START, credentials=False)


async def test_operations_under_the_providers_credentials_are_left_out_when_asked_for(
    shop: Shop, keep: Any, elsewhere: Database
) -> None:
    await _life(shop, keep)
    kept = await _figures(shop)
    await keep("lent", environment="test", source="provider", consent={"by": "Ada"})

    async def lend(unit: Unit) -> None:
        row = await create_operation(unit, small_operation(operation="lent"), START, apple_credential="lent")
        live = await load_operation(unit, row.id)
        (text,) = await mint(unit, shop.keyring, live, [NewToken({"name": "Eve"})], START)
        opened = await open_token(unit, shop.keyring, (await find_token(unit, text)).id, START)
        await phones.register(unit, row.id, opened.pass_id, "eves-phone", "push-eve", START)

    await shop.database.run(shop.client_id, lend)
    there = await _there(elsewhere)
    moved = replace(there, client_id=(await _import(there, await _export(shop, without_lent=True))).client_id)
    found = await _figures(moved)
    assert [pair for pair in zip(kept, found, strict=True) if pair[0] != pair[1]] == []
    async with shop.database.reading(shop.client_id) as unit:
        told = (await unit.session.scalars(select(AuditRow).where(AuditRow.action == "client.exported"))).one()
    assert told.after == {"credentials": True, "left_out": ["lent"]}


async def test_hooks_come_along_paused_until_their_receivers_know_a_new_secret(
    shop: Shop, keep: Any, elsewhere: Database
) -> None:
    operation, _ = await _life(shop, keep)
    wish = Wish(name="CRM", url="https://crm.example/hooks", events=["pass.*"], operations=[operation])

    async def listen(unit: Unit) -> NewSecret:
        return await add_endpoint(unit, shop.keyring, wish, STAFF, START)

    before = await shop.database.run(shop.client_id, listen)
    archive = await _export(shop)
    there = await _there(elsewhere)
    moved = replace(there, client_id=(await _import(there, archive)).client_id)
    async with elsewhere.reading(moved.client_id) as unit:
        (hook,) = (await unit.session.scalars(select(HookEndpointRow))).all()
        (own,) = (await unit.session.scalars(select(OperationRow.id))).all()
        live = await load_operation(unit, own)
    assert (hook.name, hook.url, hook.events, hook.operations) == ("CRM", wish.url, ["pass.*"], [own])
    assert (hook.state, "rotate its secret" in (hook.paused_why or ""), live.tells_hooks) == ("paused", True, True)
    assert signing_secrets(moved.keyring, hook, LATER) != [before.secret]

    async def rotate(unit: Unit) -> NewSecret:
        return await rotate_secret(unit, moved.keyring, hook.id, STAFF, LATER)

    after = await elsewhere.run(moved.client_id, rotate)
    assert signing_secrets(moved.keyring, after.row, LATER)[0] == after.secret


async def test_what_is_here_already_is_not_taken_in_again(shop: Shop, keep: Any) -> None:
    await _life(shop, keep)
    archive = await _export(shop)
    before = await _figures(shop)
    with pytest.raises((CredentialUnfit, UsageError), match="nothing was imported"):
        await _import(shop, archive)
    with pytest.raises(CredentialUnfit, match=r"pass\.example\.one"):
        await _import(shop, archive, slug="again")
    assert await _figures(shop) == before


async def test_a_damaged_archive_or_another_passphrase_changes_nothing(
    shop: Shop, keep: Any, elsewhere: Database
) -> None:
    await _life(shop, keep)
    archive = await _export(shop)
    there = await _there(elsewhere)
    for wrong, more in (
        (archive, {"passphrase": "another passphrase"}),
        (archive[:-1], {}),
        (archive[:40], {}),
        (archive[: len(archive) // 2], {}),
        (archive[:60] + bytes((archive[60] ^ 1,)) + archive[61:], {}),
        (b"no archive at all", {}),
        (b"", {}),
    ):
        with pytest.raises(ArchiveUnreadable) as refused:
            await _import(there, wrong, **more)
        assert "\n" not in str(refused.value)
    async with elsewhere.reading(ALL_CLIENTS) as unit:
        assert (await unit.connection.execute(select(func.count()).select_from(PassRow))).scalar_one() == 0
    assert b"Ada" not in archive


async def test_frames_hold_any_content_and_short_passphrases_are_refused() -> None:
    for size in (0, 1, FRAME, FRAME + 1, 3 * FRAME):
        content = bytes(size)

        async def pieces(whole: bytes = content) -> AsyncIterator[bytes]:
            for start in range(0, len(whole), 100_000):
                yield whole[start : start + 100_000]

        file = b"".join([piece async for piece in encrypt(pieces(), WORDS)])
        assert b"".join(decrypt(io.BytesIO(file), WORDS)) == content
    with pytest.raises(UsageError, match="12 or more"):
        [piece async for piece in encrypt(pieces(), "short")]
