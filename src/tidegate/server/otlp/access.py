"""Who may push, by the token they have.

There are two kinds. That of the API, and those of meshes, are for applications. The ingest token is for browsers,
where anyone can read it: it opens nothing but metrics, and what comes with it may speak of front ends only.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.otlp.wire import MOST_BYTES


class Pusher(StrEnum):
    """Who pushes."""

    APPLICATION = "application"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes of a push, as it is sent and inflated."""

    sent: int
    inflated: int


LIMITS: Final[Mapping[Pusher, Limits]] = {
    Pusher.APPLICATION: Limits(sent=MOST_BYTES, inflated=MOST_BYTES),
    Pusher.BROWSER: Limits(sent=64 << 10, inflated=256 << 10),  # what a page that closes may still send
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may push: applications with `token` or one of `also`, browsers with `ingest_token` from pages of `origins`.

    Without an ingest token browsers may not, and without origins no page.
    """

    token: str
    also: frozenset[str] = frozenset()
    ingest_token: str | None = None
    origins: frozenset[str] = frozenset()

    def pusher(self, authorization: str) -> Pusher | None:
        """Who has the bearer token of this header; none who may not push."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        if any([_same(given, token) for token in (self.token, *self.also)]):  # noqa: C419 - all take the same time
            return Pusher.APPLICATION
        return Pusher.BROWSER if self.ingest_token and _same(given, self.ingest_token) else None


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.strip().encode(), token.encode())
