"""
Tokens of links: minted by the server alone, kept as a digest to look up and sealed to show again, revoked for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import Select, select

from walletpass.errors import NotFound, ValuesError
from walletpass.lifecycle import Pass, void
from walletpass.model.variables import Value, Values
from walletpass.tokens import digest, looks_like_token, new_token
from walletpass.values import is_readable
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.chunks import carry_out
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.state import load_one
from walletpass_server.engine.values import to_json
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import insert_new
from walletpass_server.persistence.tables import PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

MAX_EXTERNAL_ID = 200
"""Longest external id, in characters."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """
    A token to mint.

    Attributes:
        values: Of variables, already read by `check_values`.
        external_id: What the client calls the one it is for; the same again in an operation gives the same token.
        origin: How it comes to be: api, import, or link for whoever follows an operation link.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    external_id: str | None = None
    origin: Literal["api", "import", "link"] = "api"


@dataclass(frozen=True, slots=True)
class Token:
    """
    A token as it is kept.

    Attributes:
        id, client_id, operation_id: Its row, and whose it is.
        external_id: What the client calls the one it is for.
        revoked_at: When it was taken back.
        pass_id, serial: The pass it gave; None before its first opening.
        voided_at: When that pass became void.
        model: Key of the Model that it has.
    """

    id: int
    client_id: int
    operation_id: int
    external_id: str | None
    revoked_at: datetime | None
    pass_id: int | None
    serial: str | None
    voided_at: datetime | None
    model: str | None


def check_values(live: LiveOperation) -> Callable[[Mapping[str, object]], dict[str, Value]]:
    """
    What reads the values of a future pass, to be kept when many are read; it raises ValuesError.

    They are checked as issuing will check them, so that a token that was minted can be opened: all that the start Model
    needs, and what later Models may show.
    """
    start = live.matrix.models[live.matrix.start].variables
    variables = {
        name: start.get(name) or variable.model_copy(update={"required": False})
        for name, variable in live.matrix.variables.items()
    }
    checker = Values(variables, live.operation.tz)

    def read(given: Mapping[str, object]) -> dict[str, Value]:
        checked = checker.check(given, "")
        return {name: checked[name] for name, value in given.items() if value is not None}

    return read


def check_external_id(external_id: str) -> str:
    """An external id as it may be; raises ValuesError."""
    if not is_readable(external_id, MAX_EXTERNAL_ID):
        raise ValuesError({"external_id": f"{external_id[:40]!r} is not 1 to {MAX_EXTERNAL_ID} printable characters"})
    return external_id


async def mint(unit: Unit, keyring: Keyring, live: LiveOperation, new: Sequence[NewToken], now: datetime) -> list[str]:
    """
    Tokens, in the order asked. An external id that has one keeps it, with the values it came with.

    Args:
        unit: Of the operation's client.
        keyring: Seals them.
        live: The operation.
        new: Values as `check_values` gives them.
        now: The instant.
    """
    known = await _known(unit, keyring, live, [one.external_id for one in new if one.external_id is not None])
    minted: dict[str, str] = {}
    fresh: list[tuple[str, NewToken]] = []
    texts: list[str] = []
    for one in new:
        key = one.external_id
        text = (known.get(key) or minted.get(key)) if key is not None else None
        if text is None:
            text = new_token()
            fresh.append((text, one))
            if key is not None:
                minted[key] = text
        texts.append(text)
    added = await insert_tokens(unit, keyring, live, fresh, now)
    if added == len(fresh):
        return texts
    # Another transaction minted some of the same external ids meanwhile: theirs count.
    theirs = await _known(unit, keyring, live, list(minted))
    return [theirs.get(one.external_id or "", text) for one, text in zip(new, texts, strict=True)]


async def insert_tokens(
    unit: Unit, keyring: Keyring, live: LiveOperation, fresh: Sequence[tuple[str, NewToken]], now: datetime
) -> int:
    """Rows of new tokens; one whose external id is taken is left out. Returns how many were written."""
    return await insert_rows(unit, rows_of(keyring, live, await unit.new_ids(len(fresh)), fresh, now))


def rows_of(
    keyring: Keyring, live: LiveOperation, ids: Sequence[int], fresh: Iterable[tuple[str, NewToken]], now: datetime
) -> list[dict[str, Any]]:
    """The rows of new tokens, sealed; `ids` are new ones, at least as many."""
    client_id, operation_id = live.row.client_id, live.row.id
    return [
        {
            "client_id": client_id,
            "id": row_id,
            "operation_id": operation_id,
            "digest": digest(text),
            "sealed": keyring.seal(text.encode(), "token", "sealed", row_id),
            "external_id": one.external_id,
            "variables": to_json(one.values),
            "tags": {},
            "origin": one.origin,
            "created_at": now,
        }
        for row_id, (text, one) in zip(ids, fresh, strict=False)
    ]


