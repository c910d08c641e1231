"""flagd's sync by HTTP: `GET /flags.json`, the flagd file of what is served, for whoever evaluates by themselves."""

from dataclasses import dataclass
from email.utils import formatdate
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tidegate.server.flags.ofrep import JSON, NOT_MODIFIED
from tidegate.server.flags.snapshots import Snapshots
from tidegate.server.flags.tags import matches, quoted

PATH: Final = "/flags.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """Answers with the newest of `snapshots`."""

    snapshots: Snapshots

    async def file(self, request: Request) -> Response:
        """The file, or 304 to whoever has it.

        `If-Modified-Since` is not looked at: two generations may be of one second.
        """
        newest = self.snapshots.newest()
        headers = {
            "ETag": quoted(newest.tag),
            "Last-Modified": formatdate(newest.since, usegmt=True),
            "Cache-Control": "private, no-cache",
        }
        if matches(request.headers.get("if-none-match", ""), newest.tag):
            return Response(status_code=NOT_MODIFIED, headers=headers)
        return Response(newest.document, headers=headers, media_type=JSON)
