"""The OpenFeature Remote Evaluation Protocol: one flag, or all, for a context.

`POST /ofrep/v1/evaluate/flags/{key}` answers 200 with a variant and its value, 404 for a flag that is not served, 400
for one that cannot be evaluated: whoever asks takes a default of their own. `POST /ofrep/v1/evaluate/flags` answers
about every flag, with an entity tag, and 304 to whoever has that answer. Source: open-feature/protocol,
service/openapi.yaml, and for event streams its ADR 0008.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tidegate.core.ids import FlagKey
from tidegate.ports import Flags
from tidegate.server.flags.answers import NOT_FOUND, OK, written
from tidegate.server.flags.body import read_body
from tidegate.server.flags.context import MOST_BYTES, read_context
from tidegate.server.flags.snapshots import Snapshot, Snapshots
from tidegate.server.flags.tags import matches, quoted

ALL: Final = "/ofrep/v1/evaluate/flags"
ONE: Final = f"{ALL}/{{key:path}}"
NOT_MODIFIED: Final = 304
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ofrep:
    """Answers by the newest of `snapshots`, and says where changes are told: `streams`, as JSON."""

    flags: Flags
    snapshots: Snapshots
    streams: bytes
    clock: Callable[[], float]

    async def one(self, request: Request) -> Response:
        """What a flag is for a context."""
        key = FlagKey(request.path_params["key"])
        context = read_context(await read_body(request, MOST_BYTES))
        answer = self.snapshots.newest().answers.one(key, context, self.clock())
        if answer.status != NOT_FOUND:  # notes are kept by flag: strangers must not make up flags
            self.flags.evaluated(key, answer.variant)
        body = answer.body if answer.status != OK else self._with_streams(answer.body)
        return Response(body, answer.status, media_type=JSON)

    async def all(self, request: Request) -> Response:
        """What every flag is for a context.

        It is not noted that they were evaluated: who asks for all of them does not say which are used.
        """
        body, now = await read_body(request, MOST_BYTES), self.clock()
        snapshot = self.snapshots.newest()
        tag = _tag(snapshot, body, now)
        headers = {"ETag": quoted(tag), "Cache-Control": "private, no-cache"}
        if matches(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=NOT_MODIFIED, headers=headers)
        answers = b",".join(snapshot.answers.all(read_context(body), now))
        told = b'{"flags":[%b],"metadata":%b}' % (answers, written(snapshot.metadata))
        return Response(self._with_streams(told), OK, headers, media_type=JSON)

    def _with_streams(self, answer: bytes) -> bytes:
        return b'%b,"eventStreams":%b}' % (answer.removesuffix(b"}"), self.streams)


def _tag(snapshot: Snapshot, body: bytes, now: float) -> str:
    """Names the answer: rules see no more of the time than its seconds."""
    asked = hashlib.blake2b(body, digest_size=16, salt=str(int(now)).encode() if snapshot.timed else b"")
    return f"{snapshot.tag}-{asked.hexdigest()}"
