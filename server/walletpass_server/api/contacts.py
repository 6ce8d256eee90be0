"""Contacts of holders: a number or address leads to passes, and is not kept itself."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field

from walletpass.errors import NotFound, UsageError
from walletpass_server.api.reaching import reach_pass
from walletpass_server.api.shapes import ContactText, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.contacts import MOST, Contact, count_contacts, set_contacts
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.unit_of_work import Unit

_ABOUT: Any = {"msisdn": 1, "email": 0}


class ContactsIn(Shape):
    """All the contacts that the holder of a pass has."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"contacts": ["+33612345678", "ada@example.com"]}]})

    contacts: Annotated[list[ContactText], Field(max_length=MOST)]
    """In place of those of before; an empty list forgets them."""


class ContactsOut(Shape):
    """How many contacts a pass has. They are kept as keyed hashes, so nobody can read them back."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ABOUT]})

    msisdn: int
    email: int


@get("/passes/{pass_id:int}/contacts", scope="passes:read", refuses=(NotFound,))
async def read_contacts(pass_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> ContactsOut:
    """Tell how many contacts a pass has."""
    async with on.database.reading(caller.client_id) as unit:
        await reach_pass(unit, caller, pass_id)
        return ContactsOut(**await count_contacts(unit, pass_id))


@put("/passes/{pass_id:int}/contacts", scope="passes:write", refuses=(NotFound, UsageError))
async def write_contacts(
    pass_id: PathId, data: JSONBody[ContactsIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> ContactsOut:
    """Say which contacts lead to a pass, so that events can name it by one of them."""
    contacts = [Contact.read(each) for each in data.contacts]

    async def work(unit: Unit) -> ContactsOut:
        now = utc_now()
        await reach_pass(unit, caller, pass_id, lock=True)
        before = await count_contacts(unit, pass_id)
        after = await set_contacts(unit, on.keyring, pass_id, contacts, now)
        await record(unit, caller.actor, "pass.contacts-set", f"pass:{pass_id}", now, before=before, after=after)
        return ContactsOut(**after)

    return await on.writer.write(caller.client_id, work)


HANDLERS = (read_contacts, write_contacts)
