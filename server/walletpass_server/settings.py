"""What an operator can set: read once from the environment, then handed to those who need it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Self

from walletpass.errors import FileMissing, UsageError
from walletpass_server.persistence.secrets import Keyring

APNS = "https://api.push.apple.com"
GOOGLE_API = "https://walletobjects.googleapis.com"
GOOGLE_ROOT_KEYS = "https://pay.google.com/gp/m/issuer/keys"

_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server."""

    data_folder: Path = field(default=Path("data"))
    """WALLETPASS_DATA: folder of what the server keeps itself, such as the SQLite database."""
    database_url: str = ""
    """WALLETPASS_DATABASE_URL: `postgresql://user:secret@host/name`; by default `walletpass.db` in the data folder."""
    secret_keys: str = field(default="", repr=False)
    """WALLETPASS_SECRET_KEY, or the file WALLETPASS_SECRET_KEY_FILE: `id:base64,…`, the one to seal with first."""
    facts_kept: timedelta | None = None
    """WALLETPASS_FACTS_KEPT_DAYS: how long facts of sealed days are kept; for ever without it."""
    backups_kept: timedelta | None = None
    """WALLETPASS_BACKUPS_KEPT_DAYS: how long copies of the database are kept, for receipts of erasures to say."""
    host: str = "127.0.0.1"
    """WALLETPASS_HOST: address to listen on."""
    port: int = 8000
    """WALLETPASS_PORT: port to listen on."""
    metrics_port: int = 0
    """WALLETPASS_METRICS_PORT: port of the metrics, apart from the doors; 0 for none."""
    metrics_host: str = "127.0.0.1"
    """WALLETPASS_METRICS_HOST: address the metrics listen on; they answer whoever reaches it."""
    public_url: str = ""
    """WALLETPASS_PUBLIC_URL: how phones reach this server, https; by default the address it listens on."""
    trusted_proxies: tuple[str, ...] = ()
    """WALLETPASS_TRUSTED_PROXIES: networks whose X-Forwarded-For is believed."""
    apns_url: str = APNS
    """WALLETPASS_APNS_URL: where to push."""
    apns_ca: Path | None = None
    """WALLETPASS_APNS_CA: PEM file of the authority that answers there; by default the system's."""
    apns_push_type: str = "background"
    """WALLETPASS_APNS_PUSH_TYPE: `background` with priority 5; `none` leaves the type out, with priority 10."""
    google_api_url: str = GOOGLE_API
    """WALLETPASS_GOOGLE_API_URL: Google's REST API."""
    google_root_keys_url: str = GOOGLE_ROOT_KEYS
    """WALLETPASS_GOOGLE_ROOT_KEYS_URL: the keys that prove Google's callbacks."""
    badges: Path | None = None
    """WALLETPASS_BADGES: folder of the wallets' official badges, `<language>/add-to-apple-wallet.svg` and so on."""
    hooks_private: tuple[str, ...] = ()
    """WALLETPASS_HOOKS_PRIVATE: networks that hooks may go to although they are not public, for rehearsals."""
    allow_http: bool = False
    """WALLETPASS_ALLOW_HTTP: `1` lets the public URL be plain http, for rehearsals."""
    rehearsal: bool = False
    """WALLETPASS_REHEARSAL: `1` allows rehearsal settings beside operations in production."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """
        Read the settings.

        Args:
            environment: Instead of the process's own.

        Raises:
            FileMissing: WALLETPASS_SECRET_KEY_FILE names a file that cannot be read.
            UsageError: A number is none.
        """
        env = os.environ if environment is None else environment
        folder = Path(env.get("WALLETPASS_DATA") or "data")
        host = env.get("WALLETPASS_HOST") or "127.0.0.1"
        port = _port(env, "WALLETPASS_PORT", 8000)
        return cls(
            data_folder=folder,
            database_url=env.get("WALLETPASS_DATABASE_URL") or f"sqlite:///{folder / 'walletpass.db'}",
            secret_keys=env.get("WALLETPASS_SECRET_KEY") or _read(env.get("WALLETPASS_SECRET_KEY_FILE")),
            facts_kept=_days(env, "WALLETPASS_FACTS_KEPT_DAYS"),
            backups_kept=_days(env, "WALLETPASS_BACKUPS_KEPT_DAYS"),
            host=host,
            port=port,
            metrics_port=_port(env, "WALLETPASS_METRICS_PORT", 0),
            metrics_host=env.get("WALLETPASS_METRICS_HOST") or "127.0.0.1",
            public_url=(env.get("WALLETPASS_PUBLIC_URL") or _own_address(host, port)).rstrip("/"),
            trusted_proxies=_networks(env, "WALLETPASS_TRUSTED_PROXIES"),
            apns_url=env.get("WALLETPASS_APNS_URL") or APNS,
            apns_ca=_path(env, "WALLETPASS_APNS_CA"),
            apns_push_type=_choice(env, "WALLETPASS_APNS_PUSH_TYPE", ("background", "none")),
            google_api_url=(env.get("WALLETPASS_GOOGLE_API_URL") or GOOGLE_API).rstrip("/"),
            google_root_keys_url=env.get("WALLETPASS_GOOGLE_ROOT_KEYS_URL") or GOOGLE_ROOT_KEYS,
            badges=_path(env, "WALLETPASS_BADGES"),
            hooks_private=_networks(env, "WALLETPASS_HOOKS_PRIVATE"),
            allow_http=_flag(env, "WALLETPASS_ALLOW_HTTP"),
            rehearsal=_flag(env, "WALLETPASS_REHEARSAL"),
        )

    @property
    def key_file(self) -> Path:
        """Where keys are that nobody set."""
        return self.data_folder / "secret.keys"

    @property
    def has_keys(self) -> bool:
        """Whether there are keys already."""
        return bool(self.secret_keys) or self.key_file.exists()

    def keyring(self) -> Keyring:
        """
        The keys for secrets. Where none are set, `secret.keys` in the data folder, made at the first start.

        Raises:
            UsageError: They are not of the form `id:base64`, 32 bytes each.
            FileMissing: The file cannot be read or made.
        """
        return Keyring.parse(self.secret_keys or _own_keys(self.key_file))


def _days(env: Mapping[str, str], name: str) -> timedelta | None:
    value = env.get(name)
    if not value:
        return None
    if not value.isdecimal() or len(value) > 5:
        raise UsageError(f"{name}={value}: is no number of days: write 400, or leave it out")
    return timedelta(days=int(value))


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name)
    if not value:
        return default
    if not value.isdecimal() or int(value) > 65_535:
        raise UsageError(f"{name}={value}: is no port: write a number up to 65535")
    return int(value)


def _own_address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of a few words, the first unless another is set."""
    value = env.get(name) or choices[0]
    if value not in choices:
        raise UsageError(f"{name}={value}: is none of {', '.join(choices)}: write one of them, or leave it out")
    return value


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(env.get(name, "").replace(",", " ").split())
    for network in found:
        try:
            ip_network(network)
        except ValueError as exc:
            raise UsageError(f"{name}={network}: is no network: write 10.0.0.0/8, or one address") from exc
    return found


def _path(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name)
    return Path(value) if value else None


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = (env.get(name) or "0").lower()
    if value not in _FLAGS:
        raise UsageError(f"{name}={value}: write 1 or 0")
    return _FLAGS[value]


def _read(file: str | None) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as exc:
        raise FileMissing(f"{file}: cannot be read: check WALLETPASS_SECRET_KEY_FILE") from exc


def _own_keys(file: Path) -> str:
    if file.exists():
        return _read(str(file))
    part = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.touch(mode=0o600)
        part.write_text(Keyring.new_key("1") + "\n", "ascii")
        with suppress(FileExistsError):  # of several processes that start together, the first makes the key
            file.hardlink_to(part)
        part.unlink()
    except OSError as exc:
        raise FileMissing(f"{file}: cannot be made: {exc.strerror}; set WALLETPASS_SECRET_KEY") from exc
    return _read(str(file))
