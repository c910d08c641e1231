"""Flags as one process serves them: its desk, the files it follows, and where applications read them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegate.flags.desk import FlagDesk
from tidegate.flags.files import FlagFiles
from tidegate.flags.switching import Switching, Systems
from tidegate.server.flags.access import Access
from tidegate.server.flags.grpc.services import answering, flag_services
from tidegate.server.flags.reading import Reading
from tidegate.server.running import HOST
from tidegate.sources.flags import read_flags
from tidegate.store.database import Store
from tidegate.temporal.state_dir import ApiAddress, StateDir

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagOptions:
    """What is served: the flags that `files` define, also by gRPC if there is a port, to everyone here if `open`."""

    files: tuple[Path, ...]
    grpc_port: int | None = None
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagServer:
    """The flags of one state directory; `access` says who may read them, its `also` is the token of the API."""

    options: FlagOptions
    state: StateDir
    store: Store
    desk: FlagDesk
    files: FlagFiles
    access: Access
    reading: Reading

    def switching(self, systems: Systems | None = None) -> Switching:
        """What switches these flags, and those of `systems`."""
        return Switching(desk=self.desk, store=self.store, systems=systems)

    def work(self, tell: Tell) -> tuple[Coroutine[None, None, None], ...]:
        """What goes on all the time."""
        return self.desk.keep(tell), self.files.follow(self.desk, tell)

    @asynccontextmanager
    async def published(self, url: str, tell: Tell) -> AsyncIterator[str]:
        """Serve by gRPC too, if asked to, and say where; let commands find where flags are switched: at `url`."""
        async with self._by_grpc() as grpc:
            address = ApiAddress(url=url, token=self.access.also, pid=os.getpid(), flags_grpc=grpc)
            self.state.publish_flags(address)
            tell(f"{url} answers OFREP, its events and /flags.json{grpc and f', {grpc} the gRPC of flagd'}")
            tell(f"{self._readers()} may read {len(self.desk.served().flags.flags)} flags")
            yield grpc

    def _readers(self) -> str:
        if self.options.open:
            return "everyone on this machine"
        return f"who has the token in {self.state.path / 'flags.token'}"

    @asynccontextmanager
    async def _by_grpc(self) -> AsyncIterator[str]:
        """Where flags are served by gRPC, if they are."""
        if self.options.grpc_port is None:
            yield ""
            return
        services = flag_services(self.desk, self.access.admits)
        async with answering(services, HOST, self.options.grpc_port) as bound:
            yield f"{HOST}:{bound}"


@asynccontextmanager
async def flag_server(
    options: FlagOptions, state: StateDir, store: Store, token: str
) -> AsyncIterator[FlagServer]:
    """The flags of `state` until left, switched by who has `token`; `Refused` with every problem of the files."""
    with state.serving_flags():
        files = FlagFiles(options.files, read_flags)
        base = await asyncio.to_thread(files.read)
        access = Access(token=state.flags_token(), also=token, open=options.open)
        desk = await FlagDesk.open(store.flags, base, time.time)
        try:
            yield FlagServer(
                options=options,
                state=state,
                store=store,
                desk=desk,
                files=files,
                access=access,
                reading=Reading(desk, access, time.time),
            )
        finally:
            state.withdraw_flags()
            desk.close()
