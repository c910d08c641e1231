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
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from tidegate.demo.attached import Flags, NoFlags, Store
from tidegate.demo.wear import Arrivals, Damage
from tidegate.mesh import pidlock
from tidegate.mesh.behaviour import (
    Behaviour,
    Call,
    Endpoint,
    Fault,
    Moment,
    behaviour,
    emptied,
    empty,
    filled,
    learned,
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

    def __init__(
        self, spec: Mapping[str, Any], flags: Flags | None = None, store: Store | None = None
    ) -> None:
        self.name = f"{spec['service']}@{spec['version']}"
        self.spec = spec
        self.behaviour: Behaviour = behaviour(spec["behaviour"])
        self.session: ClientSession | None = None
        self.requests = 0
        self.in_work = 0
        self.arrivals = Arrivals()
        self.damage = Damage()
        self.flags = flags or NoFlags()
        self.store = store

    async def health(self, _: web.Request) -> web.Response:
        """Who this is: a version is ready only when it says so itself."""
        known = {key: self.spec[key] for key in ("service", "version", "digest")}
        return web.json_response({**known, "pid": os.getpid()})

    async def answer(self, request: web.Request) -> web.Response:
        """A request by one of the version's endpoints."""
        self.in_work += 1
        self.arrivals.came(time.monotonic())
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
        told = await _told(request, endpoint)
        on = self.flags.on(request.headers.get("x-user", ""), request.headers.get("traceparent", ""))
        known = emptied(told, await self._work(request, on))
        await self._stored(endpoint)
        made = await asyncio.gather(*(self._call(call, request, known) for call in endpoint.calls))
        answers = [answer for answer in made if answer]
        now = self._moment(request, on, [answer.version for answer in answers])
        faults = await self._delayed(now, after_calls=True)
        self._suffer(faults, itself=False)
        known = learned(known, (answer.fields for answer in answers))
        return filled(endpoint.answers, emptied(known, faults))

    async def _work(self, request: web.Request, on: Collection[str]) -> tuple[Fault, ...]:
        """What happens before others are called: working, and failing where a fault says so; what struck."""
        await asyncio.sleep(self.behaviour.work_ms(lambda: random.gauss(0, 1)) / 1000)
        faults = await self._delayed(self._moment(request, on, ()), after_calls=False)
        self._suffer(faults, itself=True)
        return faults

    async def _stored(self, endpoint: Endpoint) -> None:
        if self.store is None or not endpoint.statements:
            return
        if why := await self.store.write(endpoint.statements):
            raise Failed(500, why)

    async def _delayed(self, now: Moment, *, after_calls: bool) -> tuple[Fault, ...]:
        """The faults that strike, after the time they cost."""
        faults = self.behaviour.striking(now, after_calls=after_calls)
        if extra := sum(fault.latency_ms + self.damage.slower(fault) for fault in faults):
            await asyncio.sleep(extra / 1000)
        return faults

    def _suffer(self, faults: tuple[Fault, ...], *, itself: bool) -> None:
        for fault in faults:
            self.damage.leak(fault.memory_mb / 1000)
        if self.behaviour.fails(faults, random.random, itself=itself):
            raise Failed(500, "failed")

    def _moment(self, request: web.Request, on: Collection[str], callees: Collection[str]) -> Moment:
        now = time.monotonic()
        return Moment(
            caller=request.headers.get(CALLER, ""),
            callees=callees,
            flags=on,
            concurrency=self.in_work,
            rate=self.arrivals.rate(now),
            requests=self.requests,
            seconds=now - self.arrivals.first,
            dice=random.random(),
        )

    async def _call(self, call: Call, request: web.Request, known: Mapping[str, object]) -> "Answer | None":
        """The answer of another service, asked as often as it takes and the call allows; none of one not needed."""
        for attempt in range(call.retries + 1):
            try:
                return await self._attempt(call, request, known)
            except Failed:
                if attempt == call.retries and not call.optional:
                    raise
        return None

    async def _attempt(self, call: Call, request: web.Request, known: Mapping[str, object]) -> "Answer":
        """Call another service through Envoy; its answer, or a failure that says whose it is."""
        assert self.session is not None
        headers = {name: request.headers[name] for name in PROPAGATED if name in request.headers}
        url = f"http://127.0.0.1:{self.spec['egress']}{call.path}"
        try:
            async with self.session.post(
                url, json=filled(call.sends, known), headers={**headers, "Host": call.service}
            ) as response:
                body = await response.read()
                version = response.headers.get(VERSION, call.service)
        except (ClientError, TimeoutError, OSError) as error:
            raise Failed(502, f"no answer from {call.service}: {type(error).__name__}") from error
        if response.status != 200:
            raise Failed(502, f"{version} answered {response.status}: {_said(body)}")
        return _checked(call, Answer(version=version, fields=json.loads(body)))

    async def client(self, _: web.Application) -> AsyncIterator[None]:
        """The connections to the egress listener and the flags, as long as the service runs."""
        connector = TCPConnector(limit=0, keepalive_timeout=30)
        timeout = ClientTimeout(total=CALL_SECONDS)
        async with ClientSession(
            connector=connector, timeout=timeout, cookie_jar=DummyCookieJar()
        ) as session:
            self.session = session
            flags = asyncio.create_task(self.flags.running(session))
            yield
            flags.cancel()
            with suppress(asyncio.CancelledError):
                await flags
            if self.store is not None:
                await self.store.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What another service answered, and in which version."""

    version: str
    fields: Mapping[str, object]


async def _told(request: web.Request, endpoint: Endpoint) -> Mapping[str, object]:
    """The fields of a request that is good enough to work on."""
    body = await request.read()
    fields: Mapping[str, object] = json.loads(body) if body else {}
    if lacking := missing(endpoint.requires, fields):
        raise Failed(400, f"the request lacks {', '.join(lacking)}")
    if void := empty(endpoint.checks, fields):
        raise Failed(400, f"the request has no value in {', '.join(void)}")
    return fields


def _checked(call: Call, answer: Answer) -> Answer:
    """An answer that is good enough to go on with."""
    if lacking := missing(call.needs, answer.fields):
        raise Failed(502, f"{answer.version} answered without {', '.join(lacking)}")
    if void := empty(call.checks, answer.fields):
        raise Failed(502, f"{answer.version} answered with no value in {', '.join(void)}")
    return answer


def _said(body: bytes) -> str:
    """The reason in another's answer, cut short."""
    try:
        text = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        text = body.decode("utf-8", "replace")
    return str(text)[:200]


def application(service: Service) -> web.Application:
    """The service's answers, and whether it is there."""
    made = web.Application(client_max_size=MAX_BYTES)
    made.cleanup_ctx.append(service.client)
    made.router.add_get("/healthz", service.health)
    made.router.add_route("*", "/{path:.*}", service.answer)
    return made


async def serve(service: Service, port: int) -> None:
    """Serve until asked to stop, then finish what is in flight."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        application(service),
        access_log=None,
        keepalive_timeout=75,
        shutdown_timeout=SHUTDOWN_SECONDS,
        handle_signals=False,
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await stop.wait()
    await runner.cleanup()


def _flags(spec: Mapping[str, Any], name: str, layout: Layout) -> Flags | None:
    """Those that the version evaluates, if any; only then what that takes is imported."""
    if not (keys := spec["behaviour"].get("flags")):
        return None
    from tidegate.demo.flags import TracedFlags  # noqa: PLC0415 - see above

    return TracedFlags.of(keys, spec, name, layout)


def _store(made: Behaviour) -> Store | None:
    """The database of the version, if it has one and the environment names it; only then it is imported."""
    if made.database is None:
        return None
    from tidegate.demo.books import Books  # noqa: PLC0415 - see above

    return Books.of(made.database)


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
        service = Service(spec, _flags(spec, name, layout), _store(behaviour(spec["behaviour"])))
        asyncio.run(serve(service, int(spec["port"])))
    except OSError as error:
        logging.error("%s cannot listen on port %s: %s", name, spec["port"], error.strerror)  # noqa: TRY400, LOG015 - a plain sentence
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
