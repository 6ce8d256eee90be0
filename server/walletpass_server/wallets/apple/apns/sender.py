"""Empties the channel `apns` of the outbox: one push for each device and pass type, and what its answer asks for."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from walletpass.errors import ApnsError, WalletPassError
from walletpass_server import metrics
from walletpass_server.engine.credentials import stop_credential
from walletpass_server.engine.news import Listeners
from walletpass_server.engine.phones import has_passes, push_refused
from walletpass_server.engine.sending import Delivery
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import Failure, Letter
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.settings import Settings
from walletpass_server.wallets.apple.apns.addresses import Credential, Target, find_targets
from walletpass_server.wallets.apple.apns.batch import Fate, Gone, Tried, decide, judge, told
from walletpass_server.wallets.apple.apns.client import Answer, ApnsClient, Push, expires_at
from walletpass_server.wallets.apple.apns.clients import ApnsClients, Connect
from walletpass_server.wallets.apple.apns.doubts import Doubts
from walletpass_server.wallets.apple.apns.identity import Identity
from walletpass_server.wallets.apple.apns.reasons import Action
from walletpass_server.wallets.apple.apns.telling import tell_of_pushes
from walletpass_server.wallets.apple.deferred import release_notice

BATCH_SECONDS = 45.0
"""How long a batch may take, within its lease; what has no answer by then is handed back."""
AT_ONCE = 100
"""Pushes of a batch under way together: those of three batches find room on the connections without queueing there."""
KEPT_DAYS = 7
"""How long APNs keeps a push for a phone that is off."""
FIRST_REST, LONGEST_REST = 1.0, 20.0
"""Seconds the channel rests when APNs answers nothing to nobody, the longer the oftener in a row."""

_logger = logging.getLogger(__name__)


class ApnsSender:
    """A `Sender`, over one `ApnsClient` for each credential."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        keyring: Keyring,
        *,
        connect: Connect | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Args:
            settings: Where APNs is, and the kind of push.
            database: Where devices and credentials are.
            keyring: Opens the credentials.
            connect: Instead of the hardened aioapns.
            clock: What time it is, aware.

        Raises:
            UsageError: WALLETPASS_APNS_URL is no `https://host:port`.
        """
        self._push_type: str | None = None if settings.apns_push_type == "none" else settings.apns_push_type
        self._priority = 10 if self._push_type is None else 5
        self._database = database
        self._keyring = keyring
        self._listeners = Listeners(database)
        self._clients = ApnsClients(settings, database, keyring, connect or _hardened)
        self._clock = clock
        self._doubts: defaultdict[Credential, Doubts] = defaultdict(Doubts)
        self._outages = 0

    async def send(self, letters: Sequence[Letter]) -> Delivery:
        """See `Sender.send`."""
        pointless = await self._release_notices(letters)
        done = {letter.id for letter in pointless}
        async with self._database.reading(ALL_CLIENTS) as unit:
            targets, gone = await find_targets(unit, [letter for letter in letters if letter.id not in done])
        tries, waiting = await self._push(targets)
        fate = decide(tries, self._doubts.__getitem__)
        rest = self._rest_after(tries, fate)
        for credential, why in fate.stopped.items():
            await self._stop(credential, why)
        await tell_of_pushes(self._database, self._listeners, self._keyring, tries, fate, self._clock())
        for gone_token in fate.gone:
            await self._forget(gone_token, fate)
        return Delivery(
            sent=[*pointless, *gone, *fate.sent],
            failed=fate.failed,
            postponed=[*waiting, *fate.postponed],
            rest=rest,
        )

    async def close(self) -> None:
        """Cut the connections."""
        self._clients.close_all()

    async def _release_notices(self, letters: Sequence[Letter]) -> list[Letter]:
        """Quiet hours are over for these passes: let phones see them as changed. Gives the pointless letters."""
        notices: dict[tuple[int, int, str], list[Letter]] = defaultdict(list)
        for letter in letters:
            if "notice" in letter.body:
                notices[letter.client_id, letter.body["pass"], letter.body["notice"]].append(letter)
        pointless: list[Letter] = []
        for (client_id, pass_id, _), asked in notices.items():
            if not await self._release(client_id, pass_id):
                pointless += asked
        return pointless

    async def _release(self, client_id: int, pass_id: int) -> bool:
        return await self._database.run(client_id, lambda unit: release_notice(unit, pass_id, self._clock()))

    async def _push(self, targets: Sequence[Target]) -> tuple[list[Tried], list[Failure]]:
        """Push to each that can be pushed now. Those without an answer when the batch has to end are in no list."""
        clients: dict[Credential, ApnsClient | str] = {}
        ready: list[tuple[ApnsClient, Target]] = []
        waiting = Fate()
        for target in targets:
            client = await self._client(target.credential, clients)
            if isinstance(client, str):
                waiting.wait(target, client)
            else:
                ready.append((client, target))
        tries: list[Tried] = []
        queue = iter(ready)

        async def push_from_queue() -> None:
            for client, target in queue:
                tries.append(await self._try(client, target))

        if ready:
            pushing = [asyncio.create_task(push_from_queue()) for _ in range(min(AT_ONCE, len(ready)))]
            try:
                done, _ = await asyncio.wait(pushing, timeout=BATCH_SECONDS)
            finally:
                for task in pushing:
                    task.cancel()
            for task in done:
                task.result()  # raises a fault of the program
        for action, count in Counter(judge(tried.result) for tried in tries).items():
            metrics.APNS_ANSWERS.labels(action.value).inc(count)
        if len(tries) < len(ready):
            _logger.warning("%d of %d pushes had no answer in time: handed back", len(ready) - len(tries), len(ready))
        return tries, waiting.postponed

    async def _client(
        self, credential: Credential | None, opened: dict[Credential, ApnsClient | str]
    ) -> ApnsClient | str:
        """What pushes for a credential, or why nothing does."""
        if credential is None:
            return "there is no credential of this pass type: add one with `walletpass client credentials`"
        if credential.stopped_at is not None:
            return f"the credential was stopped: {credential.stopped_why}"
        if credential not in opened:
            try:
                opened[credential] = await self._clients.get(credential)
            except WalletPassError as exc:
                _logger.error("credential %d of client %d: %s", credential.id, credential.client_id, exc)
                opened[credential] = str(exc)
        return opened[credential]

    async def _try(self, client: ApnsClient, target: Target) -> Tried:
        push = Push(
            token=target.token,
            topic=target.topic,
            push_type=self._push_type,
            priority=self._priority,
            expires_at=expires_at(KEPT_DAYS),
        )
        at = self._clock()
        result: Answer | ApnsError
        try:
            result = await client.push(push)
        except ApnsError as exc:
            result = exc
        action = judge(result)
        if target.credential is not None:
            self._doubts[target.credential].note(action)
        if action is not Action.DONE:
            _logger.info("push %s to device %d: %s", push.apns_id, target.devices[0][1], told(result))
        return Tried(target, result, at)

    def _rest_after(self, tries: Sequence[Tried], fate: Fate) -> timedelta:
        """How long the channel leaves APNs alone."""
        if not fate.is_outage:
            self._outages = 0 if tries else self._outages
            return timedelta(0)
        _logger.warning("APNs answers nobody, all letters are handed back: %s", told(tries[0].result))
        longest = min(LONGEST_REST, FIRST_REST * 2.0 ** min(self._outages, 10))
        self._outages += 1
        return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load

    async def _stop(self, credential: Credential, why: str) -> None:
        """Nothing is pushed by it until somebody has looked: a line in the log, in `doctor`, and a metric."""
        _logger.critical(
            "APNs refuses credential %d of client %d: %s; its letters wait: put it right, then "
            "`walletpass client resume`",
            credential.id, credential.client_id, why,
        )  # fmt: skip
        self._clients.close(credential)
        self._doubts.pop(credential, None)
        await self._database.run(
            credential.client_id, lambda unit: stop_credential(unit, credential.id, why, self._clock())
        )

    async def _forget(self, gone: Gone, fate: Fate) -> None:
        """The device loses its passes, unless it registered again since; then it is pushed again."""
        still_there = False
        for client_id, device_id in gone.target.devices:

            async def work(unit: Unit, device_id: int = device_id) -> bool:
                where = unit, device_id, gone.target.token
                await push_refused(*where, gone.reason, gone.since, self._clock(), keyring=self._keyring)
                return await has_passes(unit, device_id)

            still_there |= await self._database.run(client_id, work)
        if still_there:
            fate.failed += [Failure(letter, "the device registered again meanwhile") for letter in gone.target.letters]
        else:
            fate.sent += gone.target.letters


def _hardened(host: str, port: int, who: Identity) -> ApnsClient:
    from walletpass_server.wallets.apple.apns.hardened import Pool  # takes a while, and few commands push

    return Pool(host, port, who)
