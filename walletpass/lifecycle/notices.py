"""
Whether a Notification may be shown, and when: the wallets' limits and the Operation's plan.

An update is never held back, only its Notification.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from walletpass.calendars import instant_of
from walletpass.model.fields import Wallet
from walletpass.operation import Operation, QuietHours
from walletpass.templates.google import NOTICES_PER_DAY

GOOGLE_LIMIT = NOTICES_PER_DAY
"""Notifications of one pass that Google shows within `GOOGLE_WINDOW`."""
GOOGLE_WINDOW = timedelta(hours=24)

Outcome = Literal["sent", "deferred", "suppressed"]
Reason = Literal["", "quiet-hours", "plan-max", "plan-interval", "google-limit"]


@dataclass(frozen=True, slots=True)
class Notice:
    """
    What becomes of the Notification of one update in one wallet.

    Attributes:
        wallet: apple or google.
        outcome: sent now, deferred to the end of the quiet hours, or suppressed.
        at: When the phone shows it, UTC; of a suppressed one, when it would have.
        reason: Why it is not sent now.
    """

    wallet: Wallet
    outcome: Outcome
    at: datetime
    reason: Reason = ""


def plan_notice(
    operation: Operation, wallet: Wallet, earlier: Iterable[datetime], now: datetime, *, essential: bool = False
) -> Notice:
    """
    Decide one Notification.

    Args:
        operation: Its plan and zone.
        wallet: Whose limit counts too.
        earlier: Instants of this pass's Notifications in this wallet, promised ones included.
        now: The instant of the update.
        essential: Skips the plan, never Google's limit.
    """
    taken = sorted(earlier)
    quiet = operation.notifications.quiet
    end_of_quiet = quiet_until(quiet, now, operation.tz) if quiet and not essential else None
    shown_at = end_of_quiet or now
    reason: Reason = ""
    if not essential:
        reason = _over_plan(operation, taken, shown_at)
    if not reason and wallet == "google" and _over_google(taken, shown_at):
        reason = "google-limit"
    if reason:
        return Notice(wallet, "suppressed", shown_at, reason)
    return Notice(wallet, "deferred", shown_at, "quiet-hours") if end_of_quiet else Notice(wallet, "sent", shown_at)


def quiet_until(quiet: QuietHours, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet hours that an instant lies in; None outside them."""
    local = now.astimezone(zone)
    clock = local.time()
    over_midnight = quiet.end < quiet.start
    inside = clock >= quiet.start or clock < quiet.end if over_midnight else quiet.start <= clock < quiet.end
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= quiet.start else 0)
    return max(instant_of(datetime.combine(day, quiet.end), zone), now)


def _over_plan(operation: Operation, taken: list[datetime], at: datetime) -> Reason:
    plan = operation.notifications
    if plan.max is not None and len(taken) >= plan.max:
        return "plan-max"
    if plan.min_interval:
        around = sorted([*taken, at])
        if any(plan.min_interval.after(one, operation.tz) > other for one, other in pairwise(around)):
            return "plan-interval"
    return ""


def _over_google(taken: list[datetime], at: datetime) -> bool:
    """Whether one more at this instant puts over the limit any 24 hours it lies in, promised ones ahead included."""
    instants = sorted([*taken, at])
    return any(
        sum(end - GOOGLE_WINDOW < instant <= end for instant in instants) > GOOGLE_LIMIT
        for end in instants
        if at <= end < at + GOOGLE_WINDOW
    )
