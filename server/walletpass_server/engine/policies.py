"""
The rules of the wallets that a client accepts before production: in our words, with where the wallets' makers say them.

A new version of a text replaces the old one here. Acceptances of older ones stay on record; production asks anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from walletpass.errors import UsageError
from walletpass.lifecycle import Wallet
from walletpass.values import is_readable
from walletpass_server.engine.audit import Actor, record
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import AcceptanceRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What one wallet asks of those who issue passes.

    Attributes:
        wallet: apple or google.
        version: Of this text.
        rules: Each in English and French.
        sources: Where the wallet's maker says it.
    """

    wallet: Wallet
    version: str
    rules: Sequence[Mapping[str, str]]
    sources: Sequence[str]


_OWN = {
    "en": "Passes are issued under an account of your own, in your own name and with your own brands.",
    "fr": "Les pass sont émis sous votre propre compte, en votre nom et avec vos propres marques.",
}
_USEFUL = {
    "en": "A notification tells holders what changed in their pass. It is no channel for unrelated advertising.",
    "fr": "Une notification dit au porteur ce qui a changé dans son pass. Ce n'est pas un canal de publicité.",
}
_DATA = {
    "en": "Only data that the pass needs are put into it, with a legal ground for each.",
    "fr": "Seules les données nécessaires au pass y figurent, chacune avec une base légale.",
}
_BADGE = {
    "en": "The wallet's button and name are used as its maker's brand rules say.",
    "fr": "Le bouton et le nom du portefeuille sont employés selon la charte de son éditeur.",
}

POLICIES: Mapping[str, Policy] = {
    "apple": Policy(
        "apple",
        "2026-06",
        (_OWN, _USEFUL, _DATA, _BADGE),
        (
            "https://developer.apple.com/support/terms/",
            "https://developer.apple.com/design/human-interface-guidelines/wallet",
            "https://developer.apple.com/wallet/add-to-apple-wallet-guidelines/",
        ),
    ),
    "google": Policy(
        "google",
        "2026-06",
        (_OWN, _USEFUL, _DATA, _BADGE),
        (
            "https://developers.google.com/wallet/generic/resources/terms-of-service",
            "https://developers.google.com/wallet/generic/resources/brand-guidelines",
        ),
    ),
}
"""The texts in force, by wallet."""


async def accept(unit: Unit, wallet: str, version: str, by: str, actor: Actor, now: datetime) -> AcceptanceRow:
    """
    Record that the client accepts the rules of a wallet. Again, it changes nothing.

    Args:
        unit: Of the client.
        wallet: apple or google.
        version: Of the text that was read.
        by: The person who accepts in the client's name.
        actor: Who records it.
        now: The instant.

    Raises:
        UsageError: Another version is in force by now, or nobody is named.
    """
    policy = POLICIES[wallet]
    if version != policy.version:
        raise UsageError(f"the rules of {wallet} are of version {policy.version}, not {version[:40]}: read those")
    if not is_readable(by, 200):
        raise UsageError("the name of who accepts is one line of 1 to 200 characters: say who does")
    taken = await unit.connection.execute(
        upsert(unit.connection.dialect, AcceptanceRow)
        .values(client_id=unit.client_id, wallet=wallet, version=version, accepted_by=by, accepted_at=now)
        .on_conflict_do_nothing()
    )
    if taken.rowcount == 1:
        after = {"version": version, "accepted_by": by}
        await record(unit, actor, "policy.accepted", f"policy:{wallet}", now, after=after)
    return await unit.session.get_one(AcceptanceRow, (unit.client_id, wallet, version))


async def acceptances(unit: Unit) -> list[AcceptanceRow]:
    """All that the client has accepted, older versions too."""
    rows = await unit.session.scalars(
        select(AcceptanceRow).order_by(AcceptanceRow.wallet, AcceptanceRow.accepted_at, AcceptanceRow.version)
    )
    return list(rows.all())


async def has_accepted(unit: Unit, wallet: str) -> bool:
    """Whether the client has accepted the text in force."""
    found = await unit.session.get(AcceptanceRow, (unit.client_id, wallet, POLICIES[wallet].version))
    return found is not None
