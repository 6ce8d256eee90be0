"""Apple's web service over HTTP: codes, headers and bodies of every endpoint."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx


def pass_json(response: httpx.Response) -> Any:
    with zipfile.ZipFile(io.BytesIO(response.content)) as bundle:
        return json.loads(bundle.read("pass.json"))


async def test_registering_is_created_once_and_then_known(counter: Any) -> None:
    await counter.issue()
    assert (await counter.register()).status_code == 201
    assert (await counter.register()).status_code == 200


async def test_a_fetched_pass_is_signed_and_says_when_it_changed(counter: Any) -> None:
    await counter.issue(values={"amount": "12.50 EUR"})
    found = await counter.fetch()
    assert found.status_code == 200
    assert found.headers["content-type"] == "application/vnd.apple.pkpass"
    assert found.headers["last-modified"] == "Mon, 01 Mar 2027 08:00:00 GMT"
    assert int(found.headers["content-length"]) == len(found.content)
    document = pass_json(found)
    assert document["serialNumber"] == "C-1"
    assert document["webServiceURL"] == "https://passes.example/passkit"
    assert document["authenticationToken"] == await counter.secret()


async def test_what_changed_is_listed_until_the_phone_has_the_tag(counter: Any) -> None:
    await counter.issue()
    await counter.register()
    first = await counter.changed()
    assert first.status_code == 200
    assert first.json()["serialNumbers"] == ["C-1"]
    tag = first.json()["lastUpdated"]
    await counter.fire()
    second = await counter.changed(tag)
    assert second.json()["serialNumbers"] == ["C-1"]
