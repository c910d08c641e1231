"""Envoy's admin interface, over one connection and bounded in bytes and time.

One connection means one Envoy: everything asked within one `Admin` comes from the same process, so the epoch
it answers belongs to the counts it answers.
"""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from tidegate.core.errors import Unavailable

SECONDS: Final = 5.0
BYTES: Final = 16 * 1024 * 1024


class Admin:
    """A connection to Envoy's admin port; a question without a good answer raises `Unavailable`."""

    def __init__(self, port: int, *, seconds: float = SECONDS) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
        self._port = port

    def __enter__(self) -> Self:
        try:
            self._connection.connect()
        except OSError as error:
            raise self._unavailable(error) from error
        self._connection.auto_open = 0  # a second connection might reach another Envoy
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def text(self, path: str, body: str | None = None) -> str:
        """The answer to a GET, or to a POST of `body`."""
        try:
            self._connection.request("GET" if body is None else "POST", path, body)
            response = self._connection.getresponse()
            content = response.read(BYTES + 1)
        except (OSError, HTTPException) as error:
            raise self._unavailable(error) from error
        if response.status != 200:
            said = content[:200].decode("utf-8", "replace")
            raise self._unavailable(f"{path} answered {response.status}: {said}")
        if len(content) > BYTES:
            raise self._unavailable(f"{path} answered more than {BYTES} bytes")
        return content.decode("utf-8", "replace")

    def stats(self, pattern: str) -> Mapping[str, Any]:
        """Counters, gauges and texts whose names match a regular expression."""
        answer = json.loads(self.text(f"/stats?format=json&filter={quote(pattern)}"))
        return {entry["name"]: entry["value"] for entry in answer["stats"] if "name" in entry}

    def epoch(self) -> str:
        """Names this very Envoy process; a restarted one has another name."""
        info = json.loads(self.text("/server_info"))
        return str(info["node"]["id"])

    def ready(self) -> bool:
        """Whether Envoy has its first configuration and serves."""
        info = json.loads(self.text("/server_info"))
        return bool(info["state"] == "LIVE")

    def _unavailable(self, reason: object) -> Unavailable:
        return Unavailable(
            f"Envoy's admin port {self._port} does not answer: {reason}",
            "see `tidegate mesh status`; `tidegate mesh up FILE` starts what is missing",
        )
