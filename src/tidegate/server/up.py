"""`tidegate up`: one process with the worker and the API, which starts and supervises the embedded server.

It may be killed at any moment. What is under way lives in Temporal's file and in the store; what is exposed
lives in the data plane; so whoever starts again goes on from there.
"""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.client import Client

from tidegate.bootstrap import Environment, Parts, assemble
from tidegate.mesh.collector import trace_token
from tidegate.mesh.flag_source import FlagSource, told
from tidegate.mesh.layout import Layout
from tidegate.server.api import make_api
from tidegate.server.app import Beside, Inside
from tidegate.server.experiments import Experiments, keep_exposed
from tidegate.server.flags.containment import Containment
from tidegate.server.flags.serving import FlagOptions, FlagServer, flag_server
from tidegate.server.flags.switches import Switches
from tidegate.server.flags.traced import note_traced
from tidegate.server.live import LiveGraph
from tidegate.server.mesh_spans import mesh_spans
from tidegate.server.migrations import MigrationBoard
from tidegate.server.otlp.access import Access
from tidegate.server.otlp.grpc import GrpcReceiver, answering
from tidegate.server.otlp.http import Receiver
from tidegate.server.otlp.signals import Logs, Metrics, Signal, Traces
from tidegate.server.otlp.work import Work
from tidegate.server.running import HOST, listen, server_of, until_interrupted
from tidegate.server.service import RolloutService
from tidegate.sources.contracts.folder import read_contracts
from tidegate.sources.databases import read_databases
from tidegate.sources.experiments import read_experiments
from tidegate.sources.flag_systems import read_flag_systems
from tidegate.sources.openslo import read_service_levels
from tidegate.sources.secrets import secret_in
from tidegate.sources.telemetry import read_telemetry
from tidegate.store.database import Store
from tidegate.temporal.client import Cluster, Rollouts, connect
from tidegate.temporal.embedded import EmbeddedTemporal
from tidegate.temporal.state_dir import ApiAddress, StateDir
from tidegate.temporal.worker import keep_working

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `tidegate up` was asked for; without a `cluster` the embedded server is used.

    `telemetry` is a Telemetry file, `slo` a folder of OpenSLO files, `contracts` a contracts folder, `experiments` are
    Experiment files, `flag_systems` FlagSystem files, `databases` Database files. Without an `otlp_grpc_port`
    pushes come by HTTP only, without `flags` none are served.
    """

    state_dir: Path
    mesh_dir: Path
    port: int = 0
    cluster: Cluster | None = None
    store_url: str | None = None
    telemetry: Path | None = None
    slo: Path | None = None
    contracts: Path | None = None
    experiments: tuple[Path, ...] = ()
    otlp_grpc_port: int | None = None
    flags: FlagOptions | None = None
    flag_systems: tuple[Path, ...] = ()
    databases: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doors:
    """Where is listened for the API, and its token; for pushes by gRPC, if on any port; what flags are served."""

    listener: socket.socket
    token: str
    otlp_grpc_port: int | None
    flags: FlagServer | None

    @property
    def port(self) -> int:
        """The port of the API."""
        port: int = self.listener.getsockname()[1]
        return port


async def up(options: Options, tell: Tell) -> None:
    """Run until interrupted; raises `Refused` or `Unavailable` when it cannot start."""
    place, token = _environment(options), secrets.token_urlsafe(32)
    state = StateDir.open(options.state_dir)
    with state.locked(), listen(options.port) as listener:
        store = await asyncio.to_thread(Store.open, options.store_url or state.store_url)
        try:
            async with (
                _flags(options, state, store, token) as flags,
                _temporal(options, state, tell) as client,
            ):
                doors = _Doors(
                    listener=listener, token=token, otlp_grpc_port=options.otlp_grpc_port, flags=flags
                )
                desk = flags.desk if flags else None
                parts = assemble(place, store, desk, Rollouts(client).state)
                await _run(state, parts, client, doors, tell)
        finally:
            state.withdraw_api()
            store.close()


@asynccontextmanager
async def _flags(
    options: Options, state: StateDir, store: Store, token: str
) -> AsyncIterator[FlagServer | None]:
    """The flags that are served, if any are."""
    if options.flags is None:
        yield None
        return
    async with flag_server(options.flags, state, store, token) as flags:
        yield flags


async def _run(state: StateDir, parts: Parts, client: Client, doors: _Doors, tell: Tell) -> None:
    try:
        await _serve(state, parts, client, doors, tell)
    finally:
        await parts.aclose()


def _environment(options: Options) -> Environment:
    """With what the files say is measured; `Refused` with everything that is wrong with them."""
    return Environment(
        mesh_dir=options.mesh_dir.absolute(),
        state_dir=options.state_dir.absolute(),
        telemetry=None if options.telemetry is None else read_telemetry(options.telemetry),
        levels=None if options.slo is None else read_service_levels(options.slo),
        records=None if options.contracts is None else read_contracts(options.contracts),
        experiments=read_experiments(options.experiments),
        flag_systems=read_flag_systems(options.flag_systems),
        databases=read_databases(options.databases),
    )


async def _serve(state: StateDir, parts: Parts, client: Client, doors: _Doors, tell: Tell) -> None:
    board = MigrationBoard(engines=parts.engines)
    service = RolloutService(
        actuators=parts.actuators,
        budgets=parts.budgets,
        contracts=parts.contracts,
        store=parts.store,
        looks=parts.looks,
        rollouts=Rollouts(client),
        environment=parts.environment.name,
        clock=time.time,
        progress=board.progress,
    )
    receivers, flags = _receivers(parts, doors.token), doors.flags
    inside: list[Inside] = [_live(parts, service), Experiments(table=parts.experiments), board]
    beside: list[Beside] = [receivers.http]
    if flags:
        inside.append(_switches(flags, parts, service, tell))
        beside.append(flags.reading)
    api = make_api(service, doors.token, inside, beside)
    server = server_of(api, flags.reading.close if flags else lambda: None)
    await service.resume_begun()
    async with _by_grpc(receivers.grpc, doors.otlp_grpc_port) as otlp_grpc:
        url = f"http://{HOST}:{doors.port}"
        state.publish_api(ApiAddress(url=url, token=doors.token, pid=os.getpid(), otlp_grpc=otlp_grpc))
        tell(f"tidegate answers at {url}; its state is in {state.path}")
        async with mesh_spans(_mesh(parts), doors.port, tell), _published(flags, url, tell) as flags_grpc:
            with _mesh_flags(parts, flags, flags_grpc):
                await until_interrupted(
                    server.serve_until_cancelled(doors.listener),
                    keep_working(client, parts.activities, tell),
                    *(mover.run_all() for mover in parts.movers),
                    *(_flag_work(parts, flags, tell) if flags else ()),
                )


def _switches(flags: FlagServer, parts: Parts, service: RolloutService, tell: Tell) -> Switches:
    containment = Containment(service=service, tell=tell)
    return Switches(switching=flags.switching(parts.flags), clock=time.time, contain=containment.contain)


def _flag_work(parts: Parts, flags: FlagServer, tell: Tell) -> Iterable[Coroutine[None, None, None]]:
    """What goes on all the time where flags are served.

    Experiments learn with which shares they are, and the desk which of them traces tell of.
    """
    learning = keep_exposed(parts.experiments, flags.desk), note_traced(parts.traces, flags.desk)
    return *flags.work(tell), *learning


def _published(flags: FlagServer | None, url: str, tell: Tell) -> AbstractAsyncContextManager[str]:
    return flags.published(url, tell) if flags else nullcontext("")


def _mesh_flags(parts: Parts, flags: FlagServer | None, address: str) -> AbstractContextManager[None]:
    """Services of the mesh get their flags here, as long as this lasts, if flags are served by gRPC."""
    if flags is None or not address:
        return nullcontext()
    return told(_mesh(parts), FlagSource(address=address, token=flags.access.token))


def _mesh(parts: Parts) -> Layout:
    return Layout.of(parts.environment.mesh_dir)


def _live(parts: Parts, service: RolloutService) -> LiveGraph:
    return LiveGraph(
        observers=parts.observers, traces=parts.traces, deployed=service.deployed, clock=time.time
    )


@asynccontextmanager
async def _by_grpc(receiver: GrpcReceiver, port: int | None) -> AsyncIterator[str]:
    """Where pushes by gRPC are taken, if they are."""
    if port is None:
        yield ""
        return
    async with answering(receiver, HOST, port) as bound:
        yield f"{HOST}:{bound}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receivers:
    """Where metrics, traces and logs are pushed; both count into the same tables."""

    http: Receiver
    grpc: GrpcReceiver


def _receivers(parts: Parts, token: str) -> _Receivers:
    """Traces and logs are always taken, metrics if they are evidence."""
    work = Work()
    signals: list[Signal] = [
        Traces(parts.traces, time.time, work, parts.experiments),
        Logs(parts.experiments, time.time, work),
    ]
    if parts.pushed is not None:
        signals.append(Metrics(parts.pushed, time.time, work))
    access = _access(parts, token)
    return _Receivers(http=Receiver(signals, access, work), grpc=GrpcReceiver(signals, access, work))


def _access(parts: Parts, token: str) -> Access:
    """Applications have the token of the API; the mesh one of its own, browsers that of the Telemetry file."""
    known = Access(token=token, also=frozenset({trace_token(_mesh(parts))}))
    wanted = parts.environment.telemetry and parts.environment.telemetry.otlp
    if not wanted:
        return known
    ingest = None
    if wanted.ingest_token:
        ingest = secret_in(wanted.ingest_token, "spec.otlp.ingestToken")
    return replace(known, ingest_token=ingest, origins=wanted.origins)


@asynccontextmanager
async def _temporal(options: Options, state: StateDir, tell: Tell) -> AsyncIterator[Client]:
    if options.cluster is not None:
        yield await connect(options.cluster)
        return
    async with EmbeddedTemporal(state, tell).running() as embedded:
        yield await connect(Cluster(address=embedded.address))
