"""
The rules of Apple's web service for passes, tried on any server from outside.

    python -m walletpass.testing.protocol --pass https://tickets.example/p/TOKEN.pkpass \\
        --ca root.pem --change 'walletpass event gate.changed --serial {serial}'

Or as tests, where a pass and a way to change it are at hand:

    @pytest.mark.parametrize("rule", RULES, ids=str)
    async def test_web_service(rule: Rule, subject: Subject) -> None:
        assert not await broken_by(rule, subject)

Each chapter is a module, each rule a function whose docstring is the rule; `reference` is a service that keeps all.
"""

from __future__ import annotations

from walletpass.testing.protocol import (
    addresses,
    device_logs,
    fetching,
    listing,
    pushing,
    registering,
    secrecy,
    simultaneous,
)
from walletpass.testing.protocol.rules import Need, Rule, RuleBroken
from walletpass.testing.protocol.running import Result, State, broken_by, run
from walletpass.testing.protocol.subject import Subject

__all__ = ["RULES", "Need", "Result", "Rule", "RuleBroken", "State", "Subject", "broken_by", "run"]

_CHAPTERS = (registering, listing, fetching, secrecy, addresses, device_logs, simultaneous, pushing)

RULES: tuple[Rule, ...] = tuple(
    # What voids a pass comes last: it cannot be undone.
    sorted((rule for chapter in _CHAPTERS for rule in chapter.BOOK.rules), key=lambda rule: Need.VOID in rule.needs)
)
"""Every rule, in the order to try them."""
