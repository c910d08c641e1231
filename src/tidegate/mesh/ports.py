"""Free ports on the loopback address, below the range that outgoing connections take theirs from."""

import random
import socket
from collections.abc import Collection, Iterator
from typing import Final

from tidegate.core.errors import Unavailable

RANGE: Final = range(20_000, 30_000)


def free(avoid: Collection[int]) -> Iterator[int]:
    """Ports that nobody listens on now, each once; record them before use."""
    candidates = random.sample(RANGE, len(RANGE))
    for port in candidates:
        if port not in avoid and not in_use(port):
            yield port
    raise Unavailable(f"no free port between {RANGE.start} and {RANGE.stop}", "stop what listens there")


def in_use(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
