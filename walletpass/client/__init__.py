"""
A client of the API, for Python.

    from walletpass.client import Client
    from walletpass.client.api import events

    with Client("https://passes.example.com", key) as shop:
        shop.send(events.send_event(type="coupon.used", subject={"serial": "C-1"}, data={"amount": 12}))

`walletpass.client.api` has a function for each route: it makes the request, as a value. `Client` or `AsyncClient`
sends it, and sends it again when that is safe. `every` goes through the pages of a list.
"""

from walletpass.client.call import Answer, Call, Page
from walletpass.client.clients import AsyncClient, Client
from walletpass.client.platform import ApiPlatform
from walletpass.client.web_hooks import verify_hook
from walletpass.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiFault,
    ApiInvalid,
    ApiLimited,
    ApiMissing,
    ApiUnreachable,
    HookForged,
)

__all__ = [
    "Answer",
    "ApiConflict",
    "ApiDenied",
    "ApiError",
    "ApiFault",
    "ApiInvalid",
    "ApiLimited",
    "ApiMissing",
    "ApiPlatform",
    "ApiUnreachable",
    "AsyncClient",
    "Call",
    "Client",
    "HookForged",
    "Page",
    "verify_hook",
]
