"""
Where a hook may go: to the public internet, never into the network the server stands in.

The address is checked when it is connected to, and it is that address which is connected to: a name that resolves
otherwise a moment later gains nothing. Redirects are not followed at all.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpcore

from walletpass.errors import UsageError

Networks = Sequence[str]
LONGEST_URL = 2000

_REFUSED = tuple(
    ip_network(each)
    for each in (
        "168.63.129.16/32",  # a cloud's own services, at a public address
        "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip
"""Reserved by IANA, and not known as such by every version of `ipaddress`."""
_NAT64 = IPv6Network("64:ff9b::/96")


def is_allowed(address: str, private: Networks = ()) -> bool:
    """
    Whether a hook may go to an address.

    Args:
        address: IPv4 or IPv6; one that wraps an IPv4 address is judged by that.
        private: Networks that are allowed although they are not public.
    """
    try:
        found = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if any(found in ip_network(network) for network in private):
        return True
    public = found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)
    return public and not any(found in network for network in _REFUSED)


def _unwrapped(found: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFFFFFF)
        return found.ipv4_mapped or found.sixtofour or found
    return found


def check_url(url: str, private: Networks = ()) -> str:
    """
    An address for a hook, as far as it can be judged without looking up its name.

    Raises:
        UsageError: Not https, credentials or a fragment in it, or an address that is not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in ("https", "http") or port == 0 or len(url) > LONGEST_URL or not url.isascii():
        raise UsageError(f"{url[:100]}: is no address for a hook: write https://shop.example/hooks")
    if parts.username is not None or parts.password is not None or parts.fragment or not url.isprintable():
        raise UsageError("the address of a hook has no user, password or #fragment: it is signed instead")
    if parts.scheme == "http" and not private:
        raise UsageError(f"{url[:100]}: hooks go by https; plain http only within WALLETPASS_HOOKS_PRIVATE")
    if _is_inside(host, private):
        raise UsageError(f"{host}: is no public address; for a rehearsal name its network in WALLETPASS_HOOKS_PRIVATE")
    return url


def _is_inside(host: str, private: Networks) -> bool:
    try:  # also 127.1 and 2130706433, as resolvers read them
        address = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
    except OSError:
        local = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        return local and not private
    return not is_allowed(address, private)


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only."""

    def __init__(self, private: Networks = (), *, only_private: bool = False) -> None:
        """
        Args:
            private: Networks that are allowed although they are not public.
            only_private: Those alone: for plain http.
        """
        self._private = private
        self._only_private = only_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """To the first allowed address of a name; raises ConnectError when it has none."""
        async with asyncio.timeout(timeout):
            for address in await _resolve(host, port):
                inside = any(_contains(network, address) for network in self._private)
                if inside or (not self._only_private and is_allowed(address)):
                    return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
        raise httpcore.ConnectError("its name leads to no public address")

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - as the base class has it
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise httpcore.ConnectError("hooks go over the network")

    async def sleep(self, seconds: float) -> None:
        """As the base class."""
        await self._inner.sleep(seconds)


def _contains(network: str, address: str) -> bool:
    return _unwrapped(ip_address(address.partition("%")[0])) in ip_network(network)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise httpcore.ConnectError(f"its name cannot be looked up: {exc.strerror or exc}") from exc
    return [str(address[0]) for *_, address in found]
