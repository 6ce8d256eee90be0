"""Pictures that Google fetches: those of Models for Google, for ever at one address."""

from __future__ import annotations

import io
from dataclasses import replace

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from walletpass.matrix import Matrix
from walletpass.testing.life import matrix_document
from walletpass_server.bootstrap import platform
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import AssetRow


def png(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 90), color).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def matrix() -> Matrix:
    """A Model whose logo is a picture of its own."""
    document = matrix_document(("active",))
    document["models"]["active"]["images"] = {"logo": {"data": png("red")}, "icon": {"data": png("blue")}}
    return Matrix.read(document)


@pytest.fixture
async def http(campaign, url):
    async with platform(replace(campaign.settings, database_url=url, secret_keys=Keyring.new_key("test"))) as on:
        transport = httpx.ASGITransport(create_app(on))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield client


async def test_google_finds_each_picture_of_the_class_it_was_told(campaign, fake, http):
    await campaign.deliver()
    (class_id,) = fake.class_ids()
    url = fake.class_(class_id)["titleImage"]["sourceUri"]["uri"]
    assert url.startswith("https://passes.example.com/images/")
    answer = await http.get(url.removeprefix("https://passes.example.com"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == (660, 660)


async def test_a_picture_that_is_known_is_not_sent_again_and_head_sends_none(campaign, fake, http):
    await campaign.deliver()
    path = httpx.URL(fake.class_(fake.class_ids()[0])["titleImage"]["sourceUri"]["uri"]).path
    got = await http.get(path)
    again = await http.get(path, headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))


async def test_what_is_for_nobody_else_is_not_there(campaign, http):
    await campaign.deliver()
    async with campaign.database.reading(campaign.shop.client_id) as unit:
        own = await unit.session.scalars(select(AssetRow.digest).where(AssetRow.public.is_(False)))
        digests = list(own.all())
    assert digests
    for digest in digests:
        assert (await http.get(f"/images/{digest.hex()}.png")).status_code == 404
    for name in ("x.png", "0" * 64, "0" * 64 + ".jpg", "..%2F..%2Fetc%2Fpasswd", "0" * 63 + "g.png"):
        assert (await http.get(f"/images/{name}")).status_code == 404