async def insert_rows(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write `rows_of`, but those whose external id is taken; returns how many were written."""
    if not rows:
        return 0
    return await insert_new(unit.connection, TokenRow, rows, conflict=("client_id", "operation_id", "external_id"))


async def find_token(unit: Unit, text: str) -> Token:
    """
    A token by its text.

    Args:
        unit: Of a client, or of ALL_CLIENTS where a link is opened: nobody is signed in there.
        text: As it stands in the link.

    Raises:
        NotFound: There is none such.
    """
    found = (await find_tokens(unit, [text])).get(text)
    if found is None:
        raise unknown_token()
    return found


async def find_tokens(unit: Unit, texts: Iterable[str]) -> dict[str, Token]:
    """Those of the texts that are tokens, in one query; else as `find_token`."""
    by_digest = {digest(text): text for text in texts if looks_like_token(text)}
    if not by_digest:
        return {}
    query = _FOUND.where(TokenRow.digest.in_(by_digest))
    if unit.client_id != ALL_CLIENTS:
        query = query.where(TokenRow.client_id == unit.client_id)
    rows = (await unit.connection.execute(query)).all()
    return {by_digest[row[0]]: Token(*row[1:]) for row in rows}


async def tokens_by_id(unit: Unit, ids: Sequence[int]) -> list[Token]:
    """Tokens of the unit's client."""
    query = _FOUND.where(TokenRow.client_id == unit.client_id, TokenRow.id.in_(ids))
    return [Token(*row[1:]) for row in (await unit.connection.execute(query)).all()]


async def keep_tags(unit: Unit, token_id: int, tags: Mapping[str, str]) -> None:
    """Source tags of the link followed: the first ones stay."""
    row = await unit.session.scalar(select(TokenRow).where(TokenRow.id == token_id).with_for_update())
    if row is not None and not row.tags:
        row.tags = dict(tags)
        await unit.session.flush()


def state_of(row: Any) -> str:
    """What became of a token, by the columns of its row: new, opened or revoked."""
    return "revoked" if row.revoked_at else "opened" if row.pass_id else "new"


def unknown_token() -> NotFound:
    """What the opener of a link is told that is none of ours."""
    return NotFound("this link gives no pass: check that it was copied whole")


async def reveal(unit: Unit, keyring: Keyring, token_id: int) -> str:
    """
    The text of a token of the unit's client.

    Raises:
        NotFound: There is none such.
        SecretUnreadable: No key opens it.
    """
    sealed = await unit.session.scalar(select(TokenRow.sealed).where(TokenRow.id == token_id))
    if sealed is None:
        raise NotFound(f"there is no token {token_id}: look it up in the list of tokens")
    return keyring.unseal(sealed, "token", "sealed", token_id).decode()


async def revoke(unit: Unit, token_id: int, now: datetime, *, reason: str = "token revoked") -> None:
    """
    Take a token back for good: it gives no pass any more, and the one that it gave becomes void. May be repeated.

    Raises:
        NotFound: The unit's client has none such.
    """
    row = await unit.session.scalar(select(TokenRow).where(TokenRow.id == token_id).with_for_update())
    if row is None:
        raise NotFound(f"there is no token {token_id}: look it up in the list of tokens")
    if row.revoked_at is None:
        row.revoked_at = now
        await unit.session.flush()
    if row.pass_id is None:
        return
    live = await load_operation(unit, row.operation_id)
    stored = await load_one(unit, live, row.pass_id)
    if stored is not None:
        await carry_out(unit, live, stored, partial(_void, live, now, reason), now)


async def revoke_on_record(unit: Unit, token_id: int, actor: Actor, now: datetime, *, reason: str) -> None:
    """The same, and the log of changes says who did it; raises NotFound."""
    revoked_at = await unit.session.scalar(select(TokenRow.revoked_at).where(TokenRow.id == token_id))
    await revoke(unit, token_id, now, reason=reason or "token revoked")
    if revoked_at is None:
        await record(unit, actor, "token.revoked", f"token:{token_id}", now, after={"revoked": True})


def _void(live: LiveOperation, now: datetime, reason: str, state: Pass) -> Any:
    return void(*live.rules, state, now, reason)


async def _known(unit: Unit, keyring: Keyring, live: LiveOperation, external_ids: Sequence[str]) -> dict[str, str]:
    """External id to the token it has."""
    if not external_ids:
        return {}
    query = select(TokenRow.external_id, TokenRow.id, TokenRow.sealed).where(
        TokenRow.client_id == live.row.client_id,
        TokenRow.operation_id == live.row.id,
        TokenRow.external_id.in_(external_ids),
    )
    rows = (await unit.connection.execute(query)).all()
    return {key: keyring.unseal(sealed, "token", "sealed", row_id).decode() for key, row_id, sealed in rows if key}


_FOUND: Select[*tuple[Any, ...]] = select(
    TokenRow.digest, TokenRow.id, TokenRow.client_id, TokenRow.operation_id, TokenRow.external_id, TokenRow.revoked_at,
    TokenRow.pass_id, PassRow.serial, PassRow.voided_at, PassRow.model,
).outerjoin(
    PassRow, (PassRow.client_id == TokenRow.client_id) & (PassRow.id == TokenRow.pass_id)
)  # fmt: skip
