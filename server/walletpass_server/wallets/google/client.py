"""
Google's REST API: each call once, its failures as errors of ours. The only module that knows httpx and google-auth.

Nothing here waits for a turn or tries again, but for one thing: an access token that is refused is renewed once.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Generator, Mapping
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import httpx
from google.auth import crypt, exceptions, transport
from google.oauth2 import service_account

from walletpass.errors import (
    GoogleCallFailed,
    GoogleDenied,
    GoogleMissing,
    GoogleQuota,
    GoogleRate,
    GoogleRefused,
    GoogleTaken,
    GoogleUnavailable,
)
from walletpass.google import ServiceAccount
from walletpass.templates.google import API_SCOPE

Kind = Literal["Class", "Object"]
Content = dict[str, Any]

TIMEOUT = httpx.Timeout(10, connect=5)
"""Seconds; Google answers within one, as a rule."""
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes."""
IN_FLIGHT = 64
"""Connections of one process."""

_CONSOLE = "invite it as a user in the Google Pay & Wallet console (Users, role Developer), and enable the Wallet API"
_QUOTED = re.compile(r'(?<!name )"[^"]*"')


class GoogleApi:
    """
    The API.

    ```python
    api = GoogleApi("https://walletobjects.googleapis.com")
    answer = await api.patch(auth, "offer", "Object", "3388000000000000001.C-1", {"state": "COMPLETED"})
    ```

    Every call raises GoogleCallFailed in one of its kinds.
    """

    def __init__(self, base_url: str, *, trust_env: bool = True) -> None:
        """
        Args:
            base_url: Where it is.
            trust_env: Whether to go by the proxy that the environment names.
        """
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT),
            headers={"Accept-Encoding": "gzip", "User-Agent": "walletpass (gzip)"},  # Google zips for those who say so
            trust_env=trust_env,
        )

    async def get(self, auth: httpx.Auth, type_: str, kind: Kind, resource_id: str) -> Content:
        """A class or an object."""
        return await self._call(auth, "GET", _path(type_, kind, resource_id))

    async def page(self, auth: httpx.Auth, type_: str, kind: Kind, query: Mapping[str, str]) -> Content:
        """A page of a list: `resources` and `pagination`."""
        return await self._call(auth, "GET", _path(type_, kind), query=query)

    async def insert(self, auth: httpx.Auth, type_: str, kind: Kind, content: Content) -> Content:
        """A new class or object; GoogleTaken when it is there already."""
        return await self._call(auth, "POST", _path(type_, kind), content)

    async def patch(self, auth: httpx.Auth, type_: str, kind: Kind, resource_id: str, changes: Content) -> Content:
        """Merge changes in; null removes."""
        return await self._call(auth, "PATCH", _path(type_, kind, resource_id), changes)

    async def replace(self, auth: httpx.Auth, type_: str, kind: Kind, resource_id: str, content: Content) -> Content:
        """Replace all of it, messages included."""
        return await self._call(auth, "PUT", _path(type_, kind, resource_id), content)

    async def add_message(
        self, auth: httpx.Auth, type_: str, kind: Kind, resource_id: str, message: Content
    ) -> Content:
        """Append a message; one of the same id is replaced."""
        return await self._call(auth, "POST", f"{_path(type_, kind, resource_id)}/addMessage", {"message": message})

    async def close(self) -> None:
        """Close connections."""
        await self._http.aclose()

    async def _call(
        self,
        auth: httpx.Auth,
        method: str,
        path: str,
        body: Content | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Content:
        try:
            async with self._http.stream(method, path, json=body, params=query, auth=auth) as response:
                data = await _read(response)
        except httpx.HTTPError as exc:
            raise GoogleUnavailable(f"Google does not answer ({type(exc).__name__}): tried again later") from exc
        answer = _json(data)
        if response.is_success:
            return answer
        raise _failure(response, answer, f"{method} {path.removeprefix('/walletobjects/v1/')}")


class ServiceAccountAuth(httpx.Auth):
    """Access tokens of one service account: kept until shortly before they end, renewed by one request at a time."""

    def __init__(self, account: ServiceAccount, token_uri: str, *, trust_env: bool = True) -> None:
        """
        Args:
            account: Who asks; its own `token_uri` is not used.
            token_uri: Where tokens are had. It is handed signed assertions.
            trust_env: As for GoogleApi.
        """
        signer = crypt.RSASigner(account.private_key, account.private_key_id)  # type: ignore[no-untyped-call]
        self._credentials = service_account.Credentials(  # type: ignore[no-untyped-call]
            signer, account.client_email, token_uri, scopes=[API_SCOPE]
        )
        self._lock = asyncio.Lock()
        self._trust_env = trust_env

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """What httpx calls."""
        token = await self._token(None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            request.headers["Authorization"] = f"Bearer {await self._token(token)}"
            yield request

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Not used: calls are asynchronous."""
        raise NotImplementedError

    async def _token(self, refused: str | None) -> str:
        async with self._lock:
            if not self._credentials.valid or self._credentials.token == refused:
                await asyncio.to_thread(self._renew)
            return str(self._credentials.token)

    def _renew(self) -> None:
        with httpx.Client(timeout=TIMEOUT, trust_env=self._trust_env) as http:
            try:
                self._credentials.refresh(_Transport(http))  # type: ignore[no-untyped-call]
            except exceptions.RefreshError as exc:
                if exc.retryable:
                    raise GoogleUnavailable("Google hands out no access token now: tried again later") from exc
                says = "check that the key was not deleted in the Google Cloud console, and the clock of this machine"
                raise GoogleDenied(
                    f"Google refuses the key of {self._credentials.service_account_email}: {says}"
                ) from exc
            except exceptions.GoogleAuthError as exc:
                raise GoogleUnavailable(f"Google's token address does not answer ({type(exc).__name__})") from exc


class _Transport(transport.Request):
    """google-auth's way out, over httpx."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the client has its own
        **_: Any,
    ) -> transport.Response:
        try:
            return _Response(self._http.request(method, url, content=body, headers=headers))
        except httpx.HTTPError as exc:
            raise exceptions.TransportError(exc) from exc  # type: ignore[no-untyped-call]


class _Response(transport.Response):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    status = property(lambda self: self._response.status_code)
    headers = property(lambda self: self._response.headers)
    data = property(lambda self: self._response.content)


def _path(type_: str, kind: Kind, resource_id: str | None = None) -> str:
    base = f"/walletobjects/v1/{type_}{kind}"
    return base if resource_id is None else f"{base}/{quote(resource_id, safe='')}"


async def _read(response: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise GoogleUnavailable(f"Google's answer has more than {LARGEST_ANSWER:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _json(data: bytes) -> Content:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else {}


def _failure(response: httpx.Response, answer: Content, what: str) -> GoogleCallFailed:
    """Read leniently: parts of Google's errors may be missing."""
    fault = answer.get("error")
    fault = fault if isinstance(fault, dict) else {}
    told = fault.get("errors")
    first = told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else {}
    reason = str(first.get("reason") or fault.get("status") or "")
    message = _QUOTED.sub('"…"', str(fault.get("message") or ""))[:300]  # a quoted value may be somebody's name
    says = f"{what}: {response.status_code} {reason} {message}".strip()
    wait = _seconds(response.headers.get("Retry-After"))
    status = response.status_code
    if "quota" in f"{reason} {message}".lower():  # of requests or of notifications: Google does not say which
        return GoogleQuota(says, wait)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return GoogleRate(says, wait)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return GoogleDenied(f"{says}: the service account is not let in: {_CONSOLE}")
    kinds = {HTTPStatus.NOT_FOUND: GoogleMissing, HTTPStatus.CONFLICT: GoogleTaken}
    if status in kinds:
        return kinds[HTTPStatus(status)](says)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return GoogleUnavailable(says, wait)
    return GoogleRefused(says)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and re.fullmatch(r"[0-9]{1,5}", header) else None
