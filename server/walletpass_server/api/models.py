"""Models: designs of passes, checked and drawn."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter
from pydantic import ConfigDict
from sqlalchemy import select

from walletpass.errors import (
    BarcodeError,
    ModelError,
    NotFound,
    PictureError,
    QuotaReached,
    UsageError,
    VersionDiffers,
    VersionNeeded,
    WalletPassError,
)
from walletpass.files import check_bounds
from walletpass.model import PassModel
from walletpass_server.api import paging
from walletpass_server.api.assets import picture_bytes
from walletpass_server.api.etags import etag, require_match
from walletpass_server.api.outlines import Outline
from walletpass_server.api.shapes import PAGE, Cursor, Document, IfMatch, Limit, Page, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.designs import find_model, load_model, save_model
from walletpass_server.engine.keys import Key
from walletpass_server.engine.quotas import allow_model
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import ModelRow
from walletpass_server.persistence.unit_of_work import Unit

DesignName = Annotated[
    str, PathParameter(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", description="Small letters, digits, hyphens.")
]
_DOCUMENT: Any = {
    "model": "active",
    "pass_type": "coupon",
    "function": "active coupon",
    "organization": "The shop",
    "description": "A coupon",
    "colors": {"background": "#1f2933"},
    "fields": {"primary": [{"key": "offer", "label": "Offer", "value": "10 %"}]},
}


class ModelIn(Shape):
    """A Model as docs/model.md describes it; pictures are named by the id of their asset."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document": _DOCUMENT}]})

    document: Annotated[Document, Outline(PassModel, optional=["model"])]


class ModelOut(Shape):
    """A Model as it is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "active",
                    "pass_type": "coupon",
                    "content_hash": "5e884898da28047151d0e56f8dc62927",
                    "document": _DOCUMENT,
                    "created_at": "2027-03-20T08:00:00Z",
                    "changed_at": "2027-03-20T08:00:00Z",
                }
            ]
        }
    )

    name: str
    pass_type: str
    content_hash: str
    """Also its ETag."""
    document: dict[str, Any]
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, row: ModelRow) -> ModelOut:
        """From its row."""
        return cls(
            name=row.name,
            pass_type=row.pass_type,
            content_hash=row.content_hash,
            document=row.content["document"],
            created_at=row.created_at,
            changed_at=row.changed_at,
        )


class FindingOut(Shape):
    """What a check says."""

    severity: str
    """error, warning or note."""
    rule: str
    where: str
    says: str
    source: str
    hint: str


class CheckOut(Shape):
    """What people should know before passes are made from a Model."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"fit": True, "findings": []}]})

    fit: bool
    """Whether both wallets take its passes."""
    findings: list[FindingOut]


class LossOut(Shape):
    """What becomes of a part of a Model in a wallet."""

    field: str
    provider: str
    action: str
    """exact, adapted, moved, dropped or rejected."""
    reason: str


