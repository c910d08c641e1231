"""`python -m bench.attribution matrix`: the whole matrix, or some of it, on a mesh of its own."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.attribution.matrix.faults import MATRIX, Fault
from bench.attribution.matrix.field import standing
from bench.attribution.matrix.score import Score, line, record, score, table
from bench.attribution.matrix.traffic import flowing
from bench.attribution.matrix.trials import trials

SECONDS = 30.0


def main(arguments: Sequence[str]) -> int:
    """Try faults and tell what came of them; the exit code."""
    options = _options(arguments)
    unknown = set(options.faults) - {fault.name for fault in MATRIX}
    if unknown:
        print(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(fault.name for fault in MATRIX)}")
        return 2
    chosen = [fault for fault in MATRIX if fault.name in options.faults or not options.faults] * options.times
    for number in (signal.SIGINT, signal.SIGTERM):  # the mesh goes down with us
        signal.signal(number, signal.default_int_handler)
    asyncio.run(_tried(chosen, options.seconds, options.json))
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.attribution matrix", description=__doc__)
    parser.add_argument("--faults", type=lambda text: text.split(","), default=[], metavar="NAME,NAME")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each may be watched")
    parser.add_argument("--times", type=int, default=1, help="how often each is tried")
    parser.add_argument("--json", type=Path, metavar="OUT")
    return parser.parse_args(arguments)


async def _tried(faults: Sequence[Fault], seconds: float, out: Path | None) -> None:
    scores = []
    with TemporaryDirectory(prefix="matrix-") as folder, standing(Path(folder)) as field:
        async with flowing(field) as traffic:
            async for run in trials(field, traffic, faults, seconds):
                scores.append(score(run))
                print(line(scores[-1]), flush=True)
                _keep(scores, out)
    print(table(scores))


def _keep(scores: Sequence[Score], out: Path | None) -> None:
    if out:
        runs = [record(each) for each in scores]
        out.write_text(json.dumps({"runs": runs}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
