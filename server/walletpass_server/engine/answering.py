"""
What is done in answer to an event that a hook told of: the chain goes on, so that loops end.

A chain is at most `hooks.MAX_CHAIN` events long, and no Trigger moves a pass twice in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select, tuple_

from walletpass.events import MOVED
from walletpass.hooks import fact_of, lengthen, read_event_id
from walletpass_server.persistence.tables import FactRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Answering:
    """
    Why something is done.

    Attributes:
        chain: Ids of the events in answer to which it is done, the first one first.
        moves: Pass to the Triggers that have moved it in this chain.
    """

    chain: tuple[str, ...] = ()
    moves: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def triggers(self, pass_id: int) -> tuple[str, ...]:
        """Those that do not move a pass again."""
        return self.moves.get(pass_id, ())


OF_ITSELF = Answering()
"""In answer to nothing."""


async def answering(unit: Unit, event_id: str | None) -> Answering:
    """
    The chain of what is done in answer to an event of the unit's client.

    Args:
        event_id: As the event was told; None for what is done of itself.

    Raises:
        UsageError: It is no id of an event.
        HookLoop: The chain is as long as it may be.
    """
    if event_id is None:
        return OF_ITSELF
    pass_id, place = read_event_id(event_id)
    before = await unit.session.scalar(
        select(FactRow.data).where(FactRow.pass_id == pass_id, FactRow.number == fact_of(place)[0])
    )
    chain = lengthen((before or {}).get("causes", ()), event_id)
    numbers = []
    for each in chain:
        of, where = read_event_id(each)
        numbers.append((of, fact_of(where)[0]))
    moved = await unit.session.execute(
        select(FactRow.pass_id, FactRow.data).where(
            FactRow.name == MOVED, tuple_(FactRow.pass_id, FactRow.number).in_(numbers)
        )
    )
    moves: dict[int, tuple[str, ...]] = {}
    for of, data in moved:
        moves[of] = (*moves.get(of, ()), str(data["trigger"]))
    return Answering(chain, moves)
