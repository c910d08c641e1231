"""Users of the mesh: an open loop that sends at its rate whatever the answers, and records every request.

    load = Load(url, "web", spec, record)
    task = asyncio.create_task(load.run(stop))

Open, because users do not wait for each other: a slow version gets no fewer requests than a fast one. Bounded
all the same: with `IN_FLIGHT` requests open, further ones are recorded as not sent; a busy machine would
otherwise queue without end and not recover when it is idle again. As a process
(`python -m tidegate.demo.load MESH_DIR`) it is what `tidegate mesh up --load` runs.
"""

import asyncio
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TextIO

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from tidegate.mesh import pidlock
from tidegate.mesh.layout import Layout

NAME: Final = "load"
NOT_SENT: Final = "not sent"
IN_FLIGHT: Final = 48
FLUSH_SECONDS: Final = 0.2
LONGEST_ERROR: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request of one user: `time` in seconds since 1970, `ms` until the whole answer was there.

    `status` is 0 when there was no answer, `error` says what the answer's body, or its absence, says.
    """

    time: float
    journey: str
    user: str
    request_id: str
    status: int
    ms: float
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether the user got no good answer."""
        return self.status != 200


@dataclass(slots=True)
class Totals:
    """What has been sent so far and how much of it failed."""

    requests: int = 0
    failed: int = 0


class Load:
    """Sends journeys to an entry service and hands every `Sample` to `record`."""

    def __init__(
        self, url: str, host: str, spec: Mapping[str, Any], record: Callable[[Sample], None]
    ) -> None:
        self.totals = Totals()
        self._url = url
        self._host = host
        self._rate = float(spec["rate"])
        self._users = int(spec.get("users", 2000))
        self._timeout = ClientTimeout(total=float(spec.get("timeoutSeconds", 5)))
        self._journeys = [dict(journey) for journey in spec["journeys"]]
        self._weights = [float(journey.get("weight", 1)) for journey in self._journeys]
        self._record = record
        self._open: set[asyncio.Task[None]] = set()
        self._run = f"{random.getrandbits(32):08x}"
        self._sent = 0

    async def run(self, stop: asyncio.Event) -> Totals:
        """Send until asked to stop, then wait for what is in flight; the totals."""
        connector = TCPConnector(limit=0, keepalive_timeout=30)
        async with ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=DummyCookieJar()
        ) as session:
            await self._send_until(stop, session)
            await asyncio.gather(*self._open)
        return self.totals

    async def _send_until(self, stop: asyncio.Event, session: ClientSession) -> None:
        """One request a tick; a tick that came late does not shift those after it."""
        began = asyncio.get_running_loop().time()
        while not stop.is_set():
            self._send(session)
            wait = began + self._sent / self._rate - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(stop.wait(), max(wait, 0))
            except TimeoutError:
                continue

    def _send(self, session: ClientSession) -> None:
        self._sent += 1
        journey = random.choices(self._journeys, self._weights)[0]
        user = f"u{random.randrange(self._users)}"
        request_id = f"{self._run}-{self._sent}"
        sample = Sample(
            time=time.time(), journey=journey["name"], user=user, request_id=request_id, status=0, ms=0
        )
        if len(self._open) >= IN_FLIGHT:
            self._done(sample, 0, 0.0, f"{NOT_SENT}: {IN_FLIGHT} requests are open")
            return
        task = asyncio.create_task(self._request(session, journey["path"], sample))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _request(self, session: ClientSession, path: str, sample: Sample) -> None:
        headers = {"Host": self._host, "x-user": sample.user, "x-request-id": sample.request_id}
        began = time.perf_counter()
        try:
            async with session.get(f"{self._url}{path}", headers=headers) as response:
                status, body = response.status, await response.text()
        except (ClientError, TimeoutError, OSError) as error:
            status, body = 0, f"no answer: {type(error).__name__}"
        ms = (time.perf_counter() - began) * 1000
        self._done(sample, status, ms, "" if status == 200 else body[:LONGEST_ERROR])

    def _done(self, sample: Sample, status: int, ms: float, error: str) -> None:
        fields = asdict(sample) | {"status": status, "ms": round(ms, 1), "error": error}
        self.totals.requests += 1
        self.totals.failed += status != 200
        self._record(Sample(**fields))


async def _flush(stream: TextIO, stop: asyncio.Event) -> None:
    while not stop.is_set():
        stream.flush()
        await asyncio.sleep(FLUSH_SECONDS)


async def drive(spec: Mapping[str, Any], stream: TextIO) -> None:
    """Send until a signal comes, one JSON line a request."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    load = Load(
        spec["url"], spec["host"], spec["load"], lambda sample: print(json.dumps(asdict(sample)), file=stream)
    )
    await asyncio.gather(load.run(stop), _flush(stream, stop))


def main(arguments: list[str]) -> int:
    """Take the name, read what to send, and send it."""
    layout = Layout.of(arguments[0])
    if pidlock.acquire(layout.pid(NAME)) is None:
        return 0  # it runs already
    try:
        spec = json.loads(layout.spec(NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0  # the mesh went down before we came up
    with layout.load.open("a", encoding="utf-8") as stream:
        asyncio.run(drive(spec, stream))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
