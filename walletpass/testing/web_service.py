"""The requests that a phone makes of a web service for passes, as they go over the wire; nothing is judged here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

SCHEME = "ApplePass"
"""First word of the Authorization header."""

PASS_MEDIA_TYPE = "application/vnd.apple.pkpass"

_PHONE = "passd/1.0 CFNetwork/1568.200.51 Darwin/24.1.0"  # the daemon that keeps passes, as it names itself


@dataclass(frozen=True, slots=True)
class PassAddress:
    """
    Which pass, of which service, and the secret that opens it: all from the pass's own `pass.json`.

    Attributes:
        service: `webServiceURL`, without a slash at its end.
        pass_type: `passTypeIdentifier`.
        serial: `serialNumber`; any characters.
        secret: `authenticationToken`.
    """

    service: str
    pass_type: str
    serial: str
    secret: str = field(repr=False)

    @property
    def path(self) -> str:
        """Where the pass is fetched."""
        return f"/v1/passes/{_part(self.pass_type)}/{_part(self.serial)}"

    def registration(self, device: str) -> str:
        """The path of its registration for a device."""
        return f"{devices_path(device, self.pass_type)}/{_part(self.serial)}"

    @property
    def authorization(self) -> str:
        """The header's value."""
        return f"{SCHEME} {self.secret}"


def devices_path(device: str, pass_type: str) -> str:
    """The path of a device's registrations for a pass type."""
    return f"/v1/devices/{_part(device)}/registrations/{_part(pass_type)}"


@dataclass(frozen=True, slots=True)
class WebServiceClient:
    """
    Makes the requests. Headers given by name go over what a phone would send; None leaves a header out.

    Attributes:
        http: What carries them; over a network, or straight into an ASGI application.
    """

    http: httpx.AsyncClient

    async def register(self, which: PassAddress, device: str, push_token: str, **headers: str | None) -> httpx.Response:
        """Ask for updates: 201 created, 200 registered already, 401 wrong secret."""
        return await self.send(
            "POST", which.service, which.registration(device), {"pushToken": push_token}, _opened(which, headers)
        )

    async def unregister(self, which: PassAddress, device: str, **headers: str | None) -> httpx.Response:
        """Ask for no more updates: 200, 401."""
        return await self.send("DELETE", which.service, which.registration(device), headers=_opened(which, headers))

    async def list_changed(
        self, service: str, device: str, pass_type: str, tag: str | None = None, **headers: str | None
    ) -> httpx.Response:
        """Ask which passes changed since a tag: 200 with serials and the next tag, or 204."""
        path = devices_path(device, pass_type)
        since = "" if tag is None else f"?passesUpdatedSince={_part(tag)}"
        return await self.send("GET", service, path + since, headers=headers)

    async def fetch(
        self, which: PassAddress, since: str | None = None, *, method: str = "GET", **headers: str | None
    ) -> httpx.Response:
        """Ask for the newest version: 200 with the pass, 304 if it is not newer than `since` (an HTTP date), 401."""
        conditional = {"If-Modified-Since": since, **_opened(which, headers)}
        return await self.send(method, which.service, which.path, headers=conditional)

    async def log(self, service: str, lines: list[str]) -> httpx.Response:
        """Tell the service what went wrong: 200."""
        return await self.send("POST", service, "/v1/log", {"logs": lines})

    async def send(
        self,
        method: str,
        service: str,
        path: str,
        json: Any = None,
        headers: dict[str, str | None] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Any request to a path below a service; never follows redirects, as phones do not."""
        sent = {"User-Agent": _PHONE, "Accept": "*/*", **(headers or {})}
        if content is not None and "Content-Type" not in sent:
            sent["Content-Type"] = "application/json"
        given = [(name.encode(), value.encode()) for name, value in sent.items() if value is not None]
        return await self.http.request(method, service + path, json=json, content=content, headers=given)


def _part(text: str) -> str:
    return quote(text, safe="")


def _opened(which: PassAddress, headers: dict[str, str | None]) -> dict[str, str | None]:
    return {"Authorization": which.authorization, **headers}
