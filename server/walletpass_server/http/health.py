"""Is this process alive, and can it do its work? For load balancers and supervisors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from litestar import MediaType, Response, route
from litestar.di import NamedDependency

from walletpass.errors import WalletPassError
from walletpass_server.bootstrap import Platform
from walletpass_server.http.failures import name_of
from walletpass_server.persistence.schema import require_current

PATIENCE = 2.0
"""Seconds a database may take to answer."""
STUCK = 20.0
"""Seconds a commit may take: longer than SQLite waits for another writer."""
KEPT = 1.0
"""Seconds an answer is kept, so that asking often costs the database nothing."""


@dataclass(slots=True)
class Readiness:
    """Whether a process can do its work, looked at once a second at most."""

    on: Platform
    _looked_at: float = field(default=-KEPT)
    _reason: str | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def reason(self) -> str | None:
        """Why it is not ready; None when it is."""
        async with self._turn:
            if monotonic() > self._looked_at + KEPT:
                self._reason = await self._look()
                self._looked_at = monotonic()
            return self._reason

    async def _look(self) -> str | None:
        if self.on.writer.busy_for() > STUCK:
            return "writer-stuck"
        try:
            async with asyncio.timeout(PATIENCE):
                await require_current(self.on.database)
        except TimeoutError:
            return "database-slow"
        except WalletPassError as fault:
            return name_of(type(fault))
        return None


@route("/healthz", http_method=["GET", "HEAD"], media_type=MediaType.TEXT, sync_to_thread=False)
def alive() -> Response[str]:
    """The process answers; nothing is looked at."""
    return Response("ok\n", media_type=MediaType.TEXT, headers={"cache-control": "no-store"})


@route("/readyz", http_method=["GET", "HEAD"])
async def ready(readiness: NamedDependency[Readiness]) -> Response[dict[str, Any]]:
    """Database, migrations, writer; 503 with the reason's name."""
    reason = await readiness.reason()
    return Response(
        {"ready": reason is None, "reason": reason},
        status_code=200 if reason is None else 503,
        headers={"cache-control": "no-store"},
    )
