"""
Conditions and values of Triggers, in a bounded part of CEL, the Common Expression Language.

An expression reads `event.x` (what came in), `pass.x` (the values of the pass) and `operation.x`; it has at most 500
characters, no loops, and its types are checked before any pass exists. Numbers are decimal (a literal `10` is `10.0`);
money counts in minor units (cents), one currency at a time; a date compares as its ISO text.
"""

from walletpass.conditions.expression import MAX_SOURCE, Expression, Scope
from walletpass.conditions.typing import CEL_TYPES, FITS

__all__ = ["CEL_TYPES", "FITS", "MAX_SOURCE", "Expression", "Scope"]
