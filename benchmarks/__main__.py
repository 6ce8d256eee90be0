"""Run the benchmarks named, or all, and print one table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import monotonic

import cryptography

from benchmarks._figure import Figure, show, tell

NAMES = (
    "sign",
    "links",
    "bulk",
    "start",
    "verify",
    "changed_since",
    "issuing",
    "importing",
    "firing",
    "reports",
    "webservice",
    "doors",
    "apns",
    "hooks",
    "api_events",
)
"""Every benchmark with figures for the table. `peers` is a program of its own."""


def machine() -> str:
    """Where and when, in a line."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_processor()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, cryptography {cryptography.__version__}; load {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def run(wanted: Sequence[str], big: bool) -> Iterator[Figure]:
    """Every figure, in order."""
    for name in wanted:
        start = monotonic()
        tell(f"{name} …")
        yield from import_module(f"benchmarks.{name}").measure(big)
        tell(f"{name}: {monotonic() - start:.0f} s")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--big", action="store_true", help="sizes of the issue: takes long")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
    before = machine()
    figures = list(run(given.names or NAMES, given.big))
    print(f"{before}; at the end {os.getloadavg()[0]:.1f}\n\n{show(figures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
