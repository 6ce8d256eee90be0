"""
How fast, and in how much memory: `python -m benchmarks [--big] [NAME…]`. See docs/benchmarks.md.

Each module without a leading underscore is one benchmark, named after it, and has

    def measure(big: bool) -> Iterable[Figure]

It takes a minute or two (`big`: as long as it needs) and tells on stderr what it does. Only `peers` is a program of
its own.
"""