class LossesOut(Shape):
    """What becomes of each part of a Model in each wallet: nothing is lost silently."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"entries": []}]})

    entries: list[LossOut]


@get("/models", scope="models:read")
async def list_models(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: Cursor = None, limit: Limit = PAGE
) -> Page[ModelOut]:
    """List the Models, the newest first."""
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, select(ModelRow), ModelRow.id, cursor, limit, ModelOut.of)


@get("/models/{name:str}", scope="models:read", tagged=True, refuses=(NotFound,))
async def read_model(
    name: DesignName, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Response[ModelOut]:
    """Read a Model."""
    async with on.database.reading(caller.client_id) as unit:
        row = await find_model(unit, name)
    return Response(ModelOut.of(row), headers={"etag": etag(row.content_hash)})


@put(
    "/models/{name:str}",
    scope="models:write",
    tagged=True,
    refuses=(NotFound, ModelError, PictureError, QuotaReached, UsageError, VersionDiffers, VersionNeeded),
)
async def write_model(
    name: DesignName,
    data: JSONBody[ModelIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    if_match: IfMatch = None,
    if_none_match: Annotated[
        Literal["*"] | None, HeaderParameter(name="If-None-Match", description="`*`: only if there is none yet.")
    ] = None,
) -> Response[ModelOut]:
    """
    Keep a Model under its name. One that exists is replaced only by whoever names its version in If-Match.

    Matrices that were made before do not change: they hold copies.
    """
    if data.document.get("model", name) != name:
        raise UsageError(f"the document is of the Model {str(data.document['model'])[:80]}, the address of {name}")
    async with on.database.reading(caller.client_id) as unit:
        model = await read_document(unit, {**data.document, "model": name})

    async def work(unit: Unit) -> ModelRow:
        now = utc_now()
        await allow_model(unit, name)
        before = await unit.session.scalar(select(ModelRow).where(ModelRow.name == name).with_for_update())
        was = None if before is None else before.content_hash
        if was is not None and was != model.content_hash:
            if if_none_match is not None:
                raise VersionDiffers(f"there is a Model {name} already: read it, then replace it with If-Match")
            if if_match is None:
                raise VersionNeeded(f"there is a Model {name} already: send If-Match with its ETag to replace it")
        require_match(if_match, etag(was))
        await save_model(unit, model, now)
        if was != model.content_hash:
            told = {"content_hash": was} if was else None
            after = {"content_hash": model.content_hash}
            await record(unit, caller.actor, "model.saved", f"model:{name}", now, before=told, after=after)
        return await find_model(unit, name)

    row = await on.writer.write(caller.client_id, work)
    return Response(ModelOut.of(row), headers={"etag": etag(row.content_hash)})


@get("/models/{name:str}/check", scope="models:read", refuses=(NotFound,))
async def check_model(name: DesignName, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> CheckOut:
    """Check a Model: what each wallet refuses, crops or cuts short."""
    from walletpass.checking import check
    from walletpass.findings import failed

    model = await _load(on, caller, name)
    found = await asyncio.to_thread(check, model)
    return CheckOut(fit=not failed(found), findings=[FindingOut(**each.as_dict()) for each in found])


@get("/models/{name:str}/losses", scope="models:read", refuses=(NotFound,))
async def read_losses(name: DesignName, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> LossesOut:
    """Read what becomes of each part of a Model in each wallet."""
    model = await _load(on, caller, name)
    entries = await asyncio.to_thread(_losses, model)
    return LossesOut(entries=[LossOut(**each) for each in entries])


@get(
    "/models/{name:str}/preview.svg",
    scope="models:read",
    refuses=(NotFound, UsageError, PictureError, BarcodeError, WalletPassError),
    answers="image/svg+xml",
)
async def draw_model(
    name: DesignName,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    wallet: Annotated[Literal["apple", "google"], QueryParameter(description="apple or google.")] = "apple",
    language: Annotated[str | None, QueryParameter(max_length=35, description="One of the Model's.")] = None,
) -> Response[str]:
    """Draw a pass of a Model with sample values, as the wallet would lay it out."""
    from walletpass.preview.models import draw_model as draw
    from walletpass.samples import SERIAL, sample_values

    model = await _load(on, caller, name)
    if wallet not in model.wallets or (language is not None and language not in model.languages):
        raise UsageError(
            f"the Model is for {', '.join(model.wallets)} in {', '.join(model.languages)}: choose of those"
        )
    drawing = await asyncio.to_thread(draw, model, wallet, SERIAL, sample_values(model), language=language)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
    return Response(drawing.svg, media_type="image/svg+xml", headers={"content-security-policy": policy})


async def read_document(unit: Unit, document: dict[str, Any]) -> PassModel:
    """
    A Model from a request, with the bytes of its pictures.

    Raises:
        ModelError: It is not valid.
        NotFound: It names an asset that the client does not have.
    """
    check_bounds(document, "document")
    model = PassModel.read(document, name="document")
    named = {image.file for _, image in model.pictures() if image.file}
    pictures = await picture_bytes(unit, named)
    return model.with_pictures(pictures.__getitem__)


async def _load(on: Platform, caller: Key, name: str) -> PassModel:
    async with on.database.reading(caller.client_id) as unit:
        return await load_model(unit, name)


def _losses(model: PassModel) -> list[dict[str, str]]:
    from walletpass.apple.compile.report import apple_report
    from walletpass.google import GoogleCompiler

    entries = list(apple_report(model).entries) if "apple" in model.wallets else []
    if "google" in model.wallets:
        entries += GoogleCompiler(model, issuer_id="3388000000000000001").report.entries
    return [entry.as_dict() for entry in entries]


HANDLERS = (list_models, read_model, write_model, check_model, read_losses, draw_model)
