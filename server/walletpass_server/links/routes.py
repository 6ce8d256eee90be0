"""The routes of links, joined."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from walletpass.errors import NotFound, WalletPassError
from walletpass_server.http.failures import refused_by_framework
from walletpass_server.links import answers
from walletpass_server.links.operation_link import (
    GET,
    operation_code,
    operation_google,
    operation_link,
    operation_picture,
)
from walletpass_server.links.personal_link import personal_code, personal_google, personal_link
from walletpass_server.links.refusals import refused
from walletpass_server.links.shelf import shelf_of
from walletpass_server.links.visits import AnyRequest


@route("/badges/{name:str}", http_method=GET)
async def badge(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """An official badge of the operator's folder."""
    found = shelf_of(request).badges.named(name)
    if found is None:
        raise NotFound("there is no such badge")
    return answers.picture(found.content, found.media_type)


def nowhere(request: AnyRequest, error: NotFoundException) -> Response[Any]:
    """For the application: a path that no route fits, as a page where a person may have cut or glued a link."""
    if request.url.path.startswith(("/o/", "/p/", "/badges/")):
        return refused(request, NotFound("no link goes so deep"))
    return refused_by_framework(request, error)


def routes() -> list[ControllerRouterHandler]:
    """What is joined to the application."""
    handlers = [
        operation_link, operation_google, operation_code, operation_picture,
        personal_link, personal_google, personal_code, badge,
    ]  # fmt: skip
    return [
        Router(
            "/",
            route_handlers=handlers,
            exception_handlers={WalletPassError: refused},
        )
    ]
