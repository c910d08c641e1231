"""Measure plans, scale and graphs."""

import argparse
from pathlib import Path

import bench.planning
from bench.planning.graphs import measure_graphs
from bench.planning.plans import measure_plans, measure_scale


def main() -> None:
    """Measure all three, or those named."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.planning", description=(bench.planning.__doc__ or "").split("\n")[0]
    )
    parser.add_argument("parts", nargs="*", help="of plans, scale, graphs; all if none is named")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of real cases")
    given = parser.parse_args()
    parts = {
        "plans": lambda: measure_plans(given.data),
        "scale": lambda: measure_scale(100_000, 1_000_000, 5000),
        "graphs": lambda: measure_graphs(100_000, 1_000_000),
    }
    if unknown := set(given.parts) - parts.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    for part in given.parts or parts:
        parts[part]()


if __name__ == "__main__":
    main()
