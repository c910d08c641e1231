"""One call with its answer, as somebody who stands between the two saw it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What was asked (`path` without its query) and what was answered.

    `body` is the answer's whole body, decompressed; None where it was not kept whole, and `unread` says why.
    """

    method: str
    path: str
    status: int
    content_type: str = ""
    body: bytes | None = b""
    unread: str = ""
