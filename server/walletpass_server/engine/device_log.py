"""
What phones complain about: the only feedback they give, and anyone may write it.

So lines are bounded in number and size, what names a person's phone is cut short before it is stored, and the same
complaint is one row with a count, whoever it came from.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import DeviceLogRow, PassRow, PassTypeRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.persistence.writer import Writer

LINES = 32
"""Lines taken of one request."""
LINE = 1000
"""Characters kept of a line."""
ROWS = 500
"""Complaints kept for each client: those that came again last."""
AT_ONCE = 200
"""Lines a process takes at once ..."""
PER_SECOND = 5.0
"""... and in the long run."""
SHORT = 8
"""Characters kept of a name that leads to a person."""

# As phones write them; the wording is Apple's and may change, then the line is kept whole.
_DATE = re.compile(r"^\s*\[[^\]]*\]\s*")
_PASS_TYPE = re.compile(r"pass type ([^,;()\s]+)|Web service error for ([^,;()\s]+) \(")
_SERIAL = re.compile(r"(?<=serial number )(.+?)(?=, if-modified-since|; with web service url|\) encountered|$)")
_DEVICE = re.compile(r"(?<=for device )([^,]+)")
_SINCE = re.compile(r"(?<=if-modified-since )\([^)]*\)")
_LONG = re.compile(r"[A-Za-z0-9+_-]{22,}")
"""What may be a token, a push token, a secret."""
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_CUT = re.compile(r"\S*…")
_DIGITS = re.compile(r"\d+")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Complaint:
    """
    A line of a phone.

    Attributes:
        message: Without its date, names cut short.
        pattern: The message without what differs from time to time.
        pass_type, serial: Of the pass it is about, as far as it says.
    """

    message: str
    pattern: str
    pass_type: str | None
    serial: str | None

    def digest(self, client_id: int) -> bytes:
        """What makes it the same complaint of a client."""
        return hashlib.sha256(f"{client_id}\0{self.pass_type}\0{self.pattern}".encode()).digest()


def read_complaint(line: str) -> Complaint:
    """A line as it is kept."""
    text = "".join(one if one.isprintable() else " " for one in line[:LINE])
    text = _DATE.sub("", text)
    about, serial = _PASS_TYPE.search(text), _SERIAL.search(text)
    pass_type = (about[1] or about[2]) if about else None
    text = _SERIAL.sub(_short, _DEVICE.sub(_short, text))
    text = _ADDRESS.sub("…@…", _LONG.sub(_short, _SINCE.sub("(…)", text))).strip()
    pattern = _DIGITS.sub("0", _CUT.sub("…", text))
    return Complaint(text, pattern, pass_type[:200] if pass_type else None, serial[1] if serial else None)


class Intake:
    """Where the lines of a process come in."""

    def __init__(self, writer: Writer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._clock = clock
        self._free_at = clock()
        self._refused = 0

    async def take(self, lines: Sequence[str], now: datetime) -> None:
        """
        Keep lines. Those above the bounds are dropped: a phone could do nothing about it if it were told.

        Raises:
            WriterBusy, DatabaseBusy: Nothing was kept.
        """
        taken = [line for line in lines[:LINES] if line.strip()]
        if taken and self._has_room(len(taken)):
            complaints = [read_complaint(line) for line in taken]
            await self._writer.write(ALL_CLIENTS, lambda unit: keep(unit, complaints, now))

    def _has_room(self, count: int) -> bool:
        start = max(self._free_at, self._clock())
        if start + count / PER_SECOND > self._clock() + AT_ONCE / PER_SECOND:
            self._refused += count
            return False
        self._free_at = start + count / PER_SECOND
        if self._refused:
            _logger.warning("%d lines of phones were dropped: too many came at once", self._refused)
            self._refused = 0
        return True


async def keep(unit: Unit, complaints: Sequence[Complaint], now: datetime) -> None:
    """Store complaints, each under the client whose pass it names, else under the server's own (0)."""
    owned = [(await _owner(unit, complaint), complaint) for complaint in complaints]
    latest = {(client_id, complaint.digest(client_id)): complaint for client_id, complaint in owned}
    counts = Counter((client_id, complaint.digest(client_id)) for client_id, complaint in owned)
    for client_id, digest in sorted(counts):  # in one order, so that two processes never wait for each other
        complaint, count = latest[client_id, digest], counts[client_id, digest]
        statement = upsert(unit.connection.dialect, DeviceLogRow).values(
            client_id=client_id,
            id=await unit.new_id(),
            digest=digest,
            pass_type_identifier=complaint.pass_type,
            message=complaint.message,
            count=count,
            first_at=now,
            last_at=now,
        )
        again = {"count": DeviceLogRow.count + count, "last_at": now, "message": complaint.message}
        await unit.connection.execute(
            statement.on_conflict_do_update(index_elements=["client_id", "digest"], set_=again)
        )
    for client_id in sorted({client_id for client_id, _ in counts}):
        own = DeviceLogRow.client_id == client_id
        oldest = select(DeviceLogRow.id).where(own).order_by(DeviceLogRow.last_at.desc(), DeviceLogRow.id.desc())
        # A limit far above what one request adds: SQLite wants one beside OFFSET.
        await unit.connection.execute(
            delete(DeviceLogRow).where(own, DeviceLogRow.id.in_(oldest.offset(ROWS).limit(10 * ROWS)))
        )


async def latest_complaints(unit: Unit, *, limit: int = 100) -> list[DeviceLogRow]:
    """Complaints of the unit's client (0: those that name no pass of ours), the newest first."""
    query = select(DeviceLogRow).where(DeviceLogRow.client_id == unit.client_id)
    return list(
        await unit.session.scalars(query.order_by(DeviceLogRow.last_at.desc(), DeviceLogRow.id.desc()).limit(limit))
    )


async def _owner(unit: Unit, complaint: Complaint) -> int:
    if complaint.pass_type is None:
        return ALL_CLIENTS
    owner = select(PassTypeRow.client_id).where(PassTypeRow.identifier == complaint.pass_type)
    found = (await unit.connection.execute(owner)).scalar_one_or_none()
    if found is None and complaint.serial is not None:  # passes under a provider's credential
        holder = select(PassRow.client_id).where(
            PassRow.pass_type_identifier == complaint.pass_type, PassRow.serial == complaint.serial
        )
        found = (await unit.connection.execute(holder)).scalar_one_or_none()
    return found or ALL_CLIENTS


def _short(name: re.Match[str]) -> str:
    return name[0] if len(name[0]) <= SHORT else f"{name[0][:SHORT]}…"
