"""Tokens: one for each person, each the link to one personal pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import NotFound, OperationClosed, TokenRevoked, ValuesError, WalletPassError
from walletpass_server.api import paging
from walletpass_server.api.languages import language_of
from walletpass_server.api.once import Made, once
from walletpass_server.api.passes import PassOut
from walletpass_server.api.problems import detail_of, type_of
from walletpass_server.api.reaching import reach_operation, reach_operation_row, reach_pass, reach_token
from walletpass_server.api.shapes import (
    LINE,
    PAGE,
    Cursor,
    ExternalId,
    IdempotencyKey,
    Limit,
    Page,
    PathId,
    Reason,
    Shape,
    Values,
)
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.keys import Key
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.own_pictures import Given, own_pictures
from walletpass_server.engine.tokens import (
    NewToken,
    check_external_id,
    check_values,
    find_token,
    mint,
    reveal,
    revoke_on_record,
    state_of,
)
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import TokenRow
from walletpass_server.persistence.unit_of_work import Unit

LARGEST_BATCH = 500
"""Tokens of one request; a file of many more goes by an import."""
_ABOUT: Any = {
    "id": 398,
    "operation_id": 7,
    "external_id": "K-1",
    "state": "new",
    "pass_id": None,
    "created_at": "2027-03-20T08:00:00Z",
    "opened_at": None,
    "revoked_at": None,
}
_LINKS: Any = {
    "token": "Zk9xQ2mP7s_LwR4tB0yN1vCdE8u",
    "link": "https://passes.example.com/p/Zk9xQ2mP7s_LwR4tB0yN1vCdE8u",
    "apple": "https://passes.example.com/p/Zk9xQ2mP7s_LwR4tB0yN1vCdE8u.pkpass",
    "google": "https://passes.example.com/p/Zk9xQ2mP7s_LwR4tB0yN1vCdE8u/google",
}


class TokenIn(Shape):
    """A token to make."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"external_id": "K-1", "values": {"name": "Ada", "points": 120}}]}
    )

    external_id: ExternalId | None = None
    """What you call the person; the same again in an operation gives the same token, with the values of before."""
    values: Values = Field(default_factory=dict)
    """Of the variables of the pass."""


class TokenBatch(Shape):
    """Tokens to make; a row at fault is answered as such and stops no other."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rows": [{"external_id": "K-1", "values": {}}]}]})

    rows: Annotated[list[TokenIn], Field(min_length=1, max_length=LARGEST_BATCH)]


class RevokeIn(Shape):
    """Why a token is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "sent to the wrong address"}]})

    reason: Reason = "token revoked"


class TokenOut(Shape):
    """A token, without its text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ABOUT]})

    id: int
    operation_id: int
    external_id: str | None
    state: str
    """new, opened or revoked."""
    pass_id: int | None
    """The pass that its first opening gave."""
    created_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: TokenRow) -> TokenOut:
        """From its row."""
        return cls(
            id=row.id,
            operation_id=row.operation_id,
            external_id=row.external_id,
            state=state_of(row),
            pass_id=row.pass_id,
            created_at=row.created_at,
            opened_at=row.opened_at,
            revoked_at=row.revoked_at,
        )


class LinksOut(Shape):
    """A token in clear. Whoever has it has the pass: treat it as a secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINKS]})

    token: str
    link: str
    """For every phone and computer."""
    apple: str
    """Always the Apple pass."""
    google: str
    """Always on to Google's save link."""

    @classmethod
    def of(cls, public_url: str, text: str) -> LinksOut:
        """The links of a token."""
        link = f"{public_url}/p/{text}"
        return cls(token=text, link=link, apple=f"{link}.pkpass", google=f"{link}/google")


class TokenMade(Shape):
    """A token that was made, or that its external id had before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 398, "links": _LINKS}]})

    id: int
    links: LinksOut


class RowOut(Shape):
    """What became of one row: a token, or why there is none."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"row": 0, "id": 398, "links": _LINKS, "problem": None, "detail": None}]}
    )

    row: int
    """Place among the rows, from 0."""
    id: int | None = None
    links: LinksOut | None = None
    problem: str | None = None
    """The type of problem, as in problem+json."""
    detail: str | None = None


