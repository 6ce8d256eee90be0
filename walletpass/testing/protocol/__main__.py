"""`python -m walletpass.testing.protocol`: the rules tried on the service behind a pass, a line for each one broken."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import httpx

from walletpass.errors import FileMissing, UsageError, WalletPassError
from walletpass.testing.errands import Errands
from walletpass.testing.held_pass import HeldPass
from walletpass.testing.protocol import RULES, Result, Rule, State, Subject, run

_SECONDS = 30.0
_COMMAND_SECONDS = 60.0


def _print_rules(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        for rule in RULES:
            needs = f" Needs {' and '.join(sorted(rule.needs))}." if rule.needs else ""
            click.echo(f"{rule.name}: {rule.sentence}{needs} [{rule.source}]")
        context.exit()


@click.command
@click.option("--pass", "passes", multiple=True, required=True, metavar="FILE|URL", help="Of the service; best, two.")
@click.option("--ca", "anchors", multiple=True, type=Path, metavar="FILE", help="Certificate to trust besides Apple's.")
@click.option("--change", metavar="COMMAND", help="Shell command that changes the pass of {serial}.")
@click.option("--void", metavar="COMMAND", help="Shell command that takes back the pass of {serial}: the last one.")
@click.option("--only", multiple=True, metavar="WORD", help="Rules whose name holds this word.")
@click.option("--insecure", is_flag=True, help="Take any TLS certificate of the server.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each rule.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_print_rules, help="Show the rules.")
@click.pass_context
def main(
    context: click.Context,
    passes: tuple[str, ...],
    anchors: tuple[Path, ...],
    change: str | None,
    void: str | None,
    only: tuple[str, ...],
    insecure: bool,
    as_json: bool,
) -> None:
    """
    Try the rules of Apple's web service for passes on the service behind a pass.

    Exit code 0: every rule that was tried is kept. 1: one is broken. 2: nothing could be tried.
    """
    rules = [rule for rule in RULES if not only or any(word in rule.name for word in only)]
    try:
        counts = asyncio.run(_try(rules, passes, [_read(path) for path in anchors], change, void, insecure, as_json))
    except WalletPassError as fault:
        raise click.UsageError(str(fault)) from None
    context.exit(1 if counts[State.BROKEN] else 0)


async def _try(
    rules: list[Rule],
    passes: tuple[str, ...],
    anchors: list[bytes],
    change: str | None,
    void: str | None,
    insecure: bool,
    as_json: bool,
) -> Counter[State]:
    async with httpx.AsyncClient(timeout=_SECONDS, verify=not insecure) as http:
        held = [HeldPass.read(await _bundle(source, http), anchors) for source in passes]
        subject = Subject(http, held, anchors, change=_shell(change), void=_shell(void))
        counts: Counter[State] = Counter()
        async for result in run(rules, subject):
            counts[result.state] += 1
            _show(result, as_json)
    if not as_json:
        click.echo(", ".join(f"{counts[state]} {state}" for state in State) + f", of {len(rules)} rules")
    return counts


def _show(result: Result, as_json: bool) -> None:
    rule = result.rule
    if as_json:
        found = {"rule": rule.name, "sentence": rule.sentence, "source": rule.source}
        click.echo(json.dumps({**found, "state": result.state, "says": result.says}))
    elif result.state is State.BROKEN:
        click.echo(f"broken: {rule.name}: {result.says}\n        {rule.sentence} [{rule.source}]")
    elif result.state is State.NOT_TRIED:
        click.echo(f"not tried: {rule.name}: {result.says}")


async def _bundle(source: str, http: httpx.AsyncClient) -> bytes:
    if source.startswith(("https://", "http://")):
        return await Errands(http, "protocol-suite", []).download(source)
    return _read(Path(source))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise FileMissing(f"{path} cannot be opened ({exc.strerror}): give the path of a file") from exc


def _shell(command: str | None) -> Callable[[str], Awaitable[None]] | None:
    """What runs a command for a serial."""
    if command is None:
        return None
    if "{serial}" not in command:
        raise UsageError(f"{command!r} names no pass: write {{serial}} where the serial goes")

    async def run_it(serial: str) -> None:
        line = command.replace("{serial}", shlex.quote(serial))
        process = await asyncio.create_subprocess_shell(
            line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise UsageError(f"{line!r} did not end within {_COMMAND_SECONDS:g} s: try it by hand") from None
        if process.returncode != 0:
            raise UsageError(f"{line!r} failed: {said.decode(errors='replace').strip()[-300:]}; try it by hand")

    return run_it


if __name__ == "__main__":
    main()
