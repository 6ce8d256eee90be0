"""Why a link gives no pass, as a page: errors of the tree to texts; their statuses are those of `http.failures`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from litestar import Response

from walletpass import errors
from walletpass_server.http import failures
from walletpass_server.links.pages import answer, refusal
from walletpass_server.links.showcase import Showcase
from walletpass_server.links.texts import date_text
from walletpass_server.links.visits import AnyRequest, visit_of

_REASONS: dict[type[errors.WalletPassError], str] = {
    errors.WalletPassError: "failed",
    errors.NotFound: "unknown",
    errors.TokenRevoked: "revoked",
    errors.TokenNeeded: "personal",
    errors.TooManyPasses: "many",
    errors.WalletStopped: "stopped",
    errors.CredentialUnfit: "stopped",
    errors.SigningError: "stopped",
    errors.GoogleError: "stopped",
    errors.WriterBusy: "busy",
    errors.DatabaseBusy: "busy",
    errors.DatabaseUnavailable: "busy",
}
_CLOSED = {"early": HTTPStatus.FORBIDDEN, "over": HTTPStatus.GONE, "full": HTTPStatus.GONE}
_UNFIT = HTTPStatus.SERVICE_UNAVAILABLE
_ANOTHER_WAY = ("elsewhere", "stopped")


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where in the links a request is, noted in its state once it is known, for the page that tells of an error.

    Attributes:
        showcase: The operation.
        page: Path of the link's page, where another wallet may be chosen; empty on that page itself.
    """

    showcase: Showcase
    page: str = ""


def refused(request: AnyRequest, error: errors.WalletPassError) -> Response[bytes]:
    """The page that tells of an error."""
    place: Place | None = request.state.get("place")
    showcase = place.showcase if place else None
    visit = visit_of(request)
    reason = next(_REASONS[kind] for kind in type(error).__mro__ if kind in _REASONS)
    status = _UNFIT if isinstance(error, errors.CredentialUnfit) else failures.status_of(error)
    values: Mapping[str, object] = {}
    wait = failures.RETRY_SECONDS
    if isinstance(error, errors.TooManyPasses):
        wait = max(1, -(-error.wait // timedelta(seconds=1)))
        values = {"minutes": max(1, -(-error.wait // timedelta(minutes=1)))}
    elif isinstance(error, errors.OperationClosed) and showcase:
        reason, values = _closed(showcase, visit.language)
        status = _CLOSED[reason]
    elif isinstance(error, errors.NotFound) and place and place.page:
        reason = "elsewhere"
    failures.note(request, error, status)
    page = refusal(visit, reason, showcase, values=values, back=place.page if place and reason in _ANOTHER_WAY else "")
    waits = status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
    return answer(page, status=status, personal=True, retry_after=wait if waits else 0)


def _closed(showcase: Showcase, language: str) -> tuple[str, Mapping[str, object]]:
    reason = showcase.closed(datetime.now(UTC)) or "full"  # it is told by who issues; the showcase may be a second old
    operation = showcase.operation
    instant = operation.start if reason == "early" else operation.end
    return reason, {"when": date_text(instant, operation.tz, language)}
