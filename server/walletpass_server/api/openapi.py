"""What explains the API: the OpenAPI document, a page to read, and each type of problem."""

from __future__ import annotations

import json
from functools import cache
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import PathParameter

from walletpass.errors import NotFound
from walletpass_server.api.languages import language_of
from walletpass_server.api.problems import TITLES
from walletpass_server.api.reference import problem_page, reference_page

_HTML = "text/html; charset=utf-8"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@get("/openapi.json", scope=None, answers="application/json")
async def openapi() -> Response[bytes]:
    """Read this document. No key is needed."""
    return Response(_json(), media_type="application/json", headers=_kept())


@get("/docs", scope=None, answers="text/html", include_in_schema=False)
async def docs() -> Response[str]:
    """The same as a page."""
    return Response(
        _page(), media_type="text/html; charset=utf-8", headers={**_kept(), "content-security-policy": _POLICY}
    )


@get("/problems/{problem:str}", scope=None, refuses=(NotFound,), answers="text/html")
async def explain_problem(
    problem: Annotated[str, PathParameter(max_length=64, description="The last part of its type.")],
    request: Request[Any, Any, Any],
) -> Response[str]:
    """Explain a type of problem, in French or English."""
    if problem not in TITLES:
        raise NotFound("there is no such type of problem: see /v1/docs for all")
    page = problem_page(problem, language_of(request), _document())
    return Response(page, media_type=_HTML, headers={"content-security-policy": _POLICY})


@cache
def _document() -> dict[str, Any]:
    from walletpass_server.api.document import build
    from walletpass_server.api.routes import api

    return build(api())


@cache
def _json() -> bytes:
    return json.dumps(_document(), ensure_ascii=False).encode()


@cache
def _page() -> str:
    return reference_page(_document())


def _kept() -> dict[str, str]:
    return {"cache-control": "public, max-age=300"}


HANDLERS = (openapi, docs, explain_problem)
