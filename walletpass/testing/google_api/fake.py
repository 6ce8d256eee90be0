"""Google Wallet on this machine: API, save page, callbacks, and the wallets of its users."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from walletpass.google.credentials import ServiceAccount
from walletpass.testing.google_api.accounts import Accounts
from walletpass.testing.google_api.api import ROOT_KEYS_PATH, TOKEN_PATHS, Api, fault_answer
from walletpass.testing.google_api.resources import GoogleNotice, Kind, Resources
from walletpass.testing.google_api.saving import SavedPass, open_link
from walletpass.testing.google_api.server import Fault, LocalServer, Seen
from walletpass.testing.google_api.signer import CallbackSigner

_CALLBACK_SECONDS = 10


@dataclass(slots=True)
class SentCallback:
    """
    A callback that was posted, or tried.

    Attributes:
        url: Where to.
        body: What was posted.
        event: save or del.
        object_id: Of which pass.
        statuses: The answers so far; 0 for none.
    """

    url: str
    body: bytes = field(repr=False)
    event: str
    object_id: str
    statuses: list[int] = field(default_factory=list)

    @property
    def arrived(self) -> bool:
        """Whether it was taken, so that Google will not repeat it."""
        return bool(self.statuses) and 200 <= self.statuses[-1] < 500


class FakeGoogle:
    """
    Google Wallet on 127.0.0.1, for tests and rehearsals; plain http, in a thread of its own.

    ```python
    with FakeGoogle() as google:
        google.register(service_account, "3388000000000000001")
        settings = {"WALLETPASS_GOOGLE_API_URL": google.url, "WALLETPASS_GOOGLE_ROOT_KEYS_URL": google.root_keys_url}
        ...
        google.save(link)          # as if somebody tapped it: the callback is posted
        google.fail(Fault(status=429, retry_after=2, times=3))
    ```

    Attributes:
        url: Base address of the API; its token address is `url` + `/token`.
        root_keys_url: Where the keys that sign callbacks are published.
        accounts, resources, api: Its parts, for what is not here.
        signer: Signs callbacks.
        callbacks: All that were posted, in order.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        signer: CallbackSigner | None = None,
        checks_contract: bool | None = None,
        port: int = 0,
    ) -> None:
        """
        Make it; `start` it, or use it as a context.

        Args:
            clock: What time it is, aware.
            signer: Fresh keys by default.
            checks_contract: Hold what is written against Google's discovery document, which needs the packages
                google-api-python-client and jsonschema; by default where they are installed.
            port: A free one by default.
        """
        self.clock = clock
        self.signer = signer or CallbackSigner.create()
        self.accounts = Accounts(clock=clock)
        self.resources = Resources(clock=clock)
        self.api = Api(accounts=self.accounts, resources=self.resources, signer=self.signer)
        if checks_contract is not None:
            self.resources.checks_contract = checks_contract
        self.callbacks: list[SentCallback] = []
        self._server = LocalServer(self.api.handle, fault_answer, port)
        self.url = self._server.url
        self.root_keys_url = self.url + ROOT_KEYS_PATH
        self.accounts.audiences |= {self.url + path for path in TOKEN_PATHS}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.stop()

    # --- set up and misbehave ---

    def register(self, account: ServiceAccount | Mapping[str, str], *issuer_ids: str) -> None:
        """Invite a service account, loaded or as the JSON of its file, to issuers."""
        self.accounts.register(account, issuer_ids)

    def fail(self, fault: Fault) -> None:
        """Misbehave, as the fault says; the first one that fits a request counts."""
        self._server.fail(fault)

    def heal(self) -> None:
        """Behave again."""
        self._server.heal()

    def revoke_tokens(self) -> None:
        """Answer 401 to every access token handed out so far."""
        self.accounts.revoke_tokens()

    # --- look ---

    @property
    def requests(self) -> list[Seen]:
        """The last 100,000 requests, with their instants."""
        return list(self._server.requests)

    @property
    def notices(self) -> list[GoogleNotice]:
        """Every notification that phones showed."""
        return list(self.resources.notices)

    def calls(self, path: str = "/walletobjects/") -> list[Seen]:
        """The requests whose path contains this."""
        return [seen for seen in self.requests if path in seen.path]

    def busiest_second(self) -> int:
        """The most calls of the API that fell into any one second."""
        window: deque[float] = deque()
        most = 0
        for at in sorted(seen.at for seen in self.calls()):
            window.append(at)
            while window[0] <= at - 1:
                window.popleft()
            most = max(most, len(window))
        return most

    def statuses(self) -> Counter[int]:
        """How often the API answered what."""
        return Counter(seen.status for seen in self.calls())

    def class_(self, class_id: str) -> dict[str, Any] | None:
        """A class as the API would answer it."""
        return self._look("Class", class_id)

    def object_(self, object_id: str) -> dict[str, Any] | None:
        """An object as the API would answer it."""
        return self._look("Object", object_id)

    def object_ids(self) -> list[str]:
        """Every object, in the order they came."""
        with self.api.lock:
            return [found.content["id"] for found in self.resources.all("Object")]

    def class_ids(self) -> list[str]:
        """Every class, in the order they came."""
        with self.api.lock:
            return [found.content["id"] for found in self.resources.all("Class")]

    # --- what users do ---

    def save(self, link: str, *, user: str = "somebody", callback: bool = True) -> list[SavedPass]:
        """
        Open a save link and save its passes. Their classes' callback addresses are told before this returns.

        Args:
            link: `https://pay.google.com/gp/v/save/...`.
            user: Whose wallet.
            callback: False: Google forgets to tell.

        Raises:
            SaveRefused: Google would show "Something went wrong".
        """
        with self.api.lock:
            saved = open_link(link, user, self.accounts, self.resources)
        for each in saved if callback else ():
            self._tell(each, "save")
        return saved

    def delete(self, object_id: str, *, user: str = "somebody", callback: bool = True) -> None:
        """
        Delete a pass from a wallet.

        Raises:
            KeyError: There is no such pass.
        """
        with self.api.lock:
            found = self.resources.find("Object", object_id)
            if found is None:
                raise KeyError(object_id)
            self.resources.users[object_id].discard(user)
            told = SavedPass(found.content["classId"], object_id)
        if callback:
            self._tell(told, "del")

    def repeat(self, sent: SentCallback) -> int:
        """Post a callback again, byte for byte, as Google does when in doubt; gives the status, 0 for no answer."""
        import httpx

        headers = {"Content-Type": "application/json", "User-Agent": "Googlebot"}
        try:
            answer = httpx.post(
                sent.url, content=sent.body, headers=headers, timeout=_CALLBACK_SECONDS, trust_env=False
            )
            status = answer.status_code
        except httpx.HTTPError:
            status = 0
        sent.statuses.append(status)
        return status

    def retry_callbacks(self) -> int:
        """Post once more what did not arrive; gives how many still did not."""
        return sum(not (self.repeat(sent) and sent.arrived) for sent in self.callbacks if not sent.arrived)

    def _tell(self, saved: SavedPass, event: str) -> None:
        class_ = self.class_(saved.class_id) or {}
        url = class_.get("callbackOptions", {}).get("url")
        if url:
            body = self.signer.callback(saved.class_id, saved.object_id, event, self.clock())
            sent = SentCallback(url, body, event, saved.object_id)
            self.callbacks.append(sent)
            self.repeat(sent)

    def _look(self, kind: Kind, resource_id: str) -> dict[str, Any] | None:
        with self.api.lock:
            found = self.resources.find(kind, resource_id)
            return None if found is None else self.resources.answer(found)
