"""Where hooks may go: public addresses only, judged when they are connected to."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import pytest

from walletpass.errors import UsageError
from walletpass.testing.receiver import receiver
from walletpass_server.hooks import network
from walletpass_server.hooks.network import Guarded, check_url, is_allowed

REFUSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104 - refused
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.88.99.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254",
    "fec0::1", "ff02::1", "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2001::1", "2001:db8::1", "3fff::1", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2002:101:101::", "64:ff9b::101:101"]
)
def test_what_is_public_is_allowed(address: str) -> None:
    assert is_allowed(address)


def test_networks_of_a_rehearsal_are_allowed_and_no_others() -> None:
    assert is_allowed("10.1.2.3", ["10.1.0.0/16"])
    assert is_allowed("::ffff:10.1.2.3", ["10.1.0.0/16"])
    assert not is_allowed("10.2.2.3", ["10.1.0.0/16"])


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks", "ftp://shop.example", "https://", "shop.example", "https://u:p@shop.example/",
        "https://shop.example/#x", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "https://a.localhost/",
        "https://db.internal/", "https://169.254.169.254/latest/meta-data", "https://shop.example:0/",
        "https://shop.example:x/", "https://shöp.example/", "https://shop.example/a b\n",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_https_is_refused_when_it_is_added(url: str) -> None:
    with pytest.raises(UsageError):
        check_url(url)


def test_a_public_address_is_taken_as_it_is() -> None:
    assert check_url("https://shop.example:8443/hooks?x=1") == "https://shop.example:8443/hooks?x=1"


async def _post(backend: Guarded, url: str) -> int:
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        return (await pool.request("POST", url, content=b"{}")).status


async def test_a_name_that_leads_inside_is_refused_however_often_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is looked at, private when it is connected to."""
    async with receiver() as inside:
        port = int(inside.url.rpartition(":")[2].partition("/")[0])
        answers = iter(["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.7"])
        asked = []

        async def rebinding(host: str, at: int) -> list[str]:
            asked.append(host)
            return [next(answers)]

        monkeypatch.setattr(network, "_resolve", rebinding)
        for _ in range(3):
            with pytest.raises(httpcore.ConnectError, match="no public address"):
                await _post(Guarded(), f"http://rebind.example:{port}/hooks")
        assert (asked, inside.received) == (["rebind.example"] * 3, [])


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as inside:
        port = int(inside.url.rpartition(":")[2].partition("/")[0])

        async def twice(host: str, at: int) -> list[str]:
            return ["10.0.0.7", "127.0.0.1"]

        monkeypatch.setattr(network, "_resolve", twice)
        assert await _post(Guarded(["127.0.0.0/8"]), f"http://shop.example:{port}/hooks") == 200
        assert inside.received[0].headers["host"] == f"shop.example:{port}"


async def test_a_name_of_this_machine_is_looked_up_and_refused() -> None:
    async with receiver() as inside:
        with pytest.raises(httpcore.ConnectError):
            await _post(Guarded(), inside.url.replace("127.0.0.1", "localhost"))
        assert inside.received == []


async def test_plain_http_goes_to_the_networks_of_a_rehearsal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def public(host: str, at: int) -> list[str]:
        return ["93.184.216.34"]

    monkeypatch.setattr(network, "_resolve", public)
    with pytest.raises(httpcore.ConnectError, match="no public address"):
        await _post(Guarded(["127.0.0.0/8"], only_private=True), "http://shop.example/hooks")


async def test_a_name_that_does_not_exist_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpcore.ConnectError, match="cannot be looked up"):
        await _post(Guarded(), "http://nobody.example/hooks")
