"""`python -m bench.attribution receiver`: spans for each second of a core, and that none is lost uncounted.

--quick       a tenth of the spans
--json OUT    everything measured, as one document
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from bench.attribution.receiver import stages, trials
from bench.attribution.receiver.stages import BATCHES, Stages
from bench.attribution.receiver.trials import Trial, whole
from bench.gates.report import table

from tidegate.otlp.wire import Encoding

TRANSPORTS: Final = ("http", "http json", "grpc")
STATED: Final = 2_000.0
"""Spans a second that must be borne without loss, beside everything else that runs here."""

QUICK: Final = 10


def main(arguments: Sequence[str]) -> int:
    """Measure and tell; the exit code says whether anything was lost uncounted."""
    options = _options(arguments)
    scale = QUICK if options.quick else 1
    steps = [
        stages.measured(encoding, batch, stages.SPANS // scale) for encoding in Encoding for batch in BATCHES
    ]
    print(_of_stages(steps), flush=True)
    tried = asyncio.run(_tried(scale))
    if options.json:
        document = {"stages": [each.record() for each in steps], "trials": [each.record() for each in tried]}
        options.json.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return 0 if all(each.exact for each in tried) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.attribution receiver", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="OUT")
    return parser.parse_args(arguments)


async def _tried(scale: int) -> list[Trial]:
    tried = []
    async for each in _trials(scale):
        print(f"{each.name}: {each.per_second:,.0f} spans per core and s", flush=True)
        tried.append(each)
    print(_of_trials(tried))
    return tried


async def _trials(scale: int) -> AsyncIterator[Trial]:
    async for each in trials.speeds(TRANSPORTS, BATCHES, scale):
        yield each
    steady = await trials.steady(STATED, 20 / scale)
    assert whole(steady), steady
    yield steady
    yield await trials.flood(trials.ROOM // 2 // scale, trials.ROOM // 20 // scale)
    yield await trials.endless(trials.ROOM * 3 // 2 // scale)


def _of_stages(steps: Sequence[Stages]) -> str:
    rows = [
        [
            step.encoding.partition("/")[2],
            str(step.batch),
            *(f"{value:.1f}" for value in (step.decode, step.read, step.gather, step.count)),
            f"{step.per_second:,.0f}",
        ]
        for step in steps
    ]
    head = ["encoding", "batch", "decode µs", "read µs", "gather µs", "count µs", "spans per core and s"]
    return table(head, rows)


def _of_trials(tried: Sequence[Trial]) -> str:
    rows = [
        [
            each.name,
            *(f"{value:,}" for value in (each.told.sent, each.counted, each.waiting, each.lost)),
            f"{each.told.turned_away:,}",
            "yes" if each.exact else "NO",
            f"{each.per_second:,.0f}",
            f"{each.told.sent / each.wall:,.0f}",
            f"{each.megabytes:.0f}",
        ]
        for each in tried
    ]
    head = ["trial", "sent", "counted", "waiting", "lost", "turned away", "exact"]
    return table([*head, "per core and s", "per s", "MB"], rows)
