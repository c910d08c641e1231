"""`python -m bench.story`: the faulty story again and again: how fast traffic is at zero, and who was hurt.

Each time on a fresh mesh. `latency` is from the first failed call of the bad release to its last call, both by
Envoy's record; `failed` counts user requests as the users saw them. At this load the harm that no test can avoid
is written beside it: (r-1) ln(1/alpha) / (r ln r - r + 1) excess failures for a ratio r, here from a control
that does not fail, so it tends to the few failures that any proof needs.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from tidegate.demo.stories import tell_story

LATENCY = "seconds from the first failure to the last call of the bad release"


def main() -> None:
    """Play the story `--repeats` times and print each run and the medians."""
    parser = argparse.ArgumentParser(prog="python -m bench.story", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shop", type=Path, default=Path("examples/shop"))
    given = parser.parse_args()
    latencies, failed = [], []
    for number in range(1, given.repeats + 1):
        with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
            found = tell_story("faulty", given.shop, Path(folder), lambda _: None)
        print(json.dumps({"run": number, **found.facts, "failures": found.failures}), flush=True)
        latencies.append(found.facts[LATENCY])
        failed.append(found.facts["failed user requests"])
    print(
        f"median of {given.repeats}: {statistics.median(latencies):.2f} s from fault to traffic at zero "
        f"(worst {max(latencies):.2f}), {statistics.median(failed):.0f} failed user requests (worst {max(failed):.0f})"
    )


if __name__ == "__main__":
    main()
