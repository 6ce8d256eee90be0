"""What an operator can set: read once from the environment, then handed to those who need it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self

from walletpass.errors import FileMissing, UsageError
from walletpass_server.persistence.secrets import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server."""

    data_folder: Path = field(default=Path("data"))
    """WALLETPASS_DATA: folder of what the server keeps itself, such as the SQLite database."""
    database_url: str = ""
    """WALLETPASS_DATABASE: `postgresql://user:secret@host/name`; by default `walletpass.db` in the data folder."""
    secret_keys: str = field(default="", repr=False)
    """WALLETPASS_SECRET_KEYS, or the file WALLETPASS_SECRET_KEYS_FILE: `id:base64`, the key to seal with first."""
    facts_kept: timedelta | None = None
    """WALLETPASS_FACTS_KEPT_DAYS: how long facts of sealed days are kept; for ever without it."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """
        Read the settings.

        Args:
            environment: Instead of the process's own.

        Raises:
            FileMissing: WALLETPASS_SECRET_KEYS_FILE names a file that cannot be read.
            UsageError: A number is none.
        """
        env = os.environ if environment is None else environment
        folder = Path(env.get("WALLETPASS_DATA") or "data")
        return cls(
            data_folder=folder,
            database_url=env.get("WALLETPASS_DATABASE") or f"sqlite:///{folder / 'walletpass.db'}",
            secret_keys=env.get("WALLETPASS_SECRET_KEYS") or _read(env.get("WALLETPASS_SECRET_KEYS_FILE")),
            facts_kept=_days(env, "WALLETPASS_FACTS_KEPT_DAYS"),
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


def _read(file: str | None) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as exc:
        raise FileMissing(f"{file}: cannot be read: check WALLETPASS_SECRET_KEYS_FILE") from exc


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
        raise FileMissing(f"{file}: cannot be made: {exc.strerror}; set WALLETPASS_SECRET_KEYS") from exc
    return _read(str(file))
