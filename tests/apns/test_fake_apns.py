"""The fake APNs answers as Apple documents, seen by another HTTP/2 client."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from walletpass.testing.apns import FakeApns, Fault, ReceivedPush, Reply, TeamKey
from walletpass.testing.authority import Authority, IssuedCertificate

GOOD = {"apns-topic": "pass.example.sample", "apns-push-type": "background", "apns-priority": "5"}


@pytest.fixture
async def apns() -> AsyncIterator[FakeApns]:
    async with FakeApns() as running:
        yield running


@contextmanager
def client_of(apns: FakeApns, certificate: Path | None = None) -> Iterator[httpx.AsyncClient]:
    context = ssl.create_default_context(cadata=apns.ca_pem.decode())
    if certificate is not None:
        context.load_cert_chain(certificate)
    yield httpx.AsyncClient(http2=True, verify=context, base_url=apns.url)


async def push(client: httpx.AsyncClient, token: str = "0a1b", **changed: str) -> httpx.Response:
    headers = {"apns-id": str(uuid.uuid4())} | GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    return await client.post(f"/3/device/{token}", content=b"{}", headers=headers)


async def test_a_push_is_accepted_kept_and_told_to_who_listens(apns: FakeApns) -> None:
    heard: list[ReceivedPush] = []
    apns.listen(heard.append, token="0a1b")
    with client_of(apns) as client:
        async with client:
            answer = await push(client)
            await push(client, "ffff")
    assert (answer.status_code, answer.http_version, answer.content) == (200, "HTTP/2", b"")
    assert [told.token for told in heard] == ["0a1b"]
    assert [taken.topic for taken in apns.accepted] == ["pass.example.sample"] * 2
    assert answer.headers["apns-id"] == heard[0].apns_id


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"apns_priority": "10"}, 400, "BadPriority"),
        ({"apns_priority": "7"}, 400, "BadPriority"),
        ({"apns_push_type": "postcard"}, 400, "InvalidPushType"),
        ({"apns_id": "1"}, 400, "BadMessageId"),
        ({"apns_expiration": "soon"}, 400, "BadExpirationDate"),
        ({"apns_collapse_id": "x" * 65}, 400, "BadCollapseId"),
        ({"apns_topic": ""}, 400, "MissingTopic"),
        ({"token": "xyz"}, 400, "BadDeviceToken"),
        ({"token": ""}, 400, "MissingDeviceToken"),
    ],
)
async def test_a_faulty_push_is_refused_with_apples_reason(
    apns: FakeApns, changed: dict[str, str], status: int, reason: str
) -> None:
    with client_of(apns) as client:
        async with client:
            answer = await push(client, **changed)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert apns.accepted == []


async def test_an_empty_body_a_wrong_path_and_a_wrong_method_are_refused(apns: FakeApns) -> None:
    with client_of(apns) as client:
        async with client:
            answers = [
                await client.post("/3/device/0a1b", headers=GOOD),
                await client.post("/3/devices/0a1b", headers=GOOD, content=b"{}"),
                await client.get("/3/device/0a1b", headers=GOOD),
                await client.post("/3/device/0a1b", headers=GOOD, content=b"{%s}" % (b" " * 5000)),
            ]
    reasons = [answer.json()["reason"] for answer in answers]
    assert reasons == ["PayloadEmpty", "BadPath", "MethodNotAllowed", "PayloadTooLarge"]


async def test_a_token_is_refused_as_told_until_it_is_allowed(apns: FakeApns) -> None:
    apns.refuse("0a1b", Reply(410, "Unregistered", timestamp=1_800_000_000_000))
    with client_of(apns) as client:
        async with client:
            refused, other = await push(client), await push(client, "ffff")
            apns.allow("0a1b")
            again = await push(client)
    assert refused.json() == {"reason": "Unregistered", "timestamp": 1_800_000_000_000}
    assert (refused.status_code, other.status_code, again.status_code) == (410, 200, 200)


async def test_a_certificate_pushes_its_own_pass_type_and_no_other(tmp_path: Path) -> None:
    authority = Authority.create(key="ec")
    async with FakeApns(client_roots=authority.root_pem) as apns:
        file = written(authority.issue_pass_certificate("pass.example.sample", key="ec"), tmp_path)
        with client_of(apns, file) as client, client_of(apns) as stranger:
            async with client, stranger:
                own, other = await push(client), await push(client, apns_topic="pass.example.other")
                unknown = await push(stranger)
    assert own.status_code == 200
    assert other.json()["reason"] == "TopicDisallowed"
    assert (unknown.status_code, unknown.json()["reason"]) == (403, "MissingProviderToken")
    assert [taken.certificate for taken in apns.accepted] == ["pass.example.sample"]


async def test_provider_tokens_are_of_a_known_key_and_its_team_and_neither_old_nor_too_new() -> None:
    key, stranger = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = time.time()

    def bearer(age: float, *, team: str = "TEAM", by: ec.EllipticCurvePrivateKey = key) -> str:
        claims = {"iss": team, "iat": int(now - age)}
        return "bearer " + jwt.encode(claims, by, algorithm="ES256", headers={"kid": "KEY"})

    async with FakeApns(keys={"KEY": TeamKey("TEAM", key.public_key())}) as apns:
        with client_of(apns) as client:
            async with client:
                tokens = [
                    "bearer x", bearer(0, by=stranger), bearer(0, team="OTHER"), bearer(3700), bearer(100), bearer(0)
                ]  # fmt: skip
                answers = [await push(client, authorization=token) for token in tokens]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 200, 429]
    assert [answer.json()["reason"] for answer in answers if answer.content] == [
        "InvalidProviderToken", "InvalidProviderToken", "InvalidProviderToken", "ExpiredProviderToken",
        "TooManyProviderTokenUpdates",
    ]  # fmt: skip


async def test_it_fails_as_a_whole_when_told_to(apns: FakeApns) -> None:
    with client_of(apns) as client:
        async with client:
            apns.fault = Fault.ALL_GONE
            gone = await push(client)
            apns.fault = Fault.BARE_503
            bare = await push(client)
            apns.fault = Fault.NONE
            fine = await push(client)
    assert (gone.status_code, gone.json()["reason"]) == (410, "Unregistered")
    assert (bare.status_code, bare.content) == (503, b"")
    assert fine.status_code == 200


async def test_when_it_is_down_connections_are_refused_and_it_comes_back_at_the_same_place(apns: FakeApns) -> None:
    with client_of(apns) as client, client_of(apns) as later:
        async with client, later:
            assert (await push(client)).status_code == 200
            await apns.stop()
            with pytest.raises(httpx.ConnectError):
                await push(later)
            await apns.start()
            assert (await push(later)).status_code == 200


def written(issued: IssuedCertificate, folder: Path) -> Path:
    file = folder / "pass.pem"
    file.write_bytes(issued.key_pem() + issued.certificate_pem + issued.intermediate_pem)
    return file
