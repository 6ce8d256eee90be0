"""Money as Google writes it."""

from __future__ import annotations

from walletpass.values import Money


def money(value: Money) -> dict[str, str]:
    """Millionths of the unit, of every currency alike, as a string of digits."""
    return {"currencyCode": value.currency, "micros": str(value.micros)}
