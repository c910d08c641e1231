"""Who may read what is served: whoever has a token, or everyone on this machine where reading is `open`.

Reading is all that is opened here: whoever switches a flag needs the token of the API. Pages in a browser may not read.
They have no token that is theirs, and the server of their application can ask for them.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.server.flags.refusals import Reason, Refusal

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`token` is for applications and stays the same over restarts; `also` is another that may read."""

    token: str
    also: str
    open: bool = False

    @property
    def ticket(self) -> str:
        """Opens the events alone, and stands in their address: a browser's event source sends no headers."""
        return hmac.new(self.token.encode(), b"events", hashlib.sha256).hexdigest()

    def check(self, headers: Mapping[str, str], ticket: str = "") -> None:
        """Raises `Refusal` for who may not read; the names of `headers` are in lower case.

        An open door asks by which name it was found, as a page could be served by a name that leads here.
        """
        if "origin" in headers:
            raise Refusal(Reason.FORBIDDEN, "pages may not ask: let the server of the application ask")
        if self.knows(headers) or _same(ticket, self.ticket):
            return
        if not self.open:
            raise Refusal(Reason.WHO, "a token that may read flags is needed")
        if _host(headers.get("host", "")) not in LOOPBACK:
            raise Refusal(Reason.FORBIDDEN, f"without a token, ask by one of {', '.join(LOOPBACK)}")

    def admits(self, authorization: str) -> bool:
        """Whether the bearer of this header may read, by gRPC."""
        return self.open or self.knows({"authorization": authorization})

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether a token came with these headers, as a bearer's or as `X-API-Key`."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = (bearer if scheme.lower() == "bearer" else "", headers.get("x-api-key", ""))
        return any([_same(each, token) for each in given for token in (self.token, self.also)])  # noqa: C419 - all take the same time


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.strip().encode(), token.encode())


def _host(header: str) -> str:
    name, colon, port = header.rpartition(":")
    return name if colon and port.isdecimal() else header
