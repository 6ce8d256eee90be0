"""
Compare rates fairly on a machine that others use too.

Every round runs each case once, in turns, so that what disturbs one disturbs all. One-thread cases are counted per CPU
second, which other programs do not eat, and ratios are taken within a round. Cases of several threads or processes
are counted by the wall clock, where they do: there the best rounds are compared, which were disturbed least.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from statistics import median

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls per second of each case, one value a round."""

    rounds: dict[str, list[float]]

    def rate(self, case: str) -> float:
        """Median over the rounds."""
        return median(self.rounds[case])

    def ratio(self, case: str, base: str) -> float:
        """Median of the ratios within each round."""
        rounds = zip(self.rounds[case], self.rounds[base], strict=True)
        return median(rate / of for rate, of in rounds)

    def best_ratio(self, case: str, base: str) -> float:
        """Ratio of the best rounds."""
        return max(self.rounds[case]) / max(self.rounds[base])


def interleaved(cases: Mapping[str, Callable[[], float]], rounds: int = 7) -> Rates:
    """Run every case once a round; a case returns its calls per second (see `per_cpu_second` and `per_second`)."""
    for measure in cases.values():
        measure()  # warm-up
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, measure in cases.items():
            found[name].append(measure())
    return Rates(found)


def per_cpu_second(call: Call, seconds: float = 0.5) -> Callable[[], float]:
    """A case in this thread: calls per second of CPU time."""

    def measure() -> float:
        calls, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds:
            call()
            calls += 1
        return calls / spent

    return measure


def per_second(
    executor: Executor, workers: int, loop: Callable[[float], int], seconds: float = 0.5
) -> Callable[[], float]:
    """
    A case in several threads or processes: calls per second of wall-clock time, all workers together.

    Args:
        executor: With at least so many workers.
        workers: How many run at once.
        loop: Calls as often as it can in so many seconds and returns how often (`repeat` of a call does).
        seconds: Of each round.
    """

    def measure() -> float:
        start = time.perf_counter()
        calls = sum(executor.map(loop, [seconds] * workers))
        return calls / (time.perf_counter() - start)

    return measure


def repeat(call: Call, seconds: float) -> int:
    """Call for so many seconds of wall-clock time; how often."""
    calls, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        call()
        calls += 1
    return calls


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows as aligned text, the first one a heading."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not index else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
