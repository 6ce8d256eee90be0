"""
How fast, and in how much memory: `python -m benchmarks [--big] [NAME…]`. See docs/benchmarks.md.

Each module without a leading underscore is one benchmark, named after it. It has

    def measure(big: bool) -> Iterable[Figure]

which takes a minute or two (`big`: as long as it needs) and tells its progress on stderr. `peers` is a program of its own.
"""
