"""
What went wrong, as an HTTP answer. The one table from the tree of errors to statuses.

The body says what kind of error it is and never what was sent: messages of errors may name tokens, serials, people.
Doors that answer to people or to keyholders say more with handlers of their own, from the same table.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from walletpass import errors
from walletpass_server.logs import request_id

STATUS: dict[type[errors.WalletPassError], HTTPStatus] = {
    errors.WalletPassError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.UsageError: HTTPStatus.BAD_REQUEST,
    errors.DocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ValuesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ConditionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EventError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PictureError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BarcodeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LifecycleError: HTTPStatus.CONFLICT,
    errors.TokenRevoked: HTTPStatus.GONE,
    errors.TokenNeeded: HTTPStatus.FORBIDDEN,
    errors.TooManyPasses: HTTPStatus.TOO_MANY_REQUESTS,
    errors.QuotaReached: HTTPStatus.FORBIDDEN,
    errors.WalletStopped: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.KeyRefused: HTTPStatus.UNAUTHORIZED,
    errors.ScopeMissing: HTTPStatus.FORBIDDEN,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.RequestUnreadable: HTTPStatus.BAD_REQUEST,
    errors.RequestInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.VersionDiffers: HTTPStatus.PRECONDITION_FAILED,
    errors.VersionNeeded: HTTPStatus.PRECONDITION_REQUIRED,
    errors.SigningError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GoogleError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CallbackError: HTTPStatus.UNAUTHORIZED,
    errors.CallbackMalformed: HTTPStatus.BAD_REQUEST,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SchemaOutdated: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.WriterBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.WrongClient: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The nearest class in the tree counts."""
RETRY_SECONDS = 5
"""What a client is told to wait when the server is busy."""
GONE_AWAY = "client disconnected prematurely"
"""How Litestar says that a client left while it was sending."""

AnyRequest = Request[Any, Any, Any]
_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")
_logger = logging.getLogger(__name__)


def status_of(error: BaseException) -> HTTPStatus:
    """The status of an error."""
    return status_of_type(type(error))


def status_of_type(error: type[BaseException]) -> HTTPStatus:
    """The status of a class of errors."""
    return next((STATUS[kind] for kind in error.__mro__ if kind in STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)


def name_of(error: type[BaseException]) -> str:
    """How an error is called in answers: `OperationEnded` is `operation-ended`."""
    return _CAPITALS.sub("-", error.__name__).lower()


def refused(request: AnyRequest, error: errors.WalletPassError) -> Response[dict[str, object]]:
    """The answer to an error of walletpass."""
    status = status_of(error)
    note(request, error, status)
    says = (type(error).__doc__ or "").partition("\n")[0]
    return _answer(status, name_of(type(error)), says)


def refused_by_framework(request: AnyRequest, error: HTTPException) -> Response[dict[str, object]]:
    """The answer to what Litestar refuses: an unknown path, a method, a body that is too large."""
    status = HTTPStatus(error.status_code)
    if error.detail == GONE_AWAY:  # nobody reads this answer
        status = HTTPStatus.BAD_REQUEST
    note(request, error, status)
    answer = _answer(status, status.phrase.lower().replace(" ", "-"), status.description or status.phrase)
    for name, value in (error.headers or {}).items():
        answer.set_header(name, value)
    return answer


def broken(request: AnyRequest, error: Exception) -> Response[dict[str, object]]:
    """The answer to a fault of the program."""
    note(request, error, HTTPStatus.INTERNAL_SERVER_ERROR)
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal-server-error", "A fault of the server; its log tells more."
    )


def note(request: AnyRequest, error: Exception, status: HTTPStatus) -> None:
    """Log what an operator should know: faults with their trace, and what keeps the server from working."""
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    route = request.scope.get("path_template", "-")
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _logger.error("fault", exc_info=error, extra={"route": route})
    else:
        _logger.warning("%s: %s", name_of(type(error)), error, extra={"route": route})


HANDLERS: ExceptionHandlersMap = {
    errors.WalletPassError: refused,
    HTTPException: refused_by_framework,
    Exception: broken,
}
"""For the application; the layers of a door go before."""


def _answer(status: HTTPStatus, name: str, says: str) -> Response[dict[str, object]]:
    headers = {"cache-control": "no-store"}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["retry-after"] = str(RETRY_SECONDS)
    return Response(
        {"status": int(status), "error": name, "message": says, "request": request_id.get()},
        status_code=status,
        media_type=MediaType.JSON,
        headers=headers,
    )