class BatchOut(Shape):
    """What became of each row, in the order of the request."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rows": [{"row": 0, "id": 398, "links": _LINKS}]}]})

    rows: list[RowOut]


@get("/operations/{operation_id:int}/tokens", scope="tokens:read", refuses=(NotFound,))
async def list_tokens(
    operation_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    external_id: Annotated[
        str | None, QueryParameter(max_length=200, pattern=LINE, description="Of this person.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[TokenOut]:
    """List the tokens of an operation, the newest first."""
    async with on.database.reading(caller.client_id) as unit:
        await reach_operation_row(unit, caller, operation_id)
        query = select(TokenRow).where(TokenRow.operation_id == operation_id)
        if external_id is not None:
            query = query.where(TokenRow.external_id == external_id)
        return await paging.page(unit, query, TokenRow.id, cursor, limit, TokenOut.of)


@post(
    "/operations/{operation_id:int}/tokens",
    status_code=201,
    scope="tokens:write",
    refuses=(NotFound, OperationClosed, ValuesError),
)
async def create_token(
    operation_id: PathId,
    data: JSONBody[TokenIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
) -> TokenMade:
    """Make a token for one person, or find the one that the external id has."""

    async def work(unit: Unit) -> int:
        async def make() -> Made:
            live = await open_operation(unit, caller, operation_id)
            filled = await own_pictures(unit, live, [data.values])
            return {"id": (await _mint(unit, on, live, [_read(live, data, filled)]))[0][0]}

        made, _ = await once(unit, caller, idempotency_key, (f"POST tokens {operation_id}", data), make)
        return int(made["id"])

    token_id = await on.writer.write(caller.client_id, work)
    return await _made(on, caller, token_id)


@post(
    "/operations/{operation_id:int}/tokens/batch",
    status_code=200,
    scope="tokens:write",
    refuses=(NotFound, OperationClosed),
)
async def create_tokens(
    operation_id: PathId,
    data: JSONBody[TokenBatch],
    request: Request[Any, Any, Any],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
) -> BatchOut:
    """Make tokens for up to 500 people. External ids make it repeatable: one that has a token keeps it."""

    async def work(unit: Unit) -> BatchOut:
        live = await open_operation(unit, caller, operation_id)
        good: dict[int, NewToken] = {}
        rows: dict[int, RowOut] = {}
        filled = await own_pictures(unit, live, [row.values for row in data.rows])
        for number, row in enumerate(data.rows):
            try:
                good[number] = _read(live, row, filled)
            except WalletPassError as fault:
                kind = type_of(type(fault))
                rows[number] = RowOut(row=number, problem=kind, detail=detail_of(kind, fault, language_of(request))[0])
        minted = await _mint(unit, on, live, list(good.values()))
        for number, (token_id, text) in zip(good, minted, strict=True):
            rows[number] = RowOut(row=number, id=token_id, links=LinksOut.of(on.settings.public_url, text))
        return BatchOut(rows=[rows[number] for number in sorted(rows)])

    return await on.writer.write(caller.client_id, work)


@get("/tokens/{token_id:int}", scope="tokens:read", refuses=(NotFound,))
async def read_token(token_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> TokenOut:
    """Read a token, without its text."""
    async with on.database.reading(caller.client_id) as unit:
        return TokenOut.of(await reach_token(unit, caller, token_id))


@get("/tokens/{token_id:int}/links", scope="links:read", refuses=(NotFound,))
async def read_links(token_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> LinksOut:
    """Show the links of a token again."""
    return (await _made(on, caller, token_id)).links


@post("/tokens/{token_id:int}/revoke", status_code=200, scope="tokens:write", refuses=(NotFound,))
async def revoke_token(
    token_id: PathId, data: JSONBody[RevokeIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> TokenOut:
    """Take a token back for good. The pass that it gave becomes void. Again, it changes nothing."""

    async def work(unit: Unit) -> TokenRow:
        await reach_token(unit, caller, token_id)
        await revoke_on_record(unit, token_id, caller.actor, utc_now(), reason=data.reason)
        return await reach_token(unit, caller, token_id)

    return TokenOut.of(await on.writer.write(caller.client_id, work))


@post(
    "/operations/{operation_id:int}/passes",
    status_code=201,
    scope="passes:write",
    refuses=(NotFound, OperationClosed, ValuesError, TokenRevoked),
)
async def issue_pass(
    operation_id: PathId,
    data: JSONBody[TokenIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
) -> Response[PassOut]:
    """
    Issue a pass for one person now, instead of at the first opening of a link.

    Its links are those of its token: see `external_id` in the list of tokens. An external id that has a pass gives it.
    """
    made = await create_token.fn(operation_id, data, on, caller, idempotency_key)
    opened = await on.desk.open(made.links.token)
    async with on.database.reading(caller.client_id) as unit:
        row = await reach_pass(unit, caller, opened.pass_id)
    return Response(PassOut.of(row), status_code=201)


async def _made(on: Platform, caller: Key, token_id: int) -> TokenMade:
    async with on.database.reading(caller.client_id) as unit:
        await reach_token(unit, caller, token_id)
        text = await reveal(unit, on.keyring, token_id)
    return TokenMade(id=token_id, links=LinksOut.of(on.settings.public_url, text))


async def open_operation(unit: Unit, caller: Key, operation_id: int) -> LiveOperation:
    """An operation that tokens may be made for; raises NotFound or OperationClosed."""
    live = await reach_operation(unit, caller, operation_id)
    if utc_now() >= live.operation.end:
        raise OperationClosed(f"{live.row.name}: has ended: its tokens would give no pass")
    return live


def _read(live: LiveOperation, row: TokenIn, filled: Callable[[Given], Given]) -> NewToken:
    external_id = check_external_id(row.external_id) if row.external_id is not None else None
    return NewToken(check_values(live)(filled(row.values)), external_id)


async def _mint(unit: Unit, on: Platform, live: LiveOperation, new: list[NewToken]) -> list[tuple[int, str]]:
    """Ids and texts, in the order asked."""
    texts = await mint(unit, on.keyring, live, new, utc_now())
    return [((await find_token(unit, text)).id, text) for text in texts]


HANDLERS = (list_tokens, create_token, create_tokens, read_token, read_links, revoke_token, issue_pass)
