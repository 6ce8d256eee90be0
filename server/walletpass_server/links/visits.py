"""One request to a link, read once: who asks, in which language, with which tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request

from walletpass_server.links.devices import Device, device_of, fetched_ahead
from walletpass_server.links.tags import Tags, read_tags
from walletpass_server.links.texts import LANGUAGES, preferred

AnyRequest = Request[Any, Any, Any]
_REFERRER = re.compile(r"https?://([A-Za-z0-9.-]{1,100})(?:[:/?#]|$)")


@dataclass(frozen=True, slots=True)
class Visit:
    """
    Who follows a link.

    Attributes:
        device: What they hold; a HEAD counts as a robot's.
        language: Of the page.
        accepts: What else they read, as their browser says.
        ahead: Fetched before anybody asked for it.
        tags: Source tags.
        address: Where they come from.
        cookies: What they bring.
        etag: The page that they have already.
        referrer: The host of the page that led here; empty for ours, and where nothing is said.
    """

    device: Device
    language: str
    accepts: str
    ahead: bool
    tags: Tags
    address: str
    cookies: Mapping[str, str] = field(repr=False)
    etag: str
    referrer: str = ""

    @property
    def seen(self) -> Mapping[str, str]:
        """What a fact keeps of who asks."""
        return {"device_class": self.device.value, **({"referrer": self.referrer} if self.referrer else {})}

    @property
    def issues_nothing(self) -> bool:
        """Whether no person asks, so that nothing may come of it."""
        return self.ahead or self.device is Device.ROBOT


def visit_of(request: AnyRequest) -> Visit:
    """The visit that a request is."""
    headers = request.headers
    accepts = headers.get("accept-language", "")
    return Visit(
        device=Device.ROBOT if request.method == "HEAD" else device_of(headers),
        language=preferred(accepts, LANGUAGES, LANGUAGES[0]),
        accepts=accepts,
        ahead=fetched_ahead(headers),
        tags=read_tags(request.query_params.multi_items()),
        address=request.client.host if request.client else "",
        cookies=request.cookies,
        etag=headers.get("if-none-match", ""),
        referrer=_host(headers.get("referer", ""), headers.get("host", "")),
    )


def _host(referrer: str, own: str) -> str:
    """The host alone: what a page is called may say who reads it."""
    found = _REFERRER.match(referrer)
    return "" if found is None or found[1].lower() == own.partition(":")[0].lower() else found[1].lower()
