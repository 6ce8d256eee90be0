"""The gate of production: what an operation must have before real customers get its passes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from walletpass.errors import ProductionRefused
from walletpass.operation import NotificationPlan, Operation
from walletpass_server.engine.policies import POLICIES, has_accepted
from walletpass_server.persistence.tables import CredentialRow
from walletpass_server.persistence.unit_of_work import Unit


async def admit(unit: Unit, operation: Operation, credentials: Sequence[CredentialRow], now: datetime) -> None:
    """
    Let an operation into production; others pass freely.

    Args:
        unit: Of the client.
        operation: As asked for.
        credentials: What would sign its passes.
        now: The instant.

    Raises:
        ProductionRefused: One line for all that is missing.
    """
    if operation.environment != "production":
        return
    missing = [fault for row in credentials if (fault := unfit(row, now)) is not None]
    if not credentials:
        missing.append("it has no credentials: name those of the client for Apple, Google or both")
    if operation.notifications == NotificationPlan():
        missing.append("it has no notification plan: give notifications.max, 0 for none, or an interval")
    for wallet in sorted({row.wallet for row in credentials}):
        if not await has_accepted(unit, wallet):
            version = POLICIES[wallet].version
            missing.append(f"the client has not accepted the rules of {wallet}, version {version}: have them accepted")
    if missing:
        raise ProductionRefused(
            f"{operation.operation}: not ready for production: {'; '.join(missing)}", tuple(missing)
        )


def unfit(credential: CredentialRow, now: datetime) -> str | None:
    """Why a credential cannot serve production; None when it can."""
    what = f"{credential.wallet} credential {credential.name}"
    if credential.source == "provider":
        return f"{what} is a provider's, and production needs the client's own: add that one"
    if credential.environment != "production":
        return f"{what} is for tests, and production needs the client's own: add it for production"
    if credential.not_after is not None and credential.not_after <= now:
        return f"{what} ended on {credential.not_after:%Y-%m-%d}: renew it"
    if credential.stopped_at is not None:
        return f"{what} is stopped ({credential.stopped_why}): see to it, then resume it"
    return None
