"""How long until a kill has reached every one of many connected applications.

A tidegate serves one flag; applications in a few processes follow it. The flag is switched off over HTTP, as
`tidegate flags off` does, and on again, many times. For each application the time runs from just before the order is
sent until it has the flag off: that includes that the switch is kept in the store.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, Final

import httpx
from bench.flags.applications import KEY, Crowd, Seen, applications, run
from bench.flags.server import serving

from tidegate.temporal.state_dir import ApiAddress

PROCESSES: Final = 4
SECONDS: Final = 60.0
"""The longest that anything is waited for."""

DEFINITIONS: Final = {
    "flags": {
        KEY: {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"},
    }
}
ORDER: Final = {"by": "bench", "reason": "how soon is it off everywhere"}


def crowds(address: ApiAddress, count: int, evaluations: int) -> Sequence[Crowd]:
    """So many applications, spread over a few processes, half of them by gRPC."""
    each = count // PROCESSES
    return [
        Crowd(
            name=f"process-{number}",
            url=address.url,
            grpc=address.flags_grpc,
            by_grpc=each // 2,
            by_events=each - each // 2,
            evaluations=evaluations,
        )
        for number in range(PROCESSES)
    ]


@contextmanager
def running(all_crowds: Sequence[Crowd]) -> "Iterator[Queue[Seen]]":
    """The processes of applications, for the length of a block."""
    spawned = multiprocessing.get_context("spawn")
    told: Queue[Seen] = spawned.Queue()
    processes = [spawned.Process(target=run, args=(crowd, told), daemon=True) for crowd in all_crowds]
    for process in processes:
        process.start()
    try:
        yield told
    finally:
        for process in processes:
            process.kill()
            process.join()


def all_have(told: "Queue[Seen]", count: int, *, on: bool, since: float = 0.0) -> Mapping[str, float]:
    """When each of so many applications had the flag on, or off, for the first time since a moment."""
    found: dict[str, float] = {}
    until = time.monotonic() + SECONDS
    while len(found) < count:
        seen = told.get(timeout=until - time.monotonic())
        if seen.on is on and seen.at >= since:
            found.setdefault(seen.application, seen.at)
    return found


def measure(address: ApiAddress, count: int, rounds: int, evaluations: int) -> Mapping[str, Any]:
    """Seconds from the order to each application, over all rounds."""
    headers = {"Authorization": f"Bearer {address.token}"}
    all_crowds = crowds(address, count, evaluations)
    present = applications(all_crowds)
    taken: dict[str, list[float]] = {"grpc": [], "sse": []}
    with running(all_crowds) as told, httpx.Client(base_url=address.url, headers=headers) as api:
        all_have(told, present, on=True)
        for _ in range(rounds):
            ordered = time.monotonic()
            api.post(f"/v1/flags/{KEY}/off", json=ORDER).raise_for_status()
            for name, at in all_have(told, present, on=False, since=ordered).items():
                taken[name.split("/")[1]].append(at - ordered)
            api.post(f"/v1/flags/{KEY}/on", json=ORDER).raise_for_status()
            all_have(told, present, on=True)
    everyone = {**taken, "all": [seconds for each in taken.values() for seconds in each]}
    return {
        "applications": present,
        "evaluations a second": evaluations * PROCESSES,
        "seconds": {name: _summary(seconds) for name, seconds in everyone.items()},
    }


def _summary(seconds: Sequence[float]) -> Mapping[str, float]:
    hundredths = statistics.quantiles(seconds, n=100, method="inclusive")
    found = {"p50": hundredths[49], "p99": hundredths[98], "max": max(seconds)}
    return {name: round(value, 4) for name, value in found.items()}


def main(arguments: Sequence[str]) -> int:
    """Measure with applications that evaluate nothing by asking, and that do; print, and write JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.flags propagation")
    parser.add_argument("--applications", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=50, help="in a second and process, by OFREP")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "rounds": given.rounds,
        "cores": os.cpu_count(),
        "load before": os.getloadavg()[0],
    }
    with tempfile.TemporaryDirectory() as folder:
        definitions = Path(folder) / "flags.json"
        definitions.write_text(json.dumps(DEFINITIONS))
        with serving(definitions, Path(folder) / "state") as address:
            for name, evaluations in (("idle", 0), ("busy", given.evaluations)):
                found[name] = measure(address, given.applications, given.rounds, evaluations)
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return 0
