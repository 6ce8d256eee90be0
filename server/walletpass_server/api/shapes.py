"""What requests and answers are made of. Requests are read strictly: a number is no text, an unknown key is a fault."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from litestar.params import HeaderParameter, PathParameter, QueryParameter
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from walletpass.values import READABLE
from walletpass_server.engine.contacts import EMAIL, MSISDN

T = TypeVar("T")

LARGEST_ID = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact."""
PAGE = 50
LARGEST_PAGE = 200
LINE = READABLE.replace("+$", "*$")
"""READABLE, or empty."""


class Shape(BaseModel):
    """Base of every request and answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """As pydantic's, but strict whatever the caller says; Litestar says otherwise."""
        return super().model_validate(obj, **{**options, "strict": True})


def _instant(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("is not a text such as 2027-03-20T08:00:00Z")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a date and time such as 2027-03-20T08:00:00Z") from None


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("has no offset: write 2027-03-20T08:00:00Z or 2027-03-20T09:00:00+01:00")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def _whole(value: object) -> object:
    """JSON has one kind of number: 24.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_DATE_TIME = {"type": "string", "format": "date-time"}
Instant = Annotated[
    datetime, BeforeValidator(_instant), AfterValidator(_aware), WithJsonSchema(_DATE_TIME, mode="validation")
]
"""An instant in a request: ISO 8601 with its offset."""
WHOLE = BeforeValidator(_whole)
"""Annotates a whole number, which may be written with .0; after its bounds."""
Id = Annotated[int, Field(ge=1, le=LARGEST_ID), WHOLE]
"""The id of a row."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=READABLE)]
"""A short text that people choose."""
ExternalId = Annotated[str, Field(min_length=1, max_length=200, pattern=READABLE, examples=["K-1"])]
"""What the client calls the holder of a pass."""
Serial = Annotated[str, Field(min_length=1, max_length=128, pattern=READABLE, examples=["C-1"])]
"""What the wallets call a pass."""
ContactText = Annotated[
    str,
    Field(min_length=3, max_length=254, examples=["+33612345678"]),
    WithJsonSchema({"type": "string", "minLength": 3, "maxLength": 254, "pattern": f"^(?:{MSISDN}|{EMAIL})$"}),
]
"""A telephone number in international form, or an e-mail address."""
Reason = Annotated[str, Field(max_length=200, pattern=LINE)]
"""Why somebody does something."""
Document = Annotated[dict[str, Any], Field(max_length=200)]
"""A document of walletpass, such as a Model, as JSON."""
Values = Annotated[dict[str, Any], Field(max_length=200)]
"""Variables of a pass to their values; a picture is named by the id or address of its asset."""

PathId = Annotated[int, PathParameter(ge=1, le=LARGEST_ID)]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=16, pattern=r"^c[0-9a-f]{1,15}$", description="`next` of the page before."),
]
Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="How many at most.")]
OfOperation = Annotated[int | None, QueryParameter(ge=1, le=LARGEST_ID, description="Of this operation, by id.")]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~](?:[ -~]*[!-~])?$",
        description="The same request with the same key again, within 30 days, changes nothing and is answered alike.",
    ),
]
CauseId = Annotated[
    str | None,
    HeaderParameter(
        name="Walletpass-Cause",
        pattern=r"^evt_[0-9a-f]{1,15}_[0-9a-f]{1,15}$",
        description="In answer to this event of a hook: two systems that answer each other are stopped after eight.",
    ),
]
IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", max_length=200, description="The ETag of what is to be changed.")
]


class Page(Shape, Generic[T]):
    """A part of a list."""

    items: list[T]
    """In the order of the list."""
    next: str | None = None
    """`cursor` of the next page; null at the end."""
