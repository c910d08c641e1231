"""A port of this machine on which gRPC is answered."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import grpc
import grpc.aio

from tidegate.core.errors import Problem, Refused

GRACE_SECONDS: Final = 2.0

Option = tuple[str, int]


@asynccontextmanager
async def answering(
    handler: grpc.GenericRpcHandler, address: tuple[str, int], most_calls: int, options: Iterable[Option]
) -> AsyncIterator[int]:
    """Answer on the port of an address, any if it is 0, until left; raises `Refused` where that is in use.

    Of more than `most_calls` at once those that are too many are cut off.
    """
    host, port = address
    server = grpc.aio.server(maximum_concurrent_rpcs=most_calls, options=(*options, ("grpc.so_reuseport", 0)))
    server.add_generic_rpc_handlers((handler,))
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        problem = Problem(message=f"port {port} on {host} cannot be used", hint="name another, or 0 for any")
        raise Refused([problem]) from error
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(GRACE_SECONDS)
