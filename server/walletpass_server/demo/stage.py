"""What a rehearsal starts from: a client with credentials, an operation in force, three people with links."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import select

from walletpass.errors import NotFound
from walletpass.files import load_matrix
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass_server.bootstrap import Platform
from walletpass_server.demo.credentials import NAME, keep_credentials
from walletpass_server.engine.clients import create_client, find_client
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.issuing import open_token
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import create_operation, find_operation
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.persistence.tables import PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

CLIENT = "demo"
OPERATION = "bean-card"
PEOPLE = ("Ada", "Ben", "Cleo")


@dataclass(frozen=True, slots=True)
class Person:
    """
    Somebody with a link of their own.

    Attributes:
        name: As their pass shows it.
        link: The address of their pass.
        serial: Of their pass, which is issued, and was shown to nobody yet.
        pass_id: Its row.
    """

    name: str
    link: str = field(repr=False)
    serial: str
    pass_id: int


@dataclass(frozen=True, slots=True)
class Stage:
    """
    What is there when it begins.

    Attributes:
        client_id: The client.
        live: Its operation.
        link: The operation link.
        people: Those with links of their own.
    """

    client_id: int
    live: LiveOperation
    link: str
    people: Sequence[Person]


async def set_stage(on: Platform, folder: Path, token_url: str, now: datetime) -> Stage:
    """
    Make what is missing. Done again in the same folder, it finds what is there.

    Args:
        on: The platform of the folder.
        folder: With the credentials.
        token_url: Where the service account gets its access tokens.
        now: The instant.
    """
    matrix = _design(folder)
    client_id = await on.database.run(ALL_CLIENTS, lambda unit: _client(unit, now))

    async def prepare(unit: Unit) -> LiveOperation:
        await keep_credentials(unit, on.keyring, folder, token_url, now)
        return await _operation(unit, matrix, now)

    live = await on.database.run(client_id, prepare)
    people = await on.database.run(client_id, lambda unit: _people(unit, on, live, now))
    return Stage(client_id, live, f"{on.settings.public_url}/o/{live.row.link}", people)


def _design(folder: Path) -> Matrix:
    """The design that comes with the package, copied so that it can be looked at."""
    target = folder / "design"
    with as_file(files(__package__) / "design") as source:
        shutil.copytree(source, target, dirs_exist_ok=True)
    return load_matrix(target / "matrix-card.yaml")


async def _client(unit: Unit, now: datetime) -> int:
    try:
        return (await find_client(unit, CLIENT)).id
    except NotFound:
        return (await create_client(unit, CLIENT, "Harbour Roasters", now)).id


async def _operation(unit: Unit, matrix: Matrix, now: datetime) -> LiveOperation:
    try:
        return await find_operation(unit, name=OPERATION)
    except NotFound:
        await save_matrix(unit, matrix, now)
    operation = Operation.model_validate(
        {
            "operation": OPERATION,
            "matrix": matrix.matrix,
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(days=365)).isoformat(),
            "zone": "Europe/Paris",
            "environment": "test",
        }
    )
    await create_operation(unit, operation, now, apple_credential=NAME, google_credential=NAME)
    return await find_operation(unit, name=OPERATION)


async def _people(unit: Unit, on: Platform, live: LiveOperation, now: datetime) -> list[Person]:
    new = [NewToken({"name": name}, external_id=name.lower()) for name in PEOPLE]
    found = []
    for name, text in zip(PEOPLE, await mint(unit, on.keyring, live, new, now), strict=True):
        opened = await open_token(unit, on.keyring, (await find_token(unit, text)).id, now)
        serial = await unit.session.scalar(select(PassRow.serial).where(PassRow.id == opened.pass_id))
        found.append(Person(name, f"{on.settings.public_url}/p/{text}", serial or opened.serial, opened.pass_id))
    return found
