"""The receiver in a process of its own: `python -m bench.attribution.receiver.server BOUND`.

It keeps at most BOUND spans waiting, and tells on a line of JSON where it answers. For each line that it reads it
tells what became of the spans until now, the seconds of a core that it took, and the most memory that it had.
"""

import asyncio
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from tidegate.observers.traces.table import Bounds, TraceTable
from tidegate.observers.traces.waiting import Patience
from tidegate.server.otlp.access import Access
from tidegate.server.otlp.grpc import GrpcReceiver, answering
from tidegate.server.otlp.http import Receiver
from tidegate.server.otlp.signals import Traces
from tidegate.server.otlp.work import Work

HOST: Final = "127.0.0.1"
TOKEN: Final = "bench"  # noqa: S105 - nobody else can reach it

PATIENCE: Final = Patience(hops_quiet=1.0)
"""Less than usual, so that a trial is over soon."""


async def serve(spans: int) -> None:
    """Answer until the input ends."""
    work = Work()
    table = TraceTable(time.time, Bounds(spans=spans, patience=PATIENCE))
    signals = [Traces(table, time.time, work)]
    access = Access(token=TOKEN)
    app = FastAPI()
    app.include_router(Receiver(signals, access, work).router())
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
    with socket.create_server((HOST, 0)) as listener:
        by_http = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with answering(GrpcReceiver(signals, access, work), HOST, 0) as port:
            _tell({"http": by_http, "grpc": port})
            while await asyncio.to_thread(sys.stdin.readline):
                reading = await table.read()
                _tell(_figures(table) | {"journeys": sum(each.journeys for each in reading.entries.values())})
        server.should_exit = True
        await serving


def _figures(table: TraceTable) -> dict[str, Any]:
    account = table.account()
    return {
        "received": account.received,
        "counted": account.counted,
        "waiting": account.waiting,
        "lost": sum(account.lost.values()),
        "seconds": time.process_time(),
        "megabytes": _most_memory() / 1024,
    }


def _most_memory() -> int:
    """Kilobytes at most until now, of this program alone: `getrusage` has those of who started it too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _tell(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
