"""What may be attached to a demo service: flags that it evaluates, a database that it writes to."""

from collections.abc import Collection, Coroutine, Sequence
from typing import Protocol

from aiohttp import ClientSession


class Flags(Protocol):
    """Evaluates the flags of a version for a user, and tells of it."""

    def on(self, user: str, traceparent: str) -> Collection[str]:
        """The flags that are on for a user, whose request is traced."""
        ...

    def running(self, session: ClientSession) -> Coroutine[None, None, None]:
        """What is to be done for that, until cancelled."""
        ...


class Store(Protocol):
    """Keeps what requests leave behind."""

    async def write(self, statements: Sequence[str]) -> str | None:
        """Say all or nothing; what kept it from being stored, if anything did."""
        ...

    async def aclose(self) -> None:
        """Let go of it."""
        ...


class NoFlags:
    """None are evaluated."""

    def on(self, _user: str, _traceparent: str) -> Collection[str]:
        """None."""
        return ()

    async def running(self, _session: ClientSession) -> None:
        """Nothing."""
