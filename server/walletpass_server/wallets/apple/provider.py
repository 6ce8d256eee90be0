"""Apple Wallet, as the platform sees it: passes are signed files, phones are pushed and then come to fetch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter

from walletpass.apple.compile import WebService
from walletpass.errors import NotFound
from walletpass.lifecycle import Wallet
from walletpass.serials import file_stem
from walletpass_server import metrics
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.sending import Delivery
from walletpass_server.persistence.columns import to_microseconds
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.device_reads import DeviceReads, PassAsked, device_reads
from walletpass_server.persistence.last_modified import told_last_modified
from walletpass_server.persistence.outbox import Letter
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.settings import Settings
from walletpass_server.wallets.apple.apns.sender import ApnsSender
from walletpass_server.wallets.apple.bundles import BundleCache
from walletpass_server.wallets.apple.deferred import is_promised, is_silent, values_before
from walletpass_server.wallets.apple.makers import Makers
from walletpass_server.wallets.provider import Download, Round

MEDIA_TYPE = "application/vnd.apple.pkpass"
WEB_SERVICE = "/passkit"
"""Where phones find the web service, below the public URL."""


class AppleProvider:
    """
    Bundles signed on demand, each version once in a process; see `WalletProvider`.

    Attributes:
        reads: What phones ask, below the ORM; closed with the provider.
    """

    wallet: Wallet = "apple"
    channel = "apns"

    def __init__(
        self, settings: Settings, database: Database, keyring: Keyring, *, pushes: ApnsSender | None = None
    ) -> None:
        """
        Args:
            settings: Whose public URL goes into the passes.
            database: Where passes are.
            keyring: Opens their secrets, and the credentials.
            pushes: Takes the letters of the channel, and is closed with the provider; without it they wait.
        """
        self.reads: DeviceReads = device_reads(database)
        self._web_service = partial(WebService, url=settings.public_url + WEB_SERVICE, allow_http=settings.allow_http)
        self._database = database
        self._keyring = keyring
        self._makers = Makers(database, keyring)
        self._bundles = BundleCache()
        self._pushes = pushes
        self._served = metrics.SERVED.labels(self.wallet)

    async def hand_over(self, client_id: int, pass_id: int, now: datetime) -> Download:
        """See `WalletProvider.hand_over`. SigningError too, when the certificate has ended."""
        asked = await self.reads.by_id(client_id, pass_id)
        if asked is None:
            raise NotFound("there is no such pass any more: ask who sent it")
        return await self.bundle(asked, self.secret(asked), now)

    def secret(self, asked: PassAsked) -> str:
        """The pass's own secret, Apple's authenticationToken; raises SecretUnreadable."""
        return self._keyring.unseal(asked.sealed_secret, "pass", "secret", asked.id).decode()

    async def bundle(self, asked: PassAsked, secret: str, now: datetime) -> Download:
        """
        The signed pass, from memory where this version was signed before.

        Signing takes half a millisecond and happens here, in the event loop: the way to a thread costs half of that
        again, and other cores have workers of their own.

        Args:
            asked: Read just now, so an erased pass is not here.
            secret: Its own.
            now: The instant.

        Raises:
            CredentialUnfit: The operation has no Apple credential.
            SigningError: The credential cannot sign: its certificate has ended, or is unreadable.
        """
        instant = to_microseconds(now)
        silent = is_silent(asked.notified, asked.changed_at, instant)
        place = (asked.client_id, asked.id)
        made_from = (asked.version, asked.last_modified, silent, asked.voided_at is not None, asked.fingerprint)
        parts = self._bundles.get(place, made_from)
        if parts is None:
            recipe = await self._makers.recipe(asked)
            before = await self._before(asked, instant) if silent and is_promised(asked.notified, instant) else None
            started = perf_counter()
            parts = recipe.maker.parts(
                asked.serial,
                recipe.values(asked.variables),
                at=now,
                web_service=self._web_service(authentication_token=secret),
                silent=silent,
                held_back_since=None if before is None else recipe.values(before),
                voided=asked.voided_at is not None,
            )
            metrics.SIGNING_SECONDS.observe(perf_counter() - started)
            self._bundles.put(place, made_from, parts)
        self._served.inc()
        return Download(
            parts=parts,
            media_type=MEDIA_TYPE,
            file_name=f"{file_stem(asked.serial)}.pkpass",
            last_modified=told_last_modified(asked.last_modified, int(now.timestamp())),
        )

    async def _before(self, asked: PassAsked, instant: int) -> str:
        async with self._database.reading(asked.client_id) as unit:
            return await values_before(unit, asked.id, asked.variables, asked.notified, instant)

    async def send(self, letters: Sequence[Letter]) -> Delivery:
        """See `Sender.send`."""
        return await self._pushes.send(letters) if self._pushes else Delivery()

    async def warm(self, live: LiveOperation) -> None:
        """See `WalletProvider.warm`: the signer, and the Model that new passes have."""
        await self._makers.warm(live)

    def rounds(self) -> Sequence[Round]:
        """See `WalletProvider.rounds`."""
        return ()

    def forget(self, client_id: int, pass_ids: Collection[int]) -> None:
        """See `WalletProvider.forget`."""
        self._bundles.forget((client_id, pass_id) for pass_id in pass_ids)

    async def close(self) -> None:
        """See `WalletProvider.close`."""
        await self.reads.close()
        if self._pushes is not None:
            await self._pushes.close()
