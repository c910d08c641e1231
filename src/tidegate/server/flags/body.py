"""The body of a question, of which a bounded part is kept."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from tidegate.core.flags.evaluation import ErrorCode
from tidegate.server.flags.refusals import Reason, Refusal

MOST_READ: Final = 4 << 20
"""Bytes that are read and forgotten where a body is too large, as who still sends does not read an answer."""

BODY_SECONDS: Final = 10.0
"""How long a body may take to come."""


async def read_body(request: Request, most: int) -> bytes:
    """The body; raises `Refusal` when it is larger than `most` bytes, or does not come."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _bounded(request, most)
    except (TimeoutError, ClientDisconnect):
        raise Refusal(Reason.SLOW, f"the body did not come within {BODY_SECONDS:g} s") from None


async def _bounded(request: Request, most: int) -> bytes:
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            body += chunk
        elif size > MOST_READ:
            break
    if size > most:
        raise Refusal(Reason.BAD, f"the body has more than {most} bytes", ErrorCode.INVALID_CONTEXT)
    return bytes(body)
