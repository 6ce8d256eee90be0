"""How long `import walletpass` and `walletpass --help` take: medians, in fresh processes, files already in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median

from benchmarks._child import run
from benchmarks._figure import Figure

_IMPORT = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import walletpass
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def measure(big: bool) -> Iterator[Figure]:
    """Seconds on the clock and of CPU."""
    times = 31 if big else 11
    run([sys.executable, "-c", _IMPORT]), run([sys.executable, "-m", "walletpass", "--help"])  # warm-up
    imports = [run([sys.executable, "-c", _IMPORT]).output.split() for _ in range(times)]
    helps = [run([sys.executable, "-m", "walletpass", "--help"]) for _ in range(times)]
    cases = {
        "import walletpass": (0.3, [float(wall) for wall, _ in imports], [float(cpu) for _, cpu in imports]),
        "walletpass --help": (0.5, [cost.wall for cost in helps], [cost.cpu for cost in helps]),
    }
    for what, (goal, wall, cpu) in cases.items():
        remark = f"{median(cpu):.2f} s of CPU"
        yield Figure(what=what, value=median(wall), unit="s", at_most=goal, remark=remark)
