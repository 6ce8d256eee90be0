"""`/p/<token>`: for one holder. Looking issues nothing; a click issues the pass once, and shows it each time."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import Response, route
from litestar.params import FromPath

from walletpass.errors import OperationClosed
from walletpass.lifecycle import Wallet
from walletpass.tokens import looks_like_token
from walletpass_server.engine.issuing import Opened, opened_before
from walletpass_server.engine.tokens import Token, unknown_token
from walletpass_server.engine.traffic import belongs
from walletpass_server.links import answers
from walletpass_server.links.clicks import hand_over, require_offered
from walletpass_server.links.devices import Device
from walletpass_server.links.openings import tell_opened
from walletpass_server.links.operation_link import GET, PKPASS, code_of, require_any
from walletpass_server.links.pages import answer, landing
from walletpass_server.links.refusals import Place
from walletpass_server.links.shelf import shelf_of
from walletpass_server.links.showcase import Showcase
from walletpass_server.links.tags import as_query
from walletpass_server.links.visits import AnyRequest, visit_of


@route("/p/{token:str}", http_method=GET)
async def personal_link(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    """The page, or the Apple pass where `.pkpass` follows the token."""
    if token.endswith(PKPASS):
        return await _click(request, token.removesuffix(PKPASS), "apple")
    found, showcase = await _find(request, token)
    visit = visit_of(request)
    if opened_before(found) is None:
        _require_open(showcase, datetime.now(UTC))
    require_any(showcase)
    await tell_opened(shelf_of(request), showcase, visit, found)
    if visit.device is Device.MAC and not visit.ahead and "apple" in showcase.wallets:
        return answers.see_other(f"/p/{token}{PKPASS}{as_query(visit.tags)}")
    model = found.model or showcase.matrix.start
    page = landing(shelf_of(request), showcase, visit, f"/p/{token}", model=model)
    return answer(page, personal=True)


@route("/p/{token:str}/google", http_method=GET)
async def personal_google(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    """Onward to Google, where the pass is saved."""
    return await _click(request, token, "google")


@route(["/p/{token:str}/qr.png", "/p/{token:str}/qr.svg"], http_method=GET)
async def personal_code(
    request: AnyRequest,
    token: FromPath[str],
) -> Response[bytes]:
    """The QR code of the link."""
    found, _ = await _find(request, token)
    opened_before(found)  # the code of a revoked link leads nowhere: refused as its page is
    return code_of(request, f"/p/{token}", personal=True)


async def _click(request: AnyRequest, text: str, wallet: Wallet) -> Response[bytes]:
    token, showcase = await _find(request, text, page=f"/p/{text}")
    visit = visit_of(request)
    opened = opened_before(token)  # a revoked link is one to robots too
    if request.method == "HEAD" and wallet == "apple":
        return await _told_of(request, token, showcase, opened)
    if visit.issues_nothing:
        return answers.nothing_of_it(visit, f"/p/{text}")
    require_offered(showcase, wallet)
    given = await hand_over(shelf_of(request).on, token, wallet, visit.tags, datetime.now(UTC), visit.seen)
    return answers.handed_over(given)


async def _told_of(request: AnyRequest, token: Token, showcase: Showcase, opened: Opened | None) -> Response[bytes]:
    """The headers of an Apple pass. One that is not issued yet stays so."""
    now = datetime.now(UTC)
    if opened is None:
        _require_open(showcase, now)
    require_offered(showcase, "apple")
    if opened is None:
        return answers.announced()
    given = await shelf_of(request).on.wallets["apple"].hand_over(token.client_id, opened.pass_id, now)
    return answers.handed_over(given)


def _require_open(showcase: Showcase, now: datetime) -> None:
    if showcase.closed(now):
        raise OperationClosed(f"{showcase.operation.operation}: gives no new pass now")


async def _find(request: AnyRequest, text: str, page: str = "") -> tuple[Token, Showcase]:
    if not looks_like_token(text):
        raise unknown_token()
    shelf = shelf_of(request)
    token = await shelf.on.desk.find(text)
    showcase = await shelf.showcases.of_operation(shelf.on, token.operation_id)
    request.state["place"] = Place(showcase, page)
    belongs(request.scope, showcase.client_id)
    return token, showcase
