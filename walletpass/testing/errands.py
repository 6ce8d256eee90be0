"""The errands of a phone: each request judged as a phone judges it, and complained of in Apple's words."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from datetime import UTC, datetime

import httpx

from walletpass.errors import WebServiceFault
from walletpass.testing.web_service import PASS_MEDIA_TYPE, PassAddress, WebServiceClient

_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


class Errands:
    """
    What one device asks of web services.

    Every method raises WebServiceFault where an answer fails, or is none that a phone understands.
    """

    def __init__(self, http: httpx.AsyncClient, device: str, log: list[str]) -> None:
        """
        Args:
            http: What carries requests.
            device: `deviceLibraryIdentifier`.
            log: Where complaints are put down.
        """
        self._http = http
        self._client = WebServiceClient(http)
        self._device = device
        self._log = log

    async def download(self, address: str) -> bytes:
        """The bundle that Safari gets at an address, wherever that leads."""
        try:
            found = await self._http.get(address, headers={"User-Agent": _SAFARI}, follow_redirects=True)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise WebServiceFault(f"the link cannot be opened: {_why(exc)}; check that the server runs") from exc
        if found.status_code != 200 or _kind(found) != PASS_MEDIA_TYPE:
            raise WebServiceFault(
                f"the link gives {found.status_code} {_kind(found)}: Safari adds a pass on 200 with {PASS_MEDIA_TYPE}",
                found.status_code,
            )
        return found.content

    async def register(self, which: PassAddress, push_token: str) -> None:
        """Ask for updates of a pass."""
        await self._ask(
            self._task("Register", which), self._client.register(which, self._device, push_token), {200, 201}
        )

    async def unregister(self, which: PassAddress) -> None:
        """Ask for no more updates."""
        await self._ask(self._task("Unregister", which), self._client.unregister(which, self._device), {200})

    async def list_changed(self, service: str, pass_type: str, tag: str | None) -> tuple[list[str], str] | None:
        """Serials of what changed since a tag, and the tag for next time; None when nothing did."""
        task = f"Get serial #s task (for device {self._device}, pass type {pass_type}, last updated {tag or '(null)'};"
        task += f" with web service url {service})"
        answer = await self._ask(task, self._client.list_changed(service, self._device, pass_type, tag), {200, 204})
        if answer.status_code == 204:
            return None
        try:
            content = json.loads(answer.content)
            serials, newer = content["serialNumbers"], content["lastUpdated"]
        except (ValueError, KeyError, TypeError):
            serials = newer = None
        if isinstance(newer, str) and isinstance(serials, list) and all(isinstance(one, str) for one in serials):
            return serials, newer
        raise self._fault(task, 'the list is not {"serialNumbers": [texts], "lastUpdated": text}', answer.status_code)

    async def fetch(self, which: PassAddress, since: str | None) -> httpx.Response | None:
        """The newest version of a pass; None when it is the one of `since`."""
        task = f"Get pass task (pass type {which.pass_type}, serial number {which.serial},"
        task += f" if-modified-since ({since or 'null'}); with web service url {which.service})"
        answer = await self._ask(task, self._client.fetch(which, since), {200, 304})
        if answer.status_code == 304:
            return None
        if _kind(answer) != PASS_MEDIA_TYPE:
            raise self._fault(task, f"the Content-Type is {_kind(answer)}, not {PASS_MEDIA_TYPE}", answer.status_code)
        return answer

    async def send_log(self, service: str) -> None:
        """Send the complaints."""
        await self._ask(f"Log task (with web service url {service})", self._client.log(service, self._log), {200})

    def _task(self, name: str, which: PassAddress) -> str:
        what = f"pass type {which.pass_type}, serial number {which.serial}"
        return f"{name} task (for device {self._device}, {what}; with web service url {which.service})"

    async def _ask(self, task: str, request: Awaitable[httpx.Response], expected: set[int]) -> httpx.Response:
        try:
            answer = await request
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise self._fault(task, f"no answer: {_why(exc)}", 0) from exc
        if answer.status_code not in expected:
            raise self._fault(task, f"Unexpected response code {answer.status_code}", answer.status_code)
        return answer

    def _fault(self, task: str, error: str, status: int) -> WebServiceFault:
        line = f"{task} encountered error: {error}"
        self._log.append(f"[{datetime.now(UTC):%Y-%m-%d %H:%M:%S %z}] {line}")
        return WebServiceFault(line, status)


def _kind(answer: httpx.Response) -> str:
    """The media type alone."""
    return str(answer.headers.get("Content-Type", "nothing")).partition(";")[0].strip()


def _why(exc: Exception) -> str:
    return str(exc) or type(exc).__name__
