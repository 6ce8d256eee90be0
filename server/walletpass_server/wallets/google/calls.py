"""Calls of the API at the issuer's pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import httpx

from walletpass.errors import GoogleCallFailed, GoogleDenied, GoogleQuota, GoogleRate, GoogleUnavailable
from walletpass_server.wallets.google.accounts import GoogleAccount
from walletpass_server.wallets.google.client import Content, GoogleApi, Kind
from walletpass_server.wallets.google.pace import Pace

Call = Callable[[httpx.Auth], Awaitable[Content]]


class Calls:
    """As GoogleApi, but each call waits for its turn, and what it meets is told to the pace."""

    def __init__(self, api: GoogleApi, pace: Pace) -> None:
        self.pace = pace
        self._api = api

    async def get(self, account: GoogleAccount, type_: str, kind: Kind, resource_id: str) -> Content:
        """A class or an object."""
        return await self._paced(account, lambda auth: self._api.get(auth, type_, kind, resource_id))

    async def page(self, account: GoogleAccount, type_: str, kind: Kind, query: Mapping[str, str]) -> Content:
        """A page of a list."""
        return await self._paced(account, lambda auth: self._api.page(auth, type_, kind, query))

    async def insert(self, account: GoogleAccount, type_: str, kind: Kind, content: Content) -> Content:
        """A new class or object."""
        return await self._paced(account, lambda auth: self._api.insert(auth, type_, kind, content))

    async def patch(
        self, account: GoogleAccount, type_: str, kind: Kind, resource_id: str, changes: Content
    ) -> Content:
        """Merge changes in."""
        return await self._paced(account, lambda auth: self._api.patch(auth, type_, kind, resource_id, changes))

    async def replace(
        self, account: GoogleAccount, type_: str, kind: Kind, resource_id: str, content: Content
    ) -> Content:
        """Replace all of it."""
        return await self._paced(account, lambda auth: self._api.replace(auth, type_, kind, resource_id, content))

    async def add_message(self, account: GoogleAccount, type_: str, resource_id: str, message: Content) -> Content:
        """
        Append a message to an object.

        Raises:
            GoogleQuota: Too many notifications of this pass; of a message that notifies it says nothing of the pace.
        """
        notifies = message.get("messageType") == "TEXT_AND_NOTIFY"
        return await self._paced(
            account,
            lambda auth: self._api.add_message(auth, type_, "Object", resource_id, message),
            quota_is_pace=not notifies,
        )

    async def patch_and_notify(self, account: GoogleAccount, type_: str, resource_id: str, changes: Content) -> Content:
        """Merge changes into an object, which phones tell; raises GoogleQuota as `add_message`."""
        told = {**changes, "notifyPreference": "NOTIFY_ON_UPDATE"}
        return await self._paced(
            account, lambda auth: self._api.patch(auth, type_, "Object", resource_id, told), quota_is_pace=False
        )

    async def _paced(self, account: GoogleAccount, call: Call, *, quota_is_pace: bool = True) -> Content:
        await self.pace.turn(account.issuer_id, account.per_second)
        try:
            answer = await call(account.auth)
        except (GoogleUnavailable, GoogleDenied) as exc:
            await self.pace.troubled(account.issuer_id, exc.retry_after)
            raise
        except GoogleQuota as exc:
            if quota_is_pace or isinstance(exc, GoogleRate) or exc.retry_after is not None:
                await self.pace.troubled(account.issuer_id, exc.retry_after)
            raise
        except GoogleCallFailed:
            self.pace.answered(account.issuer_id)
            raise
        self.pace.answered(account.issuer_id)
        return answer
