"""Pictures of one pass's own: named by the id or address of an asset, emptied with its holder."""

from __future__ import annotations

import io
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image

from walletpass.apple import KeySigner
from walletpass.apple.maker import PassMaker
from walletpass.testing import Authority
from walletpass.testing.life import model_document, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.values import from_json
from walletpass_server.persistence.tables import PassRow

UNKNOWN = "0" * 64


def _drawn(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 120), color).save(out, "PNG")
    return out.getvalue()


async def _operation(tenant: Any) -> int:
    """An operation whose passes need a photo of their own."""
    logo = (await tenant.http.post("/v1/assets", content=_drawn("green"))).json()["id"]
    model = model_document(
        "card",
        {"photo": {"type": "image"}},
        pass_type="generic",
        images={"logo": logo, "thumbnail": "{{ photo }}"},
        wallets=["apple"],
    )
    matrix = {"matrix": "cards", "pass_type": "generic", "start": "card", "models": {"card": model}}
    made = await tenant.http.post("/v1/matrices", json={"document": matrix})
    assert made.status_code == 201, made.text
    now = datetime.now(UTC)
    period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=9)).isoformat()}
    rules = small_operation(operation="cards", matrix="cards", **period).model_dump(mode="json")
    opened = await tenant.http.post("/v1/operations", json={"document": {**rules, "grace": None}})
    assert opened.status_code == 201, opened.text
    return int(opened.json()["id"])


async def _asset(tenant: Any, color: str) -> str:
    return str((await tenant.http.post("/v1/assets", content=_drawn(color))).json()["id"])


async def test_a_picture_of_a_pass_is_named_by_its_asset(tenant: Any, other: Any) -> None:
    operation_id = await _operation(tenant)
    place = f"/v1/operations/{operation_id}"
    red, blue, theirs = await _asset(tenant, "red"), await _asset(tenant, "blue"), await _asset(other, "black")
    made = (await tenant.http.post(f"{place}/passes", json={"values": {"photo": red}})).json()
    assert b64decode(made["values"]["photo"]) == _drawn("red")
    values = f"/v1/passes/{made['id']}/values"
    address = f"https://pass.example/v1/assets/{blue}"
    changed = await tenant.http.patch(values, json={"values": {"photo": address}}, headers={"idempotency-key": "k"})
    assert b64decode(changed.json()["values"]["photo"]) == _drawn("blue")
    for wrong in (UNKNOWN, theirs, "photo.png", 7):
        refused = await tenant.http.patch(values, json={"values": {"photo": wrong}})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/values/photo")
        assert "is no asset: keep the picture first" in refused.json()["detail"]
    rows = [{"values": {"photo": red}}, {"values": {"photo": theirs}}, {"values": {}}]
    answers = (await tenant.http.post(f"{place}/tokens/batch", json={"rows": rows})).json()["rows"]
    assert [each["problem"] for each in answers] == [None, "values-error", "values-error"]


async def test_the_empty_version_of_an_erased_pass_that_needs_a_picture_can_be_made(tenant: Any) -> None:
    operation_id = await _operation(tenant)
    values = {"photo": await _asset(tenant, "red")}
    body = {"external_id": "ada", "values": values}
    made = (await tenant.http.post(f"/v1/operations/{operation_id}/passes", json=body)).json()
    now = datetime.now(UTC)

    async def held(unit: Any) -> None:
        await phones.register(unit, operation_id, made["id"], "adas-phone", "push", now)

    await tenant.on.database.run(tenant.shop.client_id, held)
    receipt = (await tenant.http.post("/v1/persons/erase", json={"external_id": "ada"})).json()
    assert receipt["on_phones"] == 1
    async with tenant.on.database.reading(tenant.shop.client_id) as unit:
        live = await load_operation(unit, operation_id)
        left = await unit.session.get_one(PassRow, (tenant.shop.client_id, made["id"]))
        blank = from_json(left.variables, live.variables)
    signer = KeySigner(Authority.create(key="ec").issue_pass_certificate().credentials())
    bundle = PassMaker(live.matrix.models["card"], signer).make(left.serial, blank, voided=True)
    with ZipFile(io.BytesIO(bundle)) as files, Image.open(io.BytesIO(files.read("thumbnail.png"))) as thumbnail:
        pixel = thumbnail.convert("RGB").getpixel((0, 0))
    assert pixel != (255, 0, 0)
    assert blank["photo"] != _drawn("red")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_values_without_pictures_are_as_they_were(tenant: Any) -> None:
    made = await tenant.issue(points=1)
    changed = await tenant.http.patch(f"/v1/passes/{made['id']}/values", json={"values": {"store": UNKNOWN}})
    assert changed.json()["values"] == {"points": 1, "store": UNKNOWN}
