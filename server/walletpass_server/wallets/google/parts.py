"""What the wallet is made of, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.settings import Settings
from walletpass_server.wallets.google.accounts import Accounts, is_loopback
from walletpass_server.wallets.google.calls import Calls
from walletpass_server.wallets.google.chores import Chores
from walletpass_server.wallets.google.classes import Classes
from walletpass_server.wallets.google.client import GoogleApi
from walletpass_server.wallets.google.models import Matrices
from walletpass_server.wallets.google.objects import Objects
from walletpass_server.wallets.google.pace import Pace
from walletpass_server.wallets.google.reading import Reader
from walletpass_server.wallets.google.reconcile import Reconciler
from walletpass_server.wallets.google.saving import Saving
from walletpass_server.wallets.google.sender import GoogleSender


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """
    The parts that others may need.

    Attributes:
        api: Google's.
        accounts: Who acts for an issuer.
        matrices: Compiled.
        calls: At the issuer's pace.
        reader: Passes as they are to be at Google.
        sender: Takes letters.
        saving: Makes links.
        reconciler: Asks who holds what.
    """

    api: GoogleApi
    accounts: Accounts
    matrices: Matrices
    calls: Calls
    reader: Reader
    sender: GoogleSender
    saving: Saving
    reconciler: Reconciler

    @classmethod
    def of(cls, settings: Settings, database: Database, keyring: Keyring) -> Self:
        """Everything for one process."""
        api = GoogleApi(settings.google_api_url, trust_env=not is_loopback(settings.google_api_url))
        calls = Calls(api, Pace(database))
        accounts = Accounts(settings, keyring)
        matrices = Matrices(settings, database)
        classes = Classes(database, calls)
        reader = Reader(database, accounts, matrices)
        objects = Objects(database, calls, classes)
        return cls(
            api=api,
            accounts=accounts,
            matrices=matrices,
            calls=calls,
            reader=reader,
            sender=GoogleSender(calls, reader, objects, Chores(database, accounts, matrices, calls, classes)),
            saving=Saving(database, reader, objects),
            reconciler=Reconciler(database, accounts, calls),
        )
