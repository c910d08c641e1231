"""A port of this machine on which gRPC is answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import grpc.aio

from tidegate.core.errors import Problem, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken: calls at once, of which those that are too many are cut off; and as gRPC's options have it.

    Calls under way may take `grace_seconds` to end once the port is left.
    """

    most_calls: int
    options: tuple[tuple[str, int], ...] = ()
    grace_seconds: float = 2.0


@asynccontextmanager
async def answering(
    handler: grpc.GenericRpcHandler, host: str, port: int, limits: Limits
) -> AsyncIterator[int]:
    """Answer on a port, any if it is 0, until left; raises `Refused` where that is in use."""
    server = grpc.aio.server(
        maximum_concurrent_rpcs=limits.most_calls, options=(*limits.options, ("grpc.so_reuseport", 0))
    )
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
        await server.stop(limits.grace_seconds)
