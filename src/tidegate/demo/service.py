"""One version of one demo service as a process: `python -m tidegate.demo.service NAME MESH_DIR`.

What it does stands in its specification (`run/NAME.json`); every call to another service goes through its own
Envoy listener with the other's name as `Host`. It holds the lock of its name, so that starting it twice runs
it once, and finishes what is in flight when it is asked to stop. Imports are few: it must start quickly.
"""

import asyncio
import json
import logging
import os
import random
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from tidegate.mesh import pidlock
from tidegate.mesh.behaviour import (
    MEMORY_LIMIT_MB,
    Behaviour,
    Call,
    Endpoint,
    Fault,
    Moment,
    behaviour,
    missing,
)
from tidegate.mesh.layout import Layout

# Who asked, which request, and which trace: what the data plane and those who look into it go by.
PROPAGATED: Final = ("x-user", "x-request-id", "traceparent", "x-tg-lane")
VERSION: Final = "x-tg-version"
CALLER: Final = "x-tg-caller"
CALL_SECONDS: Final = 30.0  # Envoy's time limit is the one that counts; this one only frees what it forgot
SHUTDOWN_SECONDS: Final = 8.0
MAX_BYTES: Final = 64 * 1024


class Failed(Exception):  # noqa: N818 - an answer, not a defect
    """A request that cannot be answered well: the status and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Service:
    """Answers requests as its behaviour says."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.name = f"{spec['service']}@{spec['version']}"
        self.spec = spec
        self.behaviour: Behaviour = behaviour(spec["behaviour"])
        self.session: ClientSession | None = None
        self.requests = 0
        self.in_work = 0
        self.first: float | None = None
        self.recent: deque[float] = deque()
        self.lost: list[bytearray] = []
        self.lost_mb = 0.0

    async def health(self, _: web.Request) -> web.Response:
        """Who this is: a version is ready only when it says so itself."""
        known = {key: self.spec[key] for key in ("service", "version", "digest")}
        return web.json_response({**known, "pid": os.getpid()})

    async def answer(self, request: web.Request) -> web.Response:
        """A request by one of the version's endpoints."""
        self.in_work += 1
        try:
            body, status = await self._answer(request), 200
        except Failed as failed:
            body, status = {"error": f"{self.name}: {failed.why}"}, failed.status
        finally:
            self.in_work -= 1
            self.requests += 1
        return web.json_response(body, status=status, headers={VERSION: self.name})

    async def _answer(self, request: web.Request) -> Mapping[str, Any]:
        if not (endpoint := self.behaviour.endpoints.get(request.path)):
            raise Failed(404, f"no {request.path} here")
        await self._work(request, endpoint)
        calls = [self._call(call, request) for call in endpoint.calls]
        versions = await asyncio.gather(*calls)
        faults = await self._delayed(self._moment(request, versions), after_calls=True)
        self._suffer(faults, itself=False)
        return {field: field for field in endpoint.answers}

    async def _work(self, request: web.Request, endpoint: Endpoint) -> None:
        """What happens before others are called: checking, working, and failing where a fault says so."""
        body = await request.read()
        fields = json.loads(body) if body else {}
        if lacking := missing(endpoint.requires, fields):
            raise Failed(400, f"the request lacks {', '.join(lacking)}")
        await asyncio.sleep(self.behaviour.work_ms(lambda: random.gauss(0, 1)) / 1000)
        self._suffer(await self._delayed(self._moment(request, ()), after_calls=False), itself=True)

    async def _delayed(self, now: Moment, *, after_calls: bool) -> tuple[Fault, ...]:
        """The faults that strike, after the time they cost."""
        faults = self.behaviour.striking(now, after_calls=after_calls)
        if extra := sum(fault.latency_ms for fault in faults):
            await asyncio.sleep(extra / 1000)
        return faults

    def _suffer(self, faults: tuple[Fault, ...], *, itself: bool) -> None:
        for fault in faults:
            self._leak(fault.memory_mb / 1000)
        if self.behaviour.fails(faults, random.random, itself=itself):
            raise Failed(500, "failed")

    def _leak(self, megabytes: float) -> None:
        if megabytes and self.lost_mb < MEMORY_LIMIT_MB:
            self.lost.append(bytearray(os.urandom(64) * int(megabytes * 16384)))
            self.lost_mb += megabytes

    def _moment(self, request: web.Request, callees: tuple[str, ...] | list[str]) -> Moment:
        now = time.monotonic()
        self.first = self.first or now
        if not callees:
            self.recent.append(now)
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        return Moment(
            caller=request.headers.get(CALLER, ""),
            callees=callees,
            concurrency=self.in_work,
            rate=len(self.recent),
            requests=self.requests,
            seconds=now - self.first,
        )

    async def _call(self, call: Call, request: web.Request) -> str:
        """Call another service through Envoy; the version that answered, or a failure that says whose it is."""
        assert self.session is not None
        headers = {name: request.headers[name] for name in PROPAGATED if name in request.headers}
        url = f"http://127.0.0.1:{self.spec['egress']}{call.path}"
        fields = {field: field for field in call.sends}
        try:
            async with self.session.post(
                url, json=fields, headers={**headers, "Host": call.service}
            ) as response:
                body = await response.read()
                version = response.headers.get(VERSION, call.service)
        except (ClientError, TimeoutError, OSError) as error:
            raise Failed(502, f"no answer from {call.service}: {type(error).__name__}") from error
        if response.status != 200:
            raise Failed(502, f"{version} answered {response.status}: {_said(body)}")
        if lacking := missing(call.needs, json.loads(body)):
            raise Failed(502, f"{version} answered without {', '.join(lacking)}")
        return version

    async def client(self, _: web.Application) -> Any:
        """The connections to the egress listener, as long as the service runs."""
        connector = TCPConnector(limit=0, keepalive_timeout=30)
        timeout = ClientTimeout(total=CALL_SECONDS)
        async with ClientSession(
            connector=connector, timeout=timeout, cookie_jar=DummyCookieJar()
        ) as session:
            self.session = session
            yield


def _said(body: bytes) -> str:
    """The reason in another's answer, cut short."""
    try:
        text = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        text = body.decode("utf-8", "replace")
    return str(text)[:200]


async def serve(service: Service, port: int) -> None:
    """Serve until asked to stop, then finish what is in flight."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    application = web.Application(client_max_size=MAX_BYTES)
    application.cleanup_ctx.append(service.client)
    application.router.add_get("/healthz", service.health)
    application.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(
        application,
        access_log=None,
        keepalive_timeout=75,
        shutdown_timeout=SHUTDOWN_SECONDS,
        handle_signals=False,
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await stop.wait()
    await runner.cleanup()


def main(arguments: list[str]) -> int:
    """Take the name, read what to do, and serve."""
    name, directory = arguments
    layout = Layout.of(directory)
    if pidlock.acquire(layout.pid(name)) is None:
        return 0  # it runs already
    try:
        spec = json.loads(layout.spec(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0  # the mesh went down before we came up
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    try:
        asyncio.run(serve(Service(spec), int(spec["port"])))
    except OSError as error:
        logging.error("%s cannot listen on port %s: %s", name, spec["port"], error.strerror)  # noqa: TRY400, LOG015 - a plain sentence
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
