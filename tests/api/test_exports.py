"""The links of an operation, as a table and as codes."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
import zxingcpp
from PIL import Image
from resvg_py import svg_to_bytes

from walletpass_server.api import exports


async def _links(tenant: Any, count: int) -> list[str]:
    rows = [{"external_id": f"K/{number}"} for number in range(count)]
    made = await tenant.http.post(f"/v1/operations/{tenant.operation_id}/tokens/batch", json={"rows": rows})
    return [each["links"]["link"] for each in made.json()["rows"]]


async def test_every_link_is_in_the_table(tenant: Any) -> None:
    links = await _links(tenant, 5)
    answer = await tenant.http.get(f"/v1/operations/{tenant.operation_id}/links.csv")
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [row["link"] for row in rows] == links
    assert [row["external_id"] for row in rows] == [f"K/{number}" for number in range(5)]


async def test_each_code_of_a_pack_holds_its_link(tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_CODES", 2)
    links = await _links(tenant, 4)
    first = await tenant.http.get(f"/v1/operations/{tenant.operation_id}/links.zip")
    with ZipFile(BytesIO(first.content)) as pack:
        assert pack.namelist() == ["0000001-K_0.svg", "0000002-K_1.svg"]
    assert first.headers["walletpass-parts"] == "2"
    assert first.headers["link"] == f'</v1/operations/{tenant.operation_id}/links.zip?part=2>; rel="next"'
    beyond = await tenant.http.get(f"/v1/operations/{tenant.operation_id}/links.zip?part=3")
    assert (beyond.status_code, "ask for part 1 to 2" in beyond.json()["detail"]) == (404, True)
    answer = await tenant.http.get(f"/v1/operations/{tenant.operation_id}/links.zip?part=2")
    assert "link" not in answer.headers
    with ZipFile(BytesIO(answer.content)) as pack:
        assert pack.testzip() is None
        assert pack.namelist() == ["0000003-K_2.svg", "0000004-K_3.svg"]
        for name, link in zip(pack.namelist(), links[2:], strict=True):
            drawn = Image.open(
                BytesIO(bytes(svg_to_bytes(svg_string=pack.read(name).decode(), width=400, background="white")))
            )
            (found,) = zxingcpp.read_barcodes(drawn.convert("L"))
            assert found.text == link


async def test_a_row_at_fault_stops_no_other(tenant: Any) -> None:
    rows = [{"values": {"points": 1}}, {"values": {"points": "many"}}, {"values": {"points": 3}}]
    answer = await tenant.http.post(f"/v1/operations/{tenant.operation_id}/tokens/batch", json={"rows": rows})
    found = answer.json()["rows"]
    assert [each["problem"] for each in found] == [None, "values-error", None]
    assert "points" in found[1]["detail"]
    assert found[0]["links"]["token"] != found[2]["links"]["token"]


async def test_the_same_external_id_gives_the_same_link_and_the_same_pass(tenant: Any) -> None:
    path = f"/v1/operations/{tenant.operation_id}"
    body = {"external_id": "K-1", "values": {"points": 7}}
    first = (await tenant.http.post(f"{path}/tokens", json=body)).json()
    again = (await tenant.http.post(f"{path}/tokens", json=body)).json()
    assert first == again
    issued = [(await tenant.http.post(f"{path}/passes", json=body)).json() for _ in range(2)]
    assert issued[0] == issued[1]
    assert issued[0]["values"] == {"points": 7}
    token = (await tenant.http.get(f"/v1/tokens/{first['id']}")).json()
    assert (token["state"], token["pass_id"]) == ("opened", issued[0]["id"])
    revoked = (await tenant.http.post(f"/v1/tokens/{first['id']}/revoke", json={})).json()
    assert revoked["state"] == "revoked"
    assert (await tenant.http.get(f"/v1/passes/{issued[0]['id']}")).json()["voided"] is True
