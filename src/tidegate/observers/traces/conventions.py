"""What attributes say of a span: its operation, and how it ended.

Four conventions are read: those of OpenTelemetry for HTTP and for RPC (also their older names), what Envoy adds, and
the tags by which the mesh tells both ends of a call. Source: OpenTelemetry's semantic conventions; Envoy's access log
documentation for response flags, https://grpc.github.io/grpc/core/md_doc_statuscodes.html for codes of gRPC.
"""

import re
from collections.abc import Mapping
from typing import Final

from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tidegate.core.traces.span import Ending, SpanKind
from tidegate.observers.traces import redaction

CALLER, SERVICE, VERSION = "tg.caller", "tg.service", "tg.version"
"""Tags of the mesh: `service@version` of who called, and who was called."""

EXCEPTION: Final = "exception.type"
ERROR: Final = "error.type"
PEERS: Final = ("service.peer.name", "peer.service")
FLAGS: Final = "response_flags"
_HTTP_STATUS: Final = ("http.response.status_code", "http.status_code")
_RPC_STATUS: Final = ("rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code")
_METHOD: Final = ("http.request.method", "http.method")
_ROUTE: Final = "http.route"
_PATH: Final = ("url.path", "http.target", "http.url", "url.full")
_RPC: Final = ("rpc.service", "rpc.method")

READ: Final = frozenset(
    {
        *(CALLER, SERVICE, VERSION, ERROR, FLAGS, _ROUTE),
        *(*PEERS, *_HTTP_STATUS, *_RPC_STATUS, *_METHOD, *_PATH, *_RPC),
    }
)
"""Every attribute of a span that is looked at."""

MOST_ATTRIBUTES: Final = 1_000
"""Of a span or a resource; SDKs keep 128 unless told otherwise."""

Attributes = Mapping[str, str]

_KINDS: Final[Mapping[int, SpanKind]] = {
    trace_pb2.Span.SPAN_KIND_SERVER: SpanKind.SERVER,
    trace_pb2.Span.SPAN_KIND_CLIENT: SpanKind.CLIENT,
    trace_pb2.Span.SPAN_KIND_PRODUCER: SpanKind.PRODUCER,
    trace_pb2.Span.SPAN_KIND_CONSUMER: SpanKind.CONSUMER,
}

GONE: Final = "DC"
"""Envoy's flag of a caller that did not wait for the answer."""

_OF_FLAG: Final[Mapping[str, Ending]] = {
    **dict.fromkeys(("UT", "SI", "UMSDR", GONE), Ending.TIMED_OUT),
    **dict.fromkeys(("UF", "UH", "UC", "UO", "UR", "LR", "UPE", "NR", "NC"), Ending.UNREACHED),
}
"""Of others, such as a spent retry budget (URX), the status tells what was answered last."""

_OF_CODE: Final[Mapping[str, Ending]] = {
    name: ending
    for number, (code, ending) in enumerate(
        (
            ("OK", Ending.OK),
            ("CANCELLED", Ending.TIMED_OUT),
            ("UNKNOWN", Ending.ERROR),
            ("INVALID_ARGUMENT", Ending.REJECTED),
            ("DEADLINE_EXCEEDED", Ending.TIMED_OUT),
            ("NOT_FOUND", Ending.REJECTED),
            ("ALREADY_EXISTS", Ending.REJECTED),
            ("PERMISSION_DENIED", Ending.REJECTED),
            ("RESOURCE_EXHAUSTED", Ending.REJECTED),
            ("FAILED_PRECONDITION", Ending.REJECTED),
            ("ABORTED", Ending.REJECTED),
            ("OUT_OF_RANGE", Ending.REJECTED),
            ("UNIMPLEMENTED", Ending.ERROR),
            ("INTERNAL", Ending.ERROR),
            ("UNAVAILABLE", Ending.ERROR),
            ("DATA_LOSS", Ending.ERROR),
            ("UNAUTHENTICATED", Ending.REJECTED),
        )
    )
    for name in (code, str(number))
}
"""By name and by number."""

_TIMED_OUT: Final = re.compile(r"time(?:d[ _.-]?)?[ _.-]?out|deadline", re.IGNORECASE)
_UNREACHED: Final = re.compile(
    r"connect|refused|reset|unreach|unknown[ _.-]?host|dns|getaddrinfo", re.IGNORECASE
)


def kind_of(kind: int, attributes: Attributes) -> SpanKind:
    """The kind of a span that says it is of `kind`; the mesh's tags make it a hop."""
    if CALLER in attributes or SERVICE in attributes:
        return SpanKind.HOP
    return _KINDS.get(kind, SpanKind.INTERNAL)


def first(attributes: Attributes, names: tuple[str, ...]) -> str:
    """The value of the first of `names` that is there."""
    return next((attributes[name] for name in names if name in attributes), "")


def http_status(attributes: Attributes) -> int | None:
    """The status of the answer; none where there was no answer."""
    text = first(attributes, _HTTP_STATUS)
    return int(text) if len(text) == 3 and text.isascii() and text.isdecimal() and text > "099" else None


def ending_of(kind: SpanKind, attributes: Attributes, code: int, status: int | None) -> Ending:
    """How a span ended whose own status is `code`: what the mesh saw, else what was answered, else what it says."""
    for flag in attributes.get(FLAGS, "").split(","):
        if flag in _OF_FLAG and (flag != GONE or status is None):
            return _OF_FLAG[flag]
    answered = _OF_CODE.get(first(attributes, _RPC_STATUS), Ending.OK)
    if answered is not Ending.OK:
        return answered
    if status is not None and status >= 400:
        return Ending.ERROR if status >= 500 else Ending.REJECTED
    if code != Status.STATUS_CODE_ERROR and ERROR not in attributes:
        return Ending.UNREACHED if _unanswered(kind, attributes, status) else Ending.OK
    return _by_words(kind, attributes.get(ERROR, ""))


def has_left(attributes: Attributes) -> bool:
    """Whether who called did not wait for the answer."""
    return GONE in attributes.get(FLAGS, "").split(",")


def _unanswered(kind: SpanKind, attributes: Attributes, status: int | None) -> bool:
    """Whether a hop says by its status that there was no answer."""
    return kind is SpanKind.HOP and status is None and bool(first(attributes, _HTTP_STATUS))


def _by_words(kind: SpanKind, error: str) -> Ending:
    """How a span ended that tells of an error only; only who calls can fail to reach somebody."""
    if _TIMED_OUT.search(error):
        return Ending.TIMED_OUT
    reaching = kind in (SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.HOP)
    return Ending.UNREACHED if reaching and _UNREACHED.search(error) else Ending.ERROR


def operation_of(name: str, attributes: Attributes) -> str:
    """What was asked for, such as `POST /pay`, without any value of a user."""
    method = redaction.identifier(first(attributes, _METHOD))
    if route := attributes.get(_ROUTE):
        return f"{method} {redaction.route(route)}".strip()
    if called := "/".join(filter(None, (redaction.identifier(attributes.get(part, "")) for part in _RPC))):
        return called
    if method:
        return f"{method} {redaction.path(first(attributes, _PATH))}"
    return redaction.words(name)


def said_of(attributes: Attributes, message: str, exceptions: tuple[str, ...]) -> str:
    """What a span tells of its failure: the type of its error, else what it says of it."""
    named = (redaction.identifier(name) for name in (attributes.get(ERROR, ""), *exceptions))
    return next(filter(None, named), "") or redaction.words(message)
