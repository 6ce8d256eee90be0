"""
Empties the channel `google` of the outbox. Letters name passes: what is sent is the pass as it is now.

A turn takes a few seconds' worth of calls and hands the rest back. A call that fails while others succeed counts
against its letter; when none succeeds it is Google that is in trouble, and the letters wait without being counted.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from walletpass.errors import (
    CredentialUnfit,
    GoogleCallFailed,
    GoogleDenied,
    GoogleQuota,
    GoogleUnavailable,
    NotFound,
    ValuesError,
    WalletPassError,
)
from walletpass_server.engine.sending import Delivery
from walletpass_server.persistence.outbox import MAX_ATTEMPTS, Failure, Letter
from walletpass_server.wallets.google.calls import Calls
from walletpass_server.wallets.google.chores import Chores
from walletpass_server.wallets.google.objects import Objects, Written
from walletpass_server.wallets.google.pace import PER_SECOND
from walletpass_server.wallets.google.reading import Reader, ReadPass, Unreadable

TURN = 5.0
"""Seconds a turn takes, as a rule: short, so that a stop need not wait for long."""
IN_FLIGHT = 32
"""Passes of an issuer under way at once, so that a slow Google is not a slow sender."""
SHORTEST_WAIT = 0.5
"""Seconds until a letter is looked at again that waits for Google."""
REST = timedelta(seconds=1)
"""Between two turns in which nothing could be sent."""
UNFIT_WAIT = timedelta(minutes=5)
"""Until a letter is looked at again whose credential was stopped."""
NOT_COUNTED = timedelta(days=1)
"""How old a letter may be whose failures are Google's own."""
TOLD_EVERY = 60.0
"""Seconds between two lines of the log about the same issuer's trouble."""

