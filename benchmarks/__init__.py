"""
How fast, and in how much memory: `python -m benchmarks [--big] [NAME…]`. See docs/benchmarks.md.

A benchmark is a module that has

    def measure(big: bool) -> Iterable[Figure]

and stands in `NAMES` of `__main__`. It takes a minute or two (`big`: as long as it needs) and tells on stderr what it
does. `peers` is a program of its own.
"""
