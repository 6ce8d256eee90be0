"""A link that was opened, told to those who subscribed to hear of it."""

from __future__ import annotations

from datetime import UTC, datetime

from walletpass_server.engine.news import News
from walletpass_server.engine.tokens import Token
from walletpass_server.links.shelf import Shelf
from walletpass_server.links.showcase import Showcase
from walletpass_server.links.visits import Visit


async def tell_opened(shelf: Shelf, showcase: Showcase, visit: Visit, token: Token | None = None) -> None:
    """Tell of a person who sees the page of a link; of robots nothing is told."""
    if visit.issues_nothing:
        return
    data = {
        "link": "operation" if token is None else "personal",
        "token_id": token.id if token is not None else None,
        "operation": showcase.operation.operation,
        "user_agent_class": visit.device.value,
        "referrer": visit.referrer or None,
        "tags": dict(visit.tags),
    }
    pass_id = token.pass_id if token is not None else None
    news = News(type="link.opened", operation_id=showcase.operation_id, pass_id=pass_id, data=data)
    await shelf.on.listeners.tell(showcase.client_id, [news], datetime.now(UTC), cause="link")
