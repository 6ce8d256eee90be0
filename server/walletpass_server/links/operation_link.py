"""`/o/<link>`: for everybody. Looking issues nothing; a click makes a token and leads to its pass."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from walletpass.errors import NotFound, OperationClosed, TokenNeeded, WalletStopped
from walletpass.lifecycle import Wallet
from walletpass_server.engine.anonymous import Visitor
from walletpass_server.engine.traffic import belongs
from walletpass_server.http.qr import Form
from walletpass_server.links import answers
from walletpass_server.links.clicks import require_offered, take_token
from walletpass_server.links.devices import Device
from walletpass_server.links.openings import tell_opened
from walletpass_server.links.pages import answer, landing
from walletpass_server.links.pictures import MEDIA_TYPE, picture_named
from walletpass_server.links.refusals import Place
from walletpass_server.links.shelf import shelf_of
from walletpass_server.links.showcase import Showcase
from walletpass_server.links.tags import as_query, read_tags
from walletpass_server.links.visitors import network_of, remember, remembered_token
from walletpass_server.links.visits import AnyRequest, visit_of

PKPASS = ".pkpass"
GET = [HttpMethod.GET, HttpMethod.HEAD]

_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")


@route("/o/{link:str}", http_method=GET)
async def operation_link(request: AnyRequest, link: FromPath[str]) -> Response[bytes]:
    """The page, or the Apple pass where `.pkpass` follows the link."""
    if link.endswith(PKPASS):
        return await _click(request, link.removesuffix(PKPASS), "apple")
    showcase = await _find(request, link)
    visit = visit_of(request)
    shelf = shelf_of(request)
    returning = remembered_token(visit.cookies, shelf.on.keyring, link) is not None
    _require_open(showcase, datetime.now(UTC), returning=returning)
    await tell_opened(shelf, showcase, visit)
    if visit.device is Device.MAC and not visit.ahead and "apple" in showcase.wallets:
        return answers.see_other(f"/o/{link}{PKPASS}{as_query(visit.tags)}")
    page = landing(shelf, showcase, visit, f"/o/{link}", model=showcase.matrix.start)
    return answer(page, personal=returning, etag=visit.etag)


@route("/o/{link:str}/google", http_method=GET)
async def operation_google(request: AnyRequest, link: FromPath[str]) -> Response[bytes]:
    """A token, and onward to its redirect to Google."""
    return await _click(request, link, "google")


@route(["/o/{link:str}/qr.png", "/o/{link:str}/qr.svg"], http_method=GET)
async def operation_code(
    request: AnyRequest,
    link: FromPath[str],
) -> Response[bytes]:
    """The QR code of the link."""
    await _find(request, link)
    return code_of(request, f"/o/{link}", personal=False)


@route("/o/{link:str}/{name:str}", http_method=GET)
async def operation_picture(
    request: AnyRequest,
    link: FromPath[str],
    name: FromPath[str],
) -> Response[bytes]:
    """The picture of a pass."""
    found = picture_named(await _find(request, link), name)
    drawn = await shelf_of(request).pictures.draw(found) if found else None
    if drawn is None or not drawn.content:
        raise NotFound("there is no such picture")
    return answers.picture(drawn.content, MEDIA_TYPE)


async def _click(request: AnyRequest, link: str, wallet: Wallet) -> Response[bytes]:
    showcase = await _find(request, link, page=f"/o/{link}")
    visit = visit_of(request)
    on, now = shelf_of(request).on, datetime.now(UTC)
    visitor = Visitor(network_of(visit.address), remembered_token(visit.cookies, on.keyring, link))
    if request.method == "HEAD" and wallet == "apple":
        _require_open(showcase, now, returning=visitor.token is not None)
        require_offered(showcase, wallet)
        return answers.announced()
    if visit.issues_nothing:
        return answers.nothing_of_it(visit, f"/o/{link}")
    if showcase.personal:
        raise _personal(showcase)
    require_offered(showcase, wallet)
    token = await take_token(on, showcase, visitor, now)
    cookie = remember(token, on.keyring, link, secure=on.settings.public_url.startswith("https:"))
    ending = PKPASS if wallet == "apple" else "/google"
    return answers.see_other(f"/p/{token}{ending}{as_query(visit.tags)}", cookie)


async def _find(request: AnyRequest, link: str, page: str = "") -> Showcase:
    if not _LINK.fullmatch(link):
        raise NotFound("there is no operation with this link: check what was copied")
    shelf = shelf_of(request)
    showcase = await shelf.showcases.of_link(shelf.on, link)
    request.state["place"] = Place(showcase, page)
    belongs(request.scope, showcase.client_id)
    return showcase


def _require_open(showcase: Showcase, now: datetime, *, returning: bool) -> None:
    """Whether the page has anything to offer to whom it does not know, or knows already."""
    if showcase.personal:
        raise _personal(showcase)
    if not returning and showcase.closed(now):
        raise OperationClosed(f"{showcase.operation.operation}: gives no new pass now")
    require_any(showcase)


def code_of(request: AnyRequest, path: str, *, personal: bool) -> Response[bytes]:
    """The QR code of a link with its source tags: who scans it came by them too."""
    form: Form = "png" if request.url.path.endswith(".png") else "svg"
    tags = as_query(read_tags(request.query_params.multi_items()))
    return answers.code(f"{shelf_of(request).on.settings.public_url}{path}{tags}", form, personal=personal)


def require_any(showcase: Showcase) -> None:
    """Raises WalletStopped when no wallet is left to offer."""
    if not showcase.wallets:
        raise WalletStopped(f"{showcase.operation.operation}: has no wallet: credentials are missing, or switched off")


def _personal(showcase: Showcase) -> TokenNeeded:
    return TokenNeeded(f"{showcase.operation.operation}: each pass is personal: ask who sent the link for your own")
