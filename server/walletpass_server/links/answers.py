"""Answers that are no pages: passes, ways onward, pictures."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.response import Stream

from walletpass_server.http.qr import Form, qr_code
from walletpass_server.links.visits import Visit
from walletpass_server.wallets.provider import Download, HandOver

_IMMUTABLE = "public, max-age=31536000, immutable"
"""For what has its content in its name."""
_APPLE_PASS = "application/vnd.apple.pkpass"
_FORMS: dict[Form, str] = {"png": "image/png", "svg": "image/svg+xml"}


def see_other(address: str, cookie: Cookie | None = None) -> Response[bytes]:
    """Onward to another address, with a GET, and nobody keeps it."""
    headers = {"location": address, "cache-control": "no-store", "x-robots-tag": "noindex"}
    cookies = [cookie] if cookie else None
    return Response(b"", status_code=303, media_type=MediaType.TEXT, headers=headers, cookies=cookies)


def nothing_of_it(visit: Visit, page: str) -> Response[bytes]:
    """To a click that nobody made: a robot gets the page; a browser that runs ahead is told to wait for its person."""
    if visit.ahead:
        return Response(b"", status_code=503, media_type=MediaType.TEXT, headers={"cache-control": "no-store"})
    return see_other(page)


def handed_over(given: HandOver) -> Response[bytes]:
    """A pass, to its holder."""
    if not isinstance(given, Download):
        return see_other(given.url)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{given.file_name}"',
        "last-modified": formatdate(given.last_modified, usegmt=True),
        "x-robots-tag": "noindex",
    }
    return Response(b"".join(given.parts), media_type=given.media_type, headers=headers)


def announced() -> Response[Any]:
    """What is known of an Apple pass before it is made: no length, which a stream has not."""
    headers = {"cache-control": "no-store", "x-robots-tag": "noindex"}
    return Stream(iter(()), media_type=_APPLE_PASS, headers=headers)


def picture(content: bytes, media_type: str) -> Response[bytes]:
    """A picture whose address changes with its bytes. An SVG opened by itself runs nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return Response(
        content, media_type=media_type, headers={"cache-control": _IMMUTABLE, "content-security-policy": policy}
    )


def code(address: str, form: Form, *, personal: bool) -> Response[bytes]:
    """The QR code of an address."""
    headers = {"cache-control": "no-store" if personal else "public, max-age=3600", "x-robots-tag": "noindex"}
    return Response(qr_code(address, form), media_type=_FORMS[form], headers=headers)
