"""Bundles: signed once in a process, of the newest version, each with its own client's certificate."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass.apple.verify import verify
from walletpass.errors import CredentialUnfit, NotFound
from walletpass.findings import Severity
from walletpass.testing.authority import Authority
from walletpass.testing.life import small_operation
from walletpass_server.engine.erasure import erase
from walletpass_server.wallets.apple import makers
from walletpass_server.wallets.apple.bundles import BundleCache
from walletpass_server.wallets.apple.deferred import is_silent
from walletpass_server.wallets.provider import Download


def counted(counter: Any, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A list that grows with every signature."""
    from walletpass.apple.signing import KeySigner

    signed: list[object] = []
    sign = KeySigner.sign

    def counting(self: Any, manifest: bytes, at: Any) -> bytes:
        signed.append(at)
        return sign(self, manifest, at)

    monkeypatch.setattr(KeySigner, "sign", counting)
    return signed


async def hand_over(counter: Any, serial: str = "C-1") -> Download:
    found = await counter.apple.hand_over(counter.shop.client_id, counter.passes[serial], counter.now)
    assert isinstance(found, Download)
    return found


async def test_a_version_is_signed_once_however_it_is_asked_for(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = counted(counter, monkeypatch)
    await counter.issue()
    link = await hand_over(counter)
    phone = await counter.fetch()
    assert b"".join(link.parts) == phone.content
    assert len(signed) == 1
    await counter.edit({"news": "changed"})
    await asyncio.gather(*(counter.fetch() for _ in range(5)))
    assert len(signed) == 2


async def test_who_asks_first_waits_for_neither_signer_nor_pictures_of_an_operation_made_ready(
    counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counter.issue()
    await counter.apple.warm(await counter.shop.live(counter.operation_id))
    for made in ("PassMaker", "KeySigner"):
        monkeypatch.setattr(makers, made, lambda *_: pytest.fail("it was made for the first to ask"))
    assert (await counter.fetch()).status_code == 200


async def test_an_operation_without_a_credential_has_nothing_to_make_ready(counter: Any) -> None:
    operation_id = await counter.shop.open(counter.matrix, small_operation(operation="another"), counter.now)
    await counter.apple.warm(await counter.shop.live(operation_id))


async def test_what_is_handed_over_is_a_pass_that_verifies(counter: Any, authority: Authority) -> None:
    await counter.issue("a/b", {"amount": "3.00 EUR"})
    found = await hand_over(counter, "a/b")
    findings = verify(b"".join(found.parts), anchors=[authority.root_pem], at=counter.now)
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []
    assert found.media_type == "application/vnd.apple.pkpass"
    assert "/" not in found.file_name
    assert found.file_name.endswith(".pkpass")


async def test_what_was_forgotten_is_signed_again(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = counted(counter, monkeypatch)
    await counter.issue()
    await hand_over(counter)
    counter.apple.forget(counter.shop.client_id, [counter.passes["C-1"], 10**9])
    await hand_over(counter)
    assert len(signed) == 2


async def test_a_pass_that_another_process_erased_is_not_handed_over(counter: Any) -> None:
    await counter.issue()
    await hand_over(counter)
    await erase(counter.shop.database, counter.shop.client_id, counter.now, serial="C-1")
    with pytest.raises(NotFound):
        await hand_over(counter)


async def test_a_pass_without_apple_credential_is_not_handed_over(counter: Any) -> None:
    operation = await counter.shop.open(counter.matrix, counter.operation)
    pass_id = await counter.shop.issue(operation, {}, counter.now, "C-2")
    with pytest.raises(CredentialUnfit, match="no Apple credential"):
        await counter.apple.hand_over(counter.shop.client_id, pass_id, counter.now)


async def test_clients_sign_with_their_own_certificates(counter: Any, neighbour: Any) -> None:
    await counter.issue("same")
    await neighbour.issue("same")
    for one, team in ((counter, "TEAMONE"), (neighbour, "TEAMTWO")):
        await one.register("same")
        found = await one.fetch("same")
        assert f'"teamIdentifier":"{team}"'.encode() in found.content
        assert (await one.changed()).json()["serialNumbers"] == ["same"]
    strange = await counter.http.get(neighbour.address("same"), headers=await counter.auth("same"))
    assert strange.status_code == 401
    await neighbour.fire(serial="same")
    tag = (await counter.changed()).json()["lastUpdated"]
    assert (await counter.changed(tag)).status_code == 204


PLACES = st.tuples(st.integers(1, 2), st.integers(1, 4))


@given(st.lists(st.tuples(PLACES, st.integers(0, 3), st.integers(0, 60))), st.integers(0, 100))
def test_the_cache_keeps_to_its_bound_and_gives_what_was_put(
    puts: list[tuple[tuple[int, int], int, int]], most: int
) -> None:
    cache = BundleCache(most)
    for place, version, size in puts:
        parts = (b"shared", bytes(size))
        cache.put(place, version, parts)
        assert cache.size <= most
        assert cache.get(place, version) == (parts if size <= most else None)
        assert cache.get(place, version + 1) is None
    cache.forget({place for place, _, _ in puts})
    assert cache.size == 0


def test_a_version_is_silent_unless_a_notice_fell_into_its_time() -> None:
    assert is_silent("{}", 100, 200)
    assert is_silent('{"google": [150]}', 100, 200)
    assert is_silent('{"apple": [99, 201]}', 100, 200)
    assert not is_silent('{"apple": [100]}', 100, 200)
    assert not is_silent('{"apple": [200]}', 100, 200)
