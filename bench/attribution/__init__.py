"""Benchmarks of attribution: `python -m bench.attribution COMMAND`."""
