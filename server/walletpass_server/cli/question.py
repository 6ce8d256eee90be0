"""What a report is asked about: whose figures, of which operation, of what, over which days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import wraps
from typing import Any, cast

import click

from walletpass.errors import UsageError
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import chosen_client, client_option
from walletpass_server.engine.figures import Dimension
from walletpass_server.engine.operations import find_operation


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A question whose names were looked up.

    Attributes:
        client, client_id: Whose figures; None for all clients.
        operation_id: Of this operation only.
        last: Last day of the period.
    """

    client: str | None
    client_id: int | None
    operation_id: int | None
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The options of `question_options`."""

    client: str | None
    all_clients: bool
    operation: str | None
    pass_type: str | None
    model: str | None
    wallet: str | None
    source: str | None
    first: date | None
    last: date | None

    def check(self) -> None:
        """Raises UsageError where the options contradict each other."""
        if self.first and self.last and self.first > self.last:
            raise UsageError(f"--from {self.first} is after --to {self.last}: exchange them")
        if self.all_clients and (self.client or self.operation):
            raise UsageError("--all-clients is given together with --client or --operation: drop one of them")

    @property
    def only(self) -> dict[Dimension, str]:
        """What the figures are narrowed to."""
        names: tuple[Dimension, ...] = ("pass_type", "model", "wallet", "source")
        values = {name: cast("str | None", getattr(self, name)) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    async def ask(self, on: Platform) -> Asked:
        """The rows that are meant; raises NotFound, UsageError."""
        if self.all_clients:
            return Asked(None, None, None, self.last or datetime.now().astimezone().date())
        owner = await chosen_client(on.database, self.client)
        async with on.database.reading(owner.id) as unit:
            live = await find_operation(unit, name=self.operation) if self.operation else None
        last = self.last or datetime.now(live.operation.tz if live else None).date()
        return Asked(owner.slug, owner.id, live.row.id if live else None, last)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a day: write 2027-03-20") from None


_OPTIONS = (
    click.option("--operation", help="Only this operation, the newest of its name."),
    client_option,
    click.option("--all-clients", is_flag=True, help="All clients of the server together."),
    click.option("--type", "pass_type", help="Only this type of pass."),
    click.option("--model", help="Only this Model."),
    click.option("--wallet", type=click.Choice(["apple", "google"]), help="Only this wallet."),
    click.option("--source", help="Only this utm_source; '' for passes without."),
    click.option("--from", "first", type=_day, help="First day; by default the first on which anything happened."),
    click.option("--to", "last", type=_day, help="Last day, included; by default today."),
)


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command gets them together as `question`."""

    @wraps(command)
    def with_question(*args: Any, **given: Any) -> Any:
        own = {field.name: given.pop(field.name) for field in fields(Question)}
        return command(*args, question=Question(**own), **given)

    for option in reversed(_OPTIONS):
        with_question = option(with_question)
    return with_question
