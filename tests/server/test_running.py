"""What serves on this machine: its listener, and who is dropped."""

import asyncio
import socket

import pytest
from starlette.types import Receive, Scope, Send

from tidegate.core.errors import Refused
from tidegate.server import running
from tidegate.server.running import HOST, listen, server_of


def test_a_port_in_use_is_named() -> None:
    with listen(0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(Refused, match=rf"port {port} on {HOST} is in use \(name another --port"):
            listen(port)


async def test_who_does_not_read_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel does it, so that nobody can hold what was written for them for long."""
    monkeypatch.setattr(running, "UNREAD_MILLISECONDS", 300)
    dropped = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await receive()  # the question
            writing = asyncio.create_task(write(send))
            while (await receive())["type"] != "http.disconnect":
                pass
            writing.cancel()
            dropped.set()

    listener = listen(0)
    serving = asyncio.create_task(server_of(endless).serve_until_cancelled(listener))
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.wait_for(dropped.wait(), 20)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def write(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
