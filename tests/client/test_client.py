"""The client against the API: values, pages, errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from walletpass.client import ApiConflict, ApiDenied, ApiInvalid, ApiMissing, AsyncClient
from walletpass.client.api import events, exports, models, openapi, passes, tokens

ROOT = Path(__file__).parents[2]


def test_there_is_a_function_for_every_route_and_every_answer() -> None:
    made = [sys.executable, "tools/make_client.py", "--check"]
    done = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_pass_is_issued_changed_and_moved(connected: Any) -> None:
    api = connected.api
    issued = await api.send(tokens.issue_pass(connected.operation_id, external_id="K-1", values={"points": 3}))
    assert (issued.model, issued.values, issued.external_id) == ("active", {"points": 3}, "K-1")
    changed = await api.send(passes.change_values(issued.id, values={"points": 5}, if_match=issued.version))
    assert (changed.values, changed.version) == ({"points": 5}, issued.version + 1)
    subject: events.SubjectIn = {"external_id": "K-1"}
    told = await api.send(events.send_event(type="coupon.used", subject=subject, data={"amount": 12}))
    assert (told.matched, told.moved) == (1, 1)
    assert (await api.send(passes.read_pass(issued.id))).model == "used"


async def test_the_same_call_sent_again_changes_nothing(connected: Any) -> None:
    call = tokens.create_token(connected.operation_id)
    first, again = await connected.api.send(call), await connected.api.send(call)
    assert first == again
    assert (await connected.api.send(tokens.create_token(connected.operation_id))).id != first.id


async def test_every_entry_of_a_list_comes_page_after_page(connected: Any) -> None:
    rows: list[tokens.TokenIn] = [{"external_id": f"K-{n}"} for n in range(7)]
    made = await connected.api.send(tokens.create_tokens(connected.operation_id, rows=rows))
    listed = [each.id async for each in connected.api.every(tokens.list_tokens(connected.operation_id, limit=3))]
    assert listed == [row.id for row in reversed(made.rows)]


async def test_an_answer_of_any_size_is_written_to_a_file(connected: Any, tmp_path: Path) -> None:
    await connected.api.send(tokens.create_token(connected.operation_id, external_id="K-1"))
    await connected.api.save(exports.export_links(connected.operation_id), tmp_path / "links.csv")
    assert "K-1" in (tmp_path / "links.csv").read_text("utf-8")
    with pytest.raises(ApiMissing):
        await connected.api.save(exports.export_links(1), tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()
    assert b"openapi" in await connected.api.send(openapi.openapi())


async def test_each_refusal_is_an_error_of_its_kind_that_says_why(connected: Any) -> None:
    api = connected.api
    issued = await api.send(tokens.issue_pass(connected.operation_id))
    with pytest.raises(ApiMissing, match="GET /v1/passes/1: there is no pass 1") as missing:
        await api.send(passes.read_pass(1))
    assert (missing.value.status, missing.value.kind) == (404, "not-found")
    with pytest.raises(ApiInvalid) as invalid:
        await api.send(passes.change_values(issued.id, values={"points": "many"}))
    assert [fault["pointer"] for fault in invalid.value.faults] == ["/values/points"]
    with pytest.raises(ApiConflict) as conflict:
        await api.send(passes.change_values(issued.id, values={"points": 1}, if_match=issued.version + 7))
    assert conflict.value.kind == "version-differs"
    with pytest.raises(ApiMissing):
        await api.send(models.read_model("a/b"))
    with pytest.raises(ApiDenied) as denied:
        await AsyncClient("https://pass.example", "wp_test_wrong", http=api._http).send(passes.list_passes())
    assert denied.value.kind == "key-refused"
