"""What an operator can set: read once from the environment, then handed to those who need it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from walletpass.errors import FileMissing
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

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """
        Read the settings.

        Args:
            environment: Instead of the process's own.

        Raises:
            FileMissing: WALLETPASS_SECRET_KEYS_FILE names a file that cannot be read.
        """
        env = os.environ if environment is None else environment
        folder = Path(env.get("WALLETPASS_DATA") or "data")
        return cls(
            data_folder=folder,
            database_url=env.get("WALLETPASS_DATABASE") or f"sqlite:///{folder / 'walletpass.db'}",
            secret_keys=env.get("WALLETPASS_SECRET_KEYS") or _read(env.get("WALLETPASS_SECRET_KEYS_FILE")),
        )

    def keyring(self) -> Keyring:
        """
        The keys for secrets. Where none are set, `secret.keys` in the data folder, made at the first start.

        Raises:
            UsageError: They are not of the form `id:base64`, 32 bytes each.
            FileMissing: The file cannot be read or made.
        """
        return Keyring.parse(self.secret_keys or _own_keys(self.data_folder / "secret.keys"))


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
