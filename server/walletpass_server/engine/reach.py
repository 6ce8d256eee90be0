"""How far a caller reaches among the operations of its client: one environment, perhaps some operations only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from walletpass_server.persistence.tables import OperationRow


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What is beyond it does not exist for the caller.

    Attributes:
        environment: test or production; None for both.
        operations: Ids; None for all.
    """

    environment: str | None = None
    operations: frozenset[int] | None = None

    def covers(self, operation: OperationRow) -> bool:
        """Whether an operation of the client is within it."""
        return self.environment in (None, operation.environment) and (
            self.operations is None or operation.id in self.operations
        )

    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """The same, for a query that reads `operation`."""
        found: list[ColumnElement[bool]] = []
        if self.environment is not None:
            found.append(OperationRow.environment == self.environment)
        if self.operations is not None:
            found.append(OperationRow.id.in_(self.operations))
        return tuple(found)

    def within(self, client_id: int, operation_id: Any) -> tuple[ColumnElement[bool], ...]:
        """The same, for a query of rows that belong to an operation by this column."""
        if self == EVERYTHING:
            return ()
        reached = select(OperationRow.id).where(OperationRow.client_id == client_id, *self.conditions())
        return (operation_id.in_(reached),)


EVERYTHING = Reach()
"""All operations of the client."""
