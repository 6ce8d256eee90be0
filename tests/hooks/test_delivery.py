"""Web hooks: what is told, signed how, in which order, and what happens when it does not arrive."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from standardwebhooks import Webhook

from walletpass.hooks import Event


async def test_an_event_arrives_signed_with_its_envelope(scene: Any) -> None:
    new = await scene.listen("pass.*")
    pass_id = await scene.issue(holder="Ada")
    await scene.add(pass_id)
    assert await scene.told() == ["pass.issued", "pass.added"]
    request = scene.receiver.accepted[-1]
    assert Webhook(new.secret).verify(request.body, dict(request.headers)) == request.event
    event = Event.read(request.event)
    assert (event.type, event.client, event.environment) == ("pass.added", "shop", "test")
    assert event.id == request.headers["webhook-id"]
    assert event.cause.type == "apple.register"
    told = event.data["pass"]
    assert (told["id"], told["model"], told["wallet"], told["pass_type"]) == (pass_id, "active", "apple", "coupon")
    assert (event.data["first"], event.data["active_devices"]) == (True, 1)
    assert "Ada" not in request.body.decode()
    assert json.loads(request.body) == event.document()
