"""One request to the API, as a value: made here, sent by `Client` or `AsyncClient`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

T = TypeVar("T")

_SAFE_TO_REPEAT = frozenset({"GET", "PUT", "DELETE"})


class Answer(BaseModel):
    """Base of all answers. Keys that a newer server adds are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Page(Answer, Generic[T]):
    """A part of a list; `Client.every` goes through all of it."""

    items: list[T]
    next: str | None = None
    """`cursor` of the next page; None at the end."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """
    A request, and how its answer is read. Sent again it is the same request: it changes nothing more.

    Attributes:
        method, path, query, headers: Of the request.
        content: Its body.
        read: From the body of a good answer to what the caller gets.
        repeatable: Whether it may be sent again when nobody knows what became of it.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    repeatable: bool = False


def call(
    method: str,
    path: str,
    read: Callable[[bytes], T],
    *,
    at: Mapping[str, object] | None = None,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, object] | None = None,
    body: Mapping[str, Any] | bytes | None = None,
) -> Call[T]:
    """
    A request.

    Args:
        method: Of HTTP.
        path: With `{name}` where `at` has a value.
        read: Reads the body of a good answer.
        at: Values in the path.
        query: Parameters; None leaves one out.
        headers: Likewise. An Idempotency-Key that is None is made up, so that the request may be repeated.
        body: A JSON object, where None leaves a key out; or bytes.
    """
    sent = {name: str(value) for name, value in (headers or {}).items() if value is not None}
    if "Idempotency-Key" in (headers or {}):
        sent.setdefault("Idempotency-Key", str(uuid4()))
    if isinstance(body, bytes):
        sent["Content-Type"] = "application/octet-stream"
    elif body is not None:
        sent["Content-Type"] = "application/json"
        body = to_json(_given(body))
    return Call(
        method=method,
        path=path.format_map({name: quote(str(value), safe="") for name, value in (at or {}).items()}),
        read=read,
        query=_given(query or {}),
        headers=sent,
        content=body,
        repeatable=method in _SAFE_TO_REPEAT or "Idempotency-Key" in sent,
    )


def text(body: bytes) -> str:
    """An answer that is a text: CSV, SVG, HTML."""
    return body.decode()


def etag(value: str | int | None) -> str | None:
    """A version as an ETag: If-Match quotes it."""
    return None if value is None else str(value) if str(value).startswith(('"', "*")) else f'"{value}"'


def _given(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if value is not None}
