"""What serves on this machine: a listener on loopback, a server that leaves signals alone, and how both end."""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from tidegate.core.errors import Problem, Refused

HOST: Final = "127.0.0.1"
GRACE_SECONDS: Final = 2
"""How long answers under way may take once tidegate was asked to stop."""

UNREAD_MILLISECONDS: Final = 30_000
"""After this time the kernel drops who does not take what was sent."""


def server_of(app: ASGIApp, ending: Callable[[], None] = lambda: None) -> "Server":
    """A server of `app`, which says nothing but warnings; `ending` ends answers that would go on for ever."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config, ending)


class Server(uvicorn.Server):
    """Leaves signals to `until_interrupted`, which stops the worker too; ends its answers when cancelled."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def serve_until_cancelled(self, listener: socket.socket) -> None:
        """Answer until cancelled, and then finish what was asked before."""
        serving = asyncio.create_task(self.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            self.should_exit = True
            self._ending()
            await serving

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(port: int) -> socket.socket:
    """A listener on a port of this machine, any if it is 0; raises `Refused` where that is in use."""
    # By its number asyncio knows TCP, and then sends what is short at once.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        problem = Problem(message=f"port {port} on {HOST} {why}", hint="name another --port, or 0 for any")
        raise Refused([problem]) from error
    return listener


async def until_interrupted(*services: Coroutine[None, None, None]) -> None:
    """Run all side by side until a signal asks to stop, or one of them fails."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(service) for service in services]
    stopped = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)
    for task in done - {stopped}:
        task.result()
