"""Hooks and contacts over the API and on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select

from walletpass_server.cli.client import client
from walletpass_server.cli.hook import hook
from walletpass_server.cli.server import server
from walletpass_server.persistence.tables import AuditRow

NEW = {"name": "CRM", "url": "https://crm.example/hooks", "events": ["pass.*"]}


async def _add(tenant: Any, **more: Any) -> Any:
    answer = await tenant.http.post("/v1/hooks", json={**NEW, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_hook_is_added_shown_paused_rotated_and_removed(tenant: Any) -> None:
    made = await _add(tenant, include=["holder"], operations=[tenant.operation_id], models=["active"])
    where = f"/v1/hooks/{made['hook']['id']}"
    assert made["secret"].startswith("whsec_")
    shown = await tenant.http.get(where)
    assert shown.json() == made["hook"]
    assert made["secret"] not in shown.text
    assert (await tenant.http.get("/v1/hooks")).json()["items"] == [made["hook"]]
    paused = (await tenant.http.post(f"{where}/pause")).json()
    assert (paused["state"], paused["paused_why"]) == ("paused", "asked for")
    assert (await tenant.http.post(f"{where}/resume")).json()["state"] == "active"
    rotated = (await tenant.http.post(f"{where}/rotate", json={"overlap_hours": 2})).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["hook"]["two_secrets_until"] is not None
    assert (await tenant.http.delete(where)).status_code == 200
    assert (await tenant.http.get(where)).status_code == 404
    async with tenant.on.database.reading(tenant.shop.client_id) as unit:
        log = (await unit.session.execute(select(AuditRow.action, AuditRow.after).order_by(AuditRow.id))).all()
    actions = [action for action, _ in log if action.startswith("hook.")]
    assert actions == ["hook.created", "hook.paused", "hook.resumed", "hook.rotated", "hook.removed"]
    assert "whsec_" not in json.dumps([after for _, after in log])


async def test_deliveries_are_listed_and_tests_and_replays_are_asked_for(tenant: Any) -> None:
    made = await _add(tenant)
    where = f"/v1/hooks/{made['hook']['id']}"
    delivery = (await tenant.http.post(f"{where}/test")).json()
    assert (delivery["type"], delivery["state"]) == ("hook.test", "waiting")
    await tenant.issue()
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    replayed = await tenant.http.post(f"{where}/replay", json={"since": since})
    assert (replayed.status_code, replayed.json()["replaying"]) == (202, True)
    await tenant.on.hooks.spread()
    while await tenant.on.hooks.spread():
        pass
    listed = (await tenant.http.get(f"{where}/deliveries")).json()["items"]
    assert {each["type"] for each in listed} == {"hook.test", "pass.issued"}
    waiting = (await tenant.http.get(f"{where}/deliveries", params={"only": "waiting"})).json()["items"]
    assert waiting == listed
    assert (await tenant.http.get(f"{where}/deliveries", params={"only": "dead"})).json()["items"] == []
    again = await tenant.http.post(f"{where}/deliveries/again", json={})
    assert (again.status_code, again.json()) == (202, {"deliveries": 0})
    assert (await tenant.http.get(where)).json()["waiting"] == len(listed)


async def test_what_cannot_be_a_hook_is_refused(tenant: Any) -> None:
    for more in (
        {"url": "https://127.0.0.1/"}, {"url": "http://crm.example/"}, {"url": "https://169.254.169.254/latest"},
        {"events": ["pass.nonsense"]}, {"events": []}, {"include": ["everything"]}, {"operations": [999_999]},
    ):  # fmt: skip
        answer = await tenant.http.post("/v1/hooks", json={**NEW, **more})
        assert answer.status_code in (400, 404, 422), (more, answer.text)
        assert answer.json()["type"] != "/v1/problems/internal-server-error"


async def test_hooks_of_the_other_environment_and_beyond_the_reach_do_not_exist(tenant: Any) -> None:
    made = await _add(tenant)
    live = await tenant.new_key(environment="production")
    narrow = await tenant.new_key(operations=[tenant.operation_id])
    for key in (live, narrow):
        headers = {"authorization": f"Bearer {key}"}
        assert (await tenant.http.get(f"/v1/hooks/{made['hook']['id']}", headers=headers)).status_code == 404
        assert (await tenant.http.get("/v1/hooks", headers=headers)).json()["items"] == []
    own = await tenant.http.post("/v1/hooks", json=NEW, headers={"authorization": f"Bearer {narrow}"})
    assert own.json()["hook"]["operations"] == [tenant.operation_id]


async def test_an_event_reaches_a_pass_by_contact_and_a_loop_is_a_conflict(tenant: Any) -> None:
    made = await tenant.issue()
    where = f"/v1/passes/{made['id']}/contacts"
    kept = await tenant.http.put(where, json={"contacts": ["+33 6 12 34 56 78", "ada@example.com"]})
    assert (kept.status_code, kept.json()) == (200, {"msisdn": 1, "email": 1})
    assert (await tenant.http.get(where)).json() == {"msisdn": 1, "email": 1}
    refused = await tenant.http.put(where, json={"contacts": ["0612345678"]})
    assert refused.status_code == 400
    assert "0612345678" not in refused.text
    event = {"type": "coupon.used", "subject": {"contact": "0033612345678"}, "data": {"amount": 12, "store": "Lyon"}}
    assert (await tenant.http.post("/v1/events", json=event)).json()["moved"] == 1
    nobody = {**event, "subject": {"contact": "+33699999999"}}
    assert (await tenant.http.post("/v1/events", json=nobody)).json()["matched"] == 0
    cause = None
    for number in range(12):
        headers = {"walletpass-cause": cause} if cause else {}
        answer = await tenant.http.patch(
            f"/v1/passes/{made['id']}/values", json={"values": {"store": f"S{number}"}}, headers=headers
        )
        if answer.status_code == 409:
            assert answer.json()["type"] == "/v1/problems/hook-loop"
            break
        newest = (await tenant.http.get(f"/v1/passes/{made['id']}/facts")).json()["items"][0]
        cause = f"evt_{made['id']:x}_{newest['number'] * 4:x}"
    assert number == 9


def test_the_command_line_does_the_same(tmp_path: Any) -> None:
    runner = CliRunner()

    def run(command: Any, *arguments: str) -> str:
        answer = runner.invoke(command, [*arguments, "--data", str(tmp_path)])
        assert answer.exit_code == 0, (arguments, answer.output, answer.exception)
        return answer.output

    run(server, "init")
    run(client, "add", "shop")
    made = json.loads(run(hook, "add", "https://crm.example/hooks", "--name", "CRM", "--event", "pass.*", "--json"))
    number = str(made["id"])
    assert made["secret"].startswith("whsec_")
    assert "CRM" in run(hook, "list")
    for name, *more in (["test"], ["pause"], ["resume"], ["replay", "--from", "2020-01-01T00:00"], ["dead"]):
        run(hook, name, number, *more)
    rotated = json.loads(run(hook, "rotate", number, "--json"))
    assert rotated["secret"] != made["secret"]
    assert "try again: 0" in run(hook, "dead", number, "--again")
    (listed,) = json.loads(run(hook, "list", "--json"))
    assert (listed["state"], listed["waiting"]) == ("active", 1)
    run(hook, "remove", number)
    assert "nobody listens" in run(hook, "list")
