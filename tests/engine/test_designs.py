"""What a client designs, kept and frozen; what it signs with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass.errors import (
    CredentialUnfit,
    InstantPassed,
    NotFound,
    OperationError,
    ProductionRefused,
    SecretUnreadable,
)
from walletpass.matrix import Matrix
from walletpass.model import PassModel
from walletpass.testing.life import START, matrix_document, model_document, small_matrix, small_operation
from walletpass_server.engine.credentials import (
    NewCredential,
    change_credential,
    find_credential,
    open_credential,
    save_credential,
)
from walletpass_server.engine.designs import find_matrix, load_matrix, load_model, save_matrix, save_model
from walletpass_server.engine.operations import (
    create_operation,
    find_operation,
    load_operation,
    move_instant,
)
from walletpass_server.engine.phones import find_served
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import AssetRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

PICTURE = b"\x89PNG one"
OTHER = b"\xff\xd8\xff two"


def _model(name: str = "a", data: bytes = PICTURE) -> PassModel:
    images = {"logo": {"file": "logo.png", "languages": {"fr": {"file": "logo-fr.png"}}}, "icon": "logo.png"}
    model = PassModel.read(model_document(name, {}, images=images, languages=["en", "fr"]))
    return model.with_pictures(lambda file: OTHER if "fr" in file else data)


def _matrix(*, data: bytes = PICTURE, **changes: Any) -> Matrix:
    document = matrix_document(["a", "b"], [{"from": "a", "to": "b", "at": "2027-04-01T09:00"}], **changes)
    return Matrix.read({**document, "models": {"a": _model("a", data), "b": _model("b")}})


async def test_a_model_comes_back_with_its_pictures(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        await save_model(unit, _model(), START)
    async with shop.database.reading(shop.client_id) as unit:
        loaded = await load_model(unit, "a")
        assets = (await unit.connection.execute(select(AssetRow.media_type).order_by(AssetRow.media_type))).scalars()
        assert list(assets) == ["image/jpeg", "image/png"]  # the same bytes are kept once
    assert loaded == _model()
    assert loaded.content_hash == _model().content_hash


async def test_saving_a_model_again_replaces_it_under_its_name(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        ids = [await save_model(unit, _model(data=data), START) for data in (PICTURE, OTHER)]
        loaded = await load_model(unit, "a")
        with pytest.raises(NotFound, match="there is no Model b"):
            await load_model(unit, "b")
    assert ids[0] == ids[1]
    assert loaded == _model(data=OTHER)


async def test_a_matrix_comes_back_as_it_was(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        row = await save_matrix(unit, _matrix(), START)
        assert await load_matrix(unit, row) == _matrix()


async def test_a_changed_matrix_is_the_next_version_and_the_same_one_is_the_same(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        versions = [(await save_matrix(unit, _matrix(data=data), START)).version for data in (PICTURE, PICTURE, OTHER)]
        first = await load_matrix(unit, await find_matrix(unit, "small", 1))
        newest = await load_matrix(unit, await find_matrix(unit, "small"))
        with pytest.raises(NotFound, match="version 9"):
            await find_matrix(unit, "small", 9)
    assert versions == [1, 1, 2]
    assert (first.version, newest.version) == (1, 2)
    assert first.content_hash == _matrix().content_hash
    assert newest.content_hash == _matrix(data=OTHER).content_hash


async def test_the_first_operation_freezes_its_matrix_and_later_edits_do_not_reach_it(shop: Shop) -> None:
    operation = await shop.open(_matrix(), small_operation(), START)
    async with shop.database.writing(shop.client_id) as unit:
        assert (await find_matrix(unit, "small")).frozen_at == START
        await save_model(unit, _model(data=OTHER), START)
        changed = await save_matrix(unit, _matrix(data=OTHER), START)
        assert (changed.version, changed.frozen_at) == (2, None)
    assert (await shop.live(operation)).matrix == _matrix()


async def test_a_frozen_matrix_is_read_once_in_a_process(shop: Shop) -> None:
    operation = await shop.open(_matrix(), small_operation(), START)
    assert (await shop.live(operation)).matrix is (await shop.live(operation)).matrix


async def test_an_operation_comes_back_with_the_same_rules(shop: Shop) -> None:
    given = small_operation(
        grace={"days": 2, "unit": "calendar"},
        notifications={"max": 3, "min_interval": {"hours": 20}, "quiet": {"from": "21:00", "to": "08:00"}},
        at={"t0": "2027-04-02T09:00"},
        limits={"passes": 10},
    )
    live = await shop.live(await shop.open(_matrix(), given, START))
    kept = live.operation
    assert (kept.start, kept.end, kept.events_end) == (given.start, given.end, given.events_end)
    assert (kept.notifications, kept.limits, kept.tz) == (given.notifications, given.limits, given.tz)
    assert kept.instant(live.matrix.trigger["t0"]) == given.instant(live.matrix.trigger["t0"])


async def test_an_operation_that_does_not_fit_its_matrix_is_refused_and_freezes_nothing(shop: Shop) -> None:
    with pytest.raises(OperationError, match="no `at` Trigger gone"):
        await shop.open(_matrix(), small_operation(at={"gone": "2027-04-02T09:00"}), START)
    async with shop.database.reading(shop.client_id) as unit:
        assert (await unit.connection.execute(select(func.count()).select_from(OperationRow))).scalar_one() == 0


async def test_an_operation_is_found_by_its_link_and_by_its_name_but_not_by_another_client(shop: Shop) -> None:
    operation = await shop.open(_matrix(), small_operation(), START)
    other = await open_shop(shop.database, "other")
    async with shop.database.reading(shop.client_id) as unit:
        by_name = await find_operation(unit, name="op")
        by_link = await find_operation(unit, link=by_name.row.link)
    assert by_name.row.id == by_link.row.id == operation
    async with shop.database.reading(other.client_id) as unit:
        with pytest.raises(NotFound):
            await find_operation(unit, link=by_name.row.link)
        with pytest.raises(NotFound):
            await load_operation(unit, operation)


async def test_an_instant_can_be_moved_until_it_is_due(shop: Shop) -> None:
    operation = await shop.open(_matrix(), small_operation(), START)
    later = datetime.fromisoformat("2027-04-10T09:00:00+02:00")

    async def move(now: datetime, trigger: str = "t0") -> Any:
        return await shop.database.run(shop.client_id, lambda unit: move_instant(unit, operation, trigger, later, now))

    await move(START)
    live = await shop.live(operation)
    assert live.operation.instant(live.matrix.trigger["t0"]) == later
    with pytest.raises(NotFound, match="no Trigger gone"):
        await move(START, "gone")
    with pytest.raises(InstantPassed):
        await move(later + timedelta(seconds=1))


def _apple(name: str, **changes: Any) -> NewCredential:
    known = {
        "wallet": "apple", "name": name, "secret": {"key": "PEM"}, "public": name.encode(),
        "pass_type_identifier": "pass.example.one", "team_identifier": "TEAM", "environment": "production",
    }  # fmt: skip
    return NewCredential(**{**known, **changes})


async def _save(unit: Unit, shop: Shop, credential: NewCredential) -> Any:
    return await save_credential(unit, shop.keyring, credential, START)


async def test_a_credential_is_sealed_and_opens_again(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        await _save(unit, shop, _apple("main"))
    async with shop.database.reading(shop.client_id) as unit:
        row = await find_credential(unit, "apple", "main")
        with pytest.raises(NotFound):
            await find_credential(unit, "google", "main")
    assert b"PEM" not in row.sealed
    assert open_credential(shop.keyring, row) == {"key": "PEM"}
    with pytest.raises(SecretUnreadable):
        open_credential(Keyring.parse(Keyring.new_key("other")), row)


async def test_a_pass_type_belongs_to_one_client_for_ever(shop: Shop) -> None:
    other = await open_shop(shop.database, "other")
    async with shop.database.writing(shop.client_id) as unit:
        await _save(unit, shop, _apple("main"))
        await _save(unit, shop, _apple("renewed"))
    async with shop.database.writing(other.client_id) as unit:
        with pytest.raises(CredentialUnfit, match="belongs to another client"):
            await _save(unit, other, _apple("theirs"))


async def test_a_providers_credential_needs_consent_and_never_serves_production(shop: Shop) -> None:
    consent = {"by": "Ada", "at": "2027-01-01", "text": "v1"}
    async with shop.database.writing(shop.client_id) as unit:
        with pytest.raises(CredentialUnfit, match="recorded consent"):
            await _save(unit, shop, _apple("lent", source="provider"))
        await _save(unit, shop, _apple("lent", source="provider", consent=consent))
        await save_matrix(unit, small_matrix(["a"]), START)
        await create_operation(unit, small_operation(), START, apple_credential="lent")
        with pytest.raises(ProductionRefused, match="a provider's"):
            await create_operation(unit, small_operation(environment="production"), START, apple_credential="lent")


async def test_a_live_operation_changes_its_credential_only_to_one_of_the_same_identity(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        await _save(unit, shop, _apple("main"))
        renewed = await _save(unit, shop, _apple("renewed"))
        foreign = await _save(unit, shop, _apple("foreign", pass_type_identifier="pass.example.two"))
        await save_matrix(unit, small_matrix(["a"]), START)
        operation = await create_operation(unit, small_operation(), START, apple_credential="main")
        await change_credential(unit, operation, renewed, START)
        assert operation.apple_credential_id == renewed.id
        with pytest.raises(CredentialUnfit, match="create a new operation"):
            await change_credential(unit, operation, foreign, START)


async def test_passes_carry_the_pass_type_of_the_credential(shop: Shop) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        await _save(unit, shop, _apple("main"))
        await save_matrix(unit, small_matrix(["a"]), START)
        row = await create_operation(unit, small_operation(), START, apple_credential="main")
    await shop.issue(row.id, {}, START, "C-1")
    async with shop.database.reading(shop.client_id) as unit:
        served = await find_served(unit, "pass.example.one", "C-1")
    assert served.operation_id == row.id
