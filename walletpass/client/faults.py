"""From an answer to what the caller gets, or to the error that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from walletpass.client.call import Call
from walletpass.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiFault,
    ApiInvalid,
    ApiLimited,
    ApiMissing,
    ApiUnreachable,
)

T = TypeVar("T")

_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: ApiDenied,
    403: ApiDenied,
    404: ApiMissing,
    410: ApiMissing,
    409: ApiConflict,
    412: ApiConflict,
    428: ApiConflict,
    429: ApiLimited,
}


def answer_of(call: Call[T], got: httpx.Response | httpx.TransportError) -> T:
    """What a request answers; raises the ApiError that fits."""
    where = f"{call.method} {call.path}"
    if isinstance(got, httpx.TransportError):
        why = str(got) or type(got).__name__
        raise ApiUnreachable(f"{where}: no answer ({why}): check the address and whether the server is up") from got
    if not got.is_success:
        raise _refusal(where, got)
    try:
        return call.read(got.content)
    except (ValidationError, ValueError) as exc:
        raise ApiFault(f"{where}: the answer is not what this client reads: update it", got.status_code) from exc


def _refusal(where: str, got: httpx.Response) -> ApiError:
    """The error of an answer, by its problem+json if it has one: a proxy in between has none."""
    try:
        told: dict[str, Any] = got.json()
        kind, detail = str(told["type"]).rpartition("/")[2], str(told["detail"])
    except (ValueError, KeyError, TypeError):
        told, kind, detail = {}, "", f"status {got.status_code}, and no reason: something in between answered"
    found = _BY_STATUS.get(got.status_code, ApiInvalid if got.is_client_error else ApiFault)
    wait = got.headers.get("retry-after", "")
    return found(
        f"{where}: {detail}",
        got.status_code,
        kind=kind,
        faults=tuple(told.get("errors") or ()),
        wait=float(wait) if wait.isdecimal() else None,
    )
