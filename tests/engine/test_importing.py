"""Bulk import: a token for each row, faults named, resumable, repeatable."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass.bulk.table import RowFault
from walletpass.errors import FileMissing, OperationClosed, TableError
from walletpass.testing.life import END, START, small_matrix, small_operation
from walletpass_server.engine import importing
from walletpass_server.engine.import_files import open_import
from walletpass_server.engine.importing import ImportProgress, import_tokens
from walletpass_server.engine.issuing import open_token
from walletpass_server.engine.tokens import reveal
from walletpass_server.persistence.tables import RunRow, TokenRow
from walletpass_server.testing import Shop

MATRIX = small_matrix({"a": {"name": {"type": "text"}, "points": {"type": "number", "default": 0}}})


class Stopped(Exception):
    """The import was interrupted."""


def _csv(folder: Path, *rows: str, name: str = "customers.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(["external_id,name,points", *rows]) + "\n")
    return file


async def _import(
    shop: Shop, operation: int, file: Path, *, now: datetime = START, faults: list[RowFault] | None = None,
    watch: Any = None,
) -> ImportProgress:  # fmt: skip
    return await import_tokens(
        shop.database,
        shop.keyring,
        shop.client_id,
        operation,
        open_import(file),
        clock=lambda: now,
        on_fault=(faults if faults is not None else []).append,
        on_progress=watch or (lambda _: None),
    )


async def _tokens(shop: Shop) -> int:
    async with shop.database.reading(shop.client_id) as unit:
        return (await unit.connection.execute(select(func.count()).select_from(TokenRow))).scalar_one()


async def test_each_row_becomes_a_token_that_opens_a_pass(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    done = await _import(shop, operation, _csv(tmp_path, "K-1,Ada,5", "K-2,Bo,"))
    assert (done.added, done.known, done.faulty, done.share) == (2, 0, 0, 1.0)
    async with shop.database.writing(shop.client_id) as unit:
        row = (await unit.connection.execute(select(TokenRow.id).where(TokenRow.external_id == "K-1"))).scalar_one()
        assert len(await reveal(unit, shop.keyring, row)) == 27
        opened = await open_token(unit, shop.keyring, row, START)
    assert (await shop.state(operation, opened.pass_id)).values == {"name": "Ada", "points": 5}


async def test_json_lines_give_the_same(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    file = tmp_path / "customers.jsonl"
    lines = [{"external_id": f"K-{n}", "values": {"name": f"N{n}", "points": n}} for n in range(3)]
    file.write_text(
        "\n".join(map(json.dumps, lines)) + "\n\n[]\n{\n" + '{"external_id": 5}\n{"values": 1}\n{"nme": 1}\n'
    )
    faults: list[RowFault] = []
    done = await _import(shop, operation, file, faults=faults)
    assert (done.added, done.faulty) == (3, 5)
    assert [fault.row for fault in faults] == [5, 6, 7, 8, 9]


async def test_rows_at_fault_are_named_and_stop_no_other(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    faults: list[RowFault] = []
    file = _csv(tmp_path, "K-1,Ada,5", "K-2,,5", "K-3,Cy,many", "K-4,Di", "K-5,Eve,1")
    done = await _import(shop, operation, file, faults=faults)
    assert (done.added, done.faulty) == (2, 3)
    assert [(fault.row, fault.column) for fault in faults] == [(3, "name"), (4, "points"), (5, "")]
    assert "not a number" in faults[1].reason


async def test_the_same_file_again_adds_nothing(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    file = _csv(tmp_path, "K-1,Ada,5", "K-2,Bo,", "K-1,Ada again,5")
    first = await _import(shop, operation, file)
    again = await _import(shop, operation, file)
    assert (first.added, first.known) == (2, 1)
    assert (again.added, again.known) == (2, 1)
    assert await _tokens(shop) == 2


async def test_another_file_with_known_external_ids_adds_only_the_new_ones(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _import(shop, operation, _csv(tmp_path, "K-1,Ada,5", "K-2,Bo,"))
    done = await _import(shop, operation, _csv(tmp_path, "K-2,Bo,", "K-3,Cy,", name="more.csv"))
    assert (done.added, done.known) == (1, 1)
    assert await _tokens(shop) == 3


async def test_rows_without_external_id_come_once_when_the_file_is_given_again(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    file = _csv(tmp_path, ",Ada,5", ",Bo,5")
    for _ in range(2):
        await _import(shop, operation, file)
    assert await _tokens(shop) == 2


async def test_an_import_that_was_stopped_goes_on_where_it_was(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 10)
    operation = await shop.open(MATRIX, small_operation(), START)
    file = _csv(tmp_path, *(f"{'' if n % 2 else f'K-{n}'},N{n},{n}" for n in range(50)))

    def stop(progress: ImportProgress) -> None:
        if progress.added == 30:
            raise Stopped

    with pytest.raises(Stopped):
        await _import(shop, operation, file, watch=stop)
    assert await _tokens(shop) == 30
    seen: list[ImportProgress] = []
    done = await _import(shop, operation, file, watch=seen.append)
    assert [one.added for one in seen] == [40, 50]
    assert [round(one.share, 2) for one in seen] == [0.82, 1.0]
    assert (done.added, await _tokens(shop)) == (50, 50)
    async with shop.database.reading(shop.client_id) as unit:
        (run,) = (await unit.session.scalars(select(RunRow))).all()
        assert (run.kind, run.state, run.moved) == ("import", "done", 50)


async def test_an_ended_operation_takes_no_import(shop: Shop, tmp_path: Path) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    with pytest.raises(OperationClosed, match="has ended"):
        await _import(shop, operation, _csv(tmp_path, "K-1,Ada,5"), now=END)
    assert await _tokens(shop) == 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", "x", "neither .csv nor .jsonl"),
        ("a.csv", "serial,name\nC-1,Ada\n", "the server makes serials"),
        ("a.csv", "name,name\n", "stands twice"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused(tmp_path: Path, name: str, content: str, says: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(TableError, match=says):
        open_import(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"gone\.jsonl"):
        open_import(tmp_path / "gone.jsonl")
