"""Trying rules one after the other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum

import httpx

from walletpass.errors import WalletPassError
from walletpass.testing.protocol.rules import Rule, RuleBroken
from walletpass.testing.protocol.subject import Subject


class State(StrEnum):
    """What became of a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Result:
    """
    What became of one rule.

    Attributes:
        rule: Which.
        state: Kept, broken or not tried.
        says: What was found, or what was lacking; empty for one that is kept.
    """

    rule: Rule
    state: State
    says: str = ""


async def run(rules: Iterable[Rule], on: Subject) -> AsyncIterator[Result]:
    """Try rules on a subject; registrations are taken back after each."""
    for rule in rules:
        lacking = rule.missing(on)
        if lacking:
            yield Result(rule, State.NOT_TRIED, f"it needs {' and '.join(lacking)}")
            continue
        broken = await broken_by(rule, on)
        yield Result(rule, State.BROKEN if broken else State.KEPT, broken)


async def broken_by(rule: Rule, on: Subject) -> str:
    """How a subject breaks a rule; empty if it keeps it."""
    try:
        await rule.check(on)
    except RuleBroken as broken:
        return str(broken)
    except WalletPassError as fault:
        return f"what it serves cannot be used: {fault}"
    except httpx.HTTPError as exc:
        return f"it gives no answer: {exc or type(exc).__name__}"
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as exc:
        return f"its answer cannot be read: {type(exc).__name__} {exc}"
    finally:
        await _tidy(on)
    return ""


async def _tidy(on: Subject) -> None:
    try:
        await on.tidy()
    except httpx.HTTPError:
        on.devices.clear()  # a service that does not answer keeps what it has