TROUBLE = (GoogleUnavailable, GoogleQuota, GoogleDenied)
"""Failures that say nothing about the letter."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    """Letters about one thing, done by one piece of work."""

    letters: tuple[Letter, ...]
    issuer_id: str
    work: Callable[[], Awaitable[Written | None]]
    about: ReadPass | None = None


@dataclass(slots=True)
class _Turn:
    """What came of a turn."""

    deadline: float
    sent: list[Letter] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    troubled: list[tuple[_Job, Exception]] = field(default_factory=list)
    written: dict[int, list[Written]] = field(default_factory=lambda: defaultdict(list))
    answered: set[str] = field(default_factory=set)
    """Issuers for whom something was done."""
    postponed: list[Failure] = field(default_factory=list)
    given_up: list[tuple[ReadPass, str]] = field(default_factory=list)
    """Passes that Google does not show as they are, and why."""

    def refuse(self, letters: Sequence[Letter], error: WalletPassError) -> None:
        """No further try can help, unless somebody puts a credential right."""
        says = "its values do not fit the Model" if isinstance(error, ValuesError) else str(error)
        says = f"{type(error).__name__}: {says}"
        if isinstance(error, CredentialUnfit):
            self.postponed += [Failure(letter, says, UNFIT_WAIT) for letter in letters]
        else:
            self.failed += [Failure(letter, says, final=True) for letter in letters]

    def give_up(self, job: _Job, error: Exception) -> None:
        """Nobody tries it again."""
        if job.about is not None:
            self.given_up.append((job.about, f"{type(error).__name__}: {error}"[:200]))


class GoogleSender:
    """Sends to Google."""

    def __init__(
        self,
        calls: Calls,
        reader: Reader,
        objects: Objects,
        chores: Chores,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        turn: float = TURN,
    ) -> None:
        self._calls = calls
        self._reader = reader
        self._objects = objects
        self._chores = chores
        self._clock = clock
        self._seconds = turn
        self._told: dict[str, float] = {}
        """Issuers in trouble: when the log was told last."""

    async def send(self, letters: Sequence[Letter]) -> Delivery:
        """See `Sender.send`."""
        turn = _Turn(deadline=monotonic() + self._seconds)
        jobs = await self._jobs(letters, turn)
        gates: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(IN_FLIGHT))
        await asyncio.gather(*(self._do(job, gates[job.issuer_id], turn) for job in jobs))
        for client_id, written in turn.written.items():
            await self._objects.keep(client_id, written, self._clock())
        delivery = self._delivery(turn)
        await self._tell(turn)
        for client_id in {read.client_id for read, _ in turn.given_up}:
            own = [(read, why) for read, why in turn.given_up if read.client_id == client_id]
            await self._objects.tell(client_id, "notification.failed", own, self._clock())
        return delivery

    async def _jobs(self, letters: Sequence[Letter], turn: _Turn) -> list[_Job]:
        """The work of a turn; letters of a client beyond what can be done in it are left."""
        most = max(1, round(PER_SECOND * self._seconds))
        chores: dict[int, list[Letter]] = defaultdict(list)
        passes: dict[int, dict[int, list[Letter]]] = defaultdict(lambda: defaultdict(list))
        for letter in letters:
            pass_id = letter.body.get("pass", letter.coalesce_key)
            if str(pass_id).isdecimal():
                passes[letter.client_id][int(pass_id)].append(letter)
            else:
                chores[letter.client_id].append(letter)
        asked = [letter for own in chores.values() for letter in own[:most]]
        jobs = [job for letter in asked if (job := await self._chore(letter, turn))]
        for client_id, own in passes.items():
            jobs += await self._of_passes(client_id, dict(list(own.items())[:most]), turn)
        return jobs

    async def _chore(self, letter: Letter, turn: _Turn) -> _Job | None:
        try:
            issuer_id, work = await self._chores.of(letter, self._clock())
        except NotFound:  # what it was about is no more
            turn.sent.append(letter)
        except WalletPassError as exc:
            turn.refuse([letter], exc)
        else:
            return _Job((letter,), issuer_id, work)
        return None

    async def _of_passes(self, client_id: int, wanted: dict[int, list[Letter]], turn: _Turn) -> list[_Job]:
        jobs = []
        for read in await self._reader.read(client_id, wanted, self._clock()):
            letters = wanted.pop(read.id)
            if isinstance(read, Unreadable):
                turn.refuse(letters, read.error)
            elif (read.is_current and read.notice is None) or read.expires_by_itself:
                turn.sent += letters
            else:
                write = partial(self._objects.write, read)
                jobs.append(_Job(tuple(letters), read.account.issuer_id, write, read))
        for letters in wanted.values():  # passes that are no more
            turn.sent += letters
        return jobs

    async def _do(self, job: _Job, gate: asyncio.Semaphore, turn: _Turn) -> None:
        async with gate:
            if monotonic() > turn.deadline:
                return
            try:
                written = await job.work()
            except TROUBLE as exc:
                turn.troubled.append((job, exc))
            except GoogleCallFailed as exc:
                turn.answered.add(job.issuer_id)
                turn.refuse(job.letters, exc)
                turn.give_up(job, exc)
            except Exception as exc:  # one pass must not hold up the others
                _logger.exception("letters %s", ", ".join(str(letter.id) for letter in job.letters))
                turn.failed += [
                    Failure(letter, f"{type(exc).__name__}: a fault of the program") for letter in job.letters
                ]
            else:
                turn.answered.add(job.issuer_id)
                turn.sent += job.letters
                if written is not None:
                    turn.written[written.read.client_id].append(written)

    def _delivery(self, turn: _Turn) -> Delivery:
        waiting: list[Failure] = []
        for job, exc in turn.troubled:
            alone = job.issuer_id in turn.answered and not isinstance(exc, GoogleQuota)
            wait = self._calls.pace.rest(job.issuer_id) + SHORTEST_WAIT * (1 + random.random())  # noqa: S311 - spreads load
            for letter in job.letters:
                if alone or self._clock() - letter.created_at > NOT_COUNTED:
                    turn.failed.append(Failure(letter, str(exc)))
                    if letter.attempts >= MAX_ATTEMPTS:
                        turn.give_up(job, exc)
                else:
                    waiting.append(Failure(letter, str(exc), timedelta(seconds=wait)))
        # Without a rest the next letters would be claimed at once, only to be put back.
        rest = REST if waiting and not turn.sent else timedelta(0)
        return Delivery(turn.sent, turn.failed, [*turn.postponed, *waiting], rest)

    async def _tell(self, turn: _Turn) -> None:
        """Tell the log of issuers in trouble, now and then, and of those that are out of it; hooks of those refused."""
        now = monotonic()
        for issuer_id, (job, exc) in {job.issuer_id: (job, exc) for job, exc in turn.troubled}.items():
            if now >= self._told.get(issuer_id, -TOLD_EVERY) + TOLD_EVERY:
                self._told[issuer_id] = now
                level = logging.ERROR if isinstance(exc, GoogleDenied) else logging.WARNING
                _logger.log(level, "issuer %s: %s", issuer_id, exc)
                if isinstance(exc, GoogleDenied) and job.about is not None:
                    await self._objects.tell_denied(job.about, str(exc), self._clock())
        for issuer_id in turn.answered - {job.issuer_id for job, _ in turn.troubled}:
            if self._told.pop(issuer_id, None) is not None:
                _logger.info("issuer %s: Google takes calls again", issuer_id)
