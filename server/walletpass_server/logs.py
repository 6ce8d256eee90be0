"""
What the server says on standard error: a JSON object a line, or lines for people.

Routes, ids and counts only: no path (it holds tokens), no address, no name. What an exception of another library says
is shortened besides: whatever looks like a token in it is left out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from traceback import format_exception
from typing import Literal

Format = Literal["json", "text"]

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request this task answers; the client gets it too, as X-Request-Id."""

_SECRET = re.compile(r"[A-Za-z0-9+/]{43}=|(?<![.\w])(?=[\w+=-]*[0-9A-Z])[\w+=-]{20,}")
"""As long as a token, with digits or capitals. Long names of classes go too, except with their module before them."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonLines(logging.Formatter):
    """One JSON object for each record: what was logged as `extra` becomes members of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, in one line."""
        return _encode({**_head(record), **_extra(record), **_exception(record)})


class TextLines(logging.Formatter):
    """The same for people; an exception takes several lines."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, its extras behind the message."""
        head = _head(record)
        extra = "".join(f" {name}={value}" for name, value in _extra(record).items())
        trace = "".join(f"\n{text}" for text in _exception(record).values())
        return f"{head['time']} {head['level']:7} {head['logger']}: {head['message']}{extra}{trace}"


class _StandardError(logging.Handler):
    """Whatever standard error is at the moment, a whole record at a time."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # a full disk, a reader that went away: no reason to leave a request unanswered
            sys.stderr.write(self.format(record) + "\n")


def configure(form: Format = "json", level: str = "info") -> None:
    """Send all logs to standard error; libraries only when something is wrong."""
    # A line for each request: what no line tells is not looked up for it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # the documented way to leave out the caller
    root = logging.getLogger()
    for before in [handler for handler in root.handlers if isinstance(handler, _StandardError)]:
        root.removeHandler(before)
    handler = _StandardError()
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("walletpass_server").setLevel(level.upper())


def without_secrets(text: str) -> str:
    """The text without what looks like a token."""
    return _SECRET.sub("…", text)


def _head(record: logging.LogRecord) -> dict[str, str]:
    second, fraction = divmod(record.created, 1)
    return {
        "time": f"{_second(int(second))}.{int(fraction * 1000):03}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": without_secrets(record.getMessage()),
    }


@lru_cache(2)
def _second(since_1970: int) -> str:
    return datetime.fromtimestamp(since_1970, UTC).isoformat()[:19]


def _extra(record: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if ident := request_id.get():
        found["request"] = ident
    return found


def _exception(record: logging.LogRecord) -> dict[str, str]:
    if record.exc_info is None or record.exc_info[1] is None:
        return {}
    return {"exception": without_secrets("".join(format_exception(record.exc_info[1])).rstrip())}
