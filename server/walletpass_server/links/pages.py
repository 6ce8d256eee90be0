"""Pages as bytes: what is on them is decided here, how it is marked up by the templates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response

from walletpass.lifecycle import Wallet
from walletpass_server.links.brand import NEUTRAL, Brand, brand_of, style_of
from walletpass_server.links.devices import Device
from walletpass_server.links.pictures import picture_of
from walletpass_server.links.shelf import Shelf
from walletpass_server.links.showcase import Showcase
from walletpass_server.links.tags import as_query
from walletpass_server.links.texts import text
from walletpass_server.links.visits import Visit

Layout = Literal["add", "in-app", "scan"]

_LAYOUTS: dict[Device, Layout] = {
    Device.IPHONE_IN_APP: "in-app",
    Device.MAC: "scan",
    Device.COMPUTER: "scan",
}
_OWN_WALLET: dict[Device, Wallet] = {
    Device.IPHONE: "apple",
    Device.IPHONE_IN_APP: "apple",
    Device.ANDROID: "google",
}
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_NOBODY = Brand("", "", "en", NEUTRAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page shows; see `Landing` and `Refusal`."""

    language: str
    brand: Brand
    css: str


@dataclass(frozen=True, slots=True)
class Way:
    """A wallet's link: its address, and that of its official badge, empty without one."""

    wallet: Wallet
    href: str
    badge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing(Page):
    """
    The page of a link that gives a pass.

    Attributes:
        layout: add here, told how to leave the app, or a code to scan.
        first, others: Links that come first, and those below.
        own_missing: Why the phone's own wallet is not among them, as the key of a text; empty where it is.
        public_url, address: Of the server, and of this page; with its source tags where it is copied, not typed.
        qr: Of the code.
        picture, picture_height: Of the picture, and its height in points where it is known yet; empty without one.
        is_example: What it shows is made up.
    """

    layout: Layout
    first: tuple[Way, ...]
    others: tuple[Way, ...]
    own_missing: Literal["", "stopped", "not-this-phone"]
    public_url: str
    address: str
    qr: str
    picture: str
    picture_height: int
    is_example: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Page):
    """
    The page of a link that gives none.

    Attributes:
        reason: First part of its texts' keys.
        values: For their gaps.
        back: Where there may be another way; empty without one.
    """

    reason: str
    values: tuple[tuple[str, object], ...] = ()
    back: str = ""

    @property
    def gaps(self) -> dict[str, object]:
        """The values by name."""
        return dict(self.values)


def landing(shelf: Shelf, showcase: Showcase, visit: Visit, path: str, *, model: str) -> Landing:
    """
    The page of a link.

    Args:
        shelf: Of this process.
        showcase: Its operation.
        visit: Who looks.
        path: Of the link: `/o/...` or `/p/...`.
        model: Key of the Model that the pass has, or will have.
    """
    shown = showcase.matrix.models[model]
    brand = brand_of(shown, visit.accepts, visit.language)
    own = _OWN_WALLET.get(visit.device)
    first = tuple(w for w in showcase.wallets if own in (None, w)) or showcase.wallets
    drawn = picture_of(showcase, model, own if own in shown.wallets else shown.wallets[0], brand.language)
    ready = shelf.pictures.peek(drawn)
    ways = {wallet: _way(shelf, wallet, path, visit) for wallet in showcase.wallets}
    public_url = shelf.on.settings.public_url
    layout, tags = _LAYOUTS.get(visit.device, "add"), as_query(visit.tags)
    return Landing(
        language=visit.language,
        brand=brand,
        css=style_of(brand.background).css,
        layout=layout,
        first=tuple(ways[wallet] for wallet in first),
        others=tuple(way for wallet, way in ways.items() if wallet not in first),
        own_missing=_own_missing(own, showcase),
        public_url=public_url,
        address=public_url + path + (tags if layout == "in-app" else ""),
        qr=f"{path}/qr.svg{tags}",
        picture=f"/o/{showcase.link}/{drawn.name}" if ready is None or ready.content else "",
        picture_height=ready.height if ready else 0,
        is_example=any(variable.default is None for variable in shown.variables.values()),
    )


def _own_missing(own: Wallet | None, showcase: Showcase) -> Literal["", "stopped", "not-this-phone"]:
    if own is None or own in showcase.wallets:
        return ""
    return "stopped" if own in showcase.stopped else "not-this-phone"


def _way(shelf: Shelf, wallet: Wallet, path: str, visit: Visit) -> Way:
    ending = ".pkpass" if wallet == "apple" else "/google"
    badge = shelf.badges.choose([visit.language], wallet)
    return Way(wallet, f"{path}{ending}{as_query(visit.tags)}", f"/badges/{badge.name}" if badge else "")


def refusal(
    visit: Visit, reason: str, showcase: Showcase | None, *, values: Mapping[str, object] | None = None, back: str = ""
) -> Refusal:
    """A page that says why there is no pass, in the brand of the operation where it is known."""
    brand = brand_of(showcase.start, visit.accepts, visit.language) if showcase else _NOBODY
    style = style_of(brand.background)
    return Refusal(
        language=visit.language,
        brand=brand,
        css=style.css,
        reason=reason,
        values=tuple((values or {}).items()),
        back=back,
    )


def answer(page: Page, *, status: int = 200, personal: bool, etag: str = "", retry_after: int = 0) -> Response[bytes]:
    """
    A page as an answer.

    Args:
        page: Which.
        status: Of the answer.
        personal: Nobody keeps it.
        etag: What the browser has already; 304 when that is this page.
        retry_after: Seconds, where coming back helps.
    """
    body = render(page) if personal else _rendered(page)
    headers = {
        "cache-control": "no-store" if personal else "no-cache",
        "content-security-policy": (
            f"default-src 'none'; img-src 'self' data:; style-src {style_of(page.brand.background).source}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "permissions-policy": _PERMISSIONS,
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
        "content-language": page.language,
        "vary": "accept-language, user-agent, cookie",
    }
    if retry_after:
        headers["retry-after"] = str(retry_after)
    if not personal and status == 200:
        headers["etag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if etag == headers["etag"]:
            return Response(b"", status_code=304, headers=headers)
    return Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)


def render(page: Page) -> bytes:
    """A page as HTML."""
    template = _templates().get_template("landing.html" if isinstance(page, Landing) else "refusal.html")
    return template.render(page=page, t=partial(text, page.language)).encode()


_rendered = lru_cache(maxsize=256)(render)
"""The pages of operations: the same for everybody with the same device and language."""


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("walletpass_server.links"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
