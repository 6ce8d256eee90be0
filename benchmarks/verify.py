"""What the verification of a hostile archive costs: each kind in a process of its own, the worst is shown."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks._child import run
from benchmarks._figure import Figure, tell
from benchmarks._hostile import ALL

_VERIFY = """
import json, pathlib, re, sys, time
from walletpass import verify
wall, cpu = time.perf_counter(), time.process_time()
found = verify(sys.argv[1])
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
peak = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) * 1024
errors = sorted({finding.rule for finding in found if finding.severity.value == "error"})
print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "errors": errors}))
"""


def measure(big: bool) -> Iterator[Figure]:
    """Seconds of the slowest, bytes of the largest."""
    seconds: dict[str, float] = {}
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="walletpass-hostile-") as folder:
        for make in ALL:
            path = Path(folder) / "hostile.pkpass"
            path.write_bytes(make())
            command = [sys.executable, "-c", _VERIFY, str(path)]
            found = [json.loads(run(command).output) for _ in range(9 if big else 4)][1:]  # the first warms up
            name = make.__name__.replace("_", " ")
            seconds[name] = median(one["cpu"] for one in found)
            memory[name] = max(one["peak"] for one in found) / 1e6
            assert found[0]["errors"], f"{name}: nothing was found wrong with it"
            size = path.stat().st_size / 1e6
            rules = ", ".join(found[0]["errors"][:3])
            tell(f"  {name} ({size:.1f} MB): {seconds[name]:.2f} s, {memory[name]:.0f} MB; {rules}")
    slowest, largest = max(seconds, key=seconds.__getitem__), max(memory, key=memory.__getitem__)
    kinds = f"of {len(ALL)} kinds"
    yield Figure(
        what="verify, hostile 10 MB", value=seconds[slowest], unit="s", at_most=1, remark=f"{slowest}, slowest {kinds}"
    )
    yield Figure(
        what="the same, memory", value=memory[largest], unit="MB", at_most=200, remark=f"{largest}, largest {kinds}"
    )
