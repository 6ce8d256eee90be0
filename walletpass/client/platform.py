"""The platform as modules see it, over the API."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import cast

from walletpass.client.api import contacts as contact_calls
from walletpass.client.api import events, tokens
from walletpass.client.clients import AsyncClient
from walletpass.errors import ApiConflict, ApiInvalid, ApiMissing
from walletpass.modules import Happening

_logger = logging.getLogger(__name__)


class ApiPlatform:
    """
    `walletpass.modules.Platform` by a key with the scopes `events:write`, `links:read` and `passes:write`.

        async with AsyncClient(url, key) as api:
            platform = ApiPlatform(api)
    """

    def __init__(self, api: AsyncClient) -> None:
        self._api = api

    async def tell(self, happening: Happening) -> int:
        """As the port says. What is refused for good is logged by its name and the type of problem alone."""
        call = events.send_event(
            type=happening.type,
            subject=cast(events.SubjectIn, dict(happening.subject)),
            data=dict(happening.data),
            occurred_at=happening.occurred_at,
            idempotency_key=happening.key,
            walletpass_cause=happening.cause,
        )
        try:
            told = await self._api.send(call)
        except (ApiInvalid, ApiMissing, ApiConflict) as refused:
            _logger.warning("%s, %s: never taken (%s)", happening.type, happening.cause or "of itself", refused.kind)
            return 0
        return told.matched or 0

    async def link(self, token_id: int) -> str:
        """As the port says."""
        return (await self._api.send(tokens.read_links(token_id))).link

    async def remember(self, pass_id: int, contacts: Sequence[str]) -> None:
        """As the port says."""
        await self._api.send(contact_calls.write_contacts(pass_id, contacts=list(contacts)))
