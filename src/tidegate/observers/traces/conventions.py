"""What attributes say of a span: its operation, and how it ended.

Four conventions are read: those of OpenTelemetry for HTTP and for RPC (also their older names), what Envoy adds, and
the tags by which the mesh tells both ends of a call. Few combinations of what they say come again and again, so that
what follows from one is remembered. Sources: OpenTelemetry's semantic conventions; Envoy's documentation of response
flags; the status codes of gRPC.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tidegate.core.traces.span import Ending, SpanKind
from tidegate.observers.traces import redaction

CALLER, SERVICE, VERSION = "tg.caller", "tg.service", "tg.version"
"""Tags of the mesh: `service@version` of who called, and who was called."""

PEER, ERROR, FLAGS = "peer", "error", "flags"
_STATUS, _CODE = "http status", "rpc status"
_METHOD, _ROUTE, _PATH = "http method", "http route", "http path"
_RPC_SERVICE, _RPC_METHOD = "rpc service", "rpc method"

READ: Final[Mapping[str, str]] = {
    **{name: name for name in (CALLER, SERVICE, VERSION)},
    **dict.fromkeys(("peer.service", "service.peer.name"), PEER),
    "error.type": ERROR,
    "response_flags": FLAGS,
    **dict.fromkeys(("http.response.status_code", "http.status_code"), _STATUS),
    **dict.fromkeys(("rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code"), _CODE),
    **dict.fromkeys(("http.request.method", "http.method"), _METHOD),
    "http.route": _ROUTE,
    **dict.fromkeys(("url.path", "url.full", "http.target", "http.url"), _PATH),
    "rpc.service": _RPC_SERVICE,
    "rpc.method": _RPC_METHOD,
}
"""Every attribute of a span that is looked at, by what it says."""

EXCEPTION: Final = "exception.type"

MOST_ATTRIBUTES: Final = 1_000
"""Of a span or a resource; SDKs keep 128 unless told otherwise."""

_REMEMBERED: Final = 4_096

Attributes = Mapping[str, str]
"""Of one span, by what they say."""

_KINDS: Final[Mapping[int, SpanKind]] = {
    trace_pb2.Span.SPAN_KIND_SERVER: SpanKind.SERVER,
    trace_pb2.Span.SPAN_KIND_CLIENT: SpanKind.CLIENT,
    trace_pb2.Span.SPAN_KIND_PRODUCER: SpanKind.PRODUCER,
    trace_pb2.Span.SPAN_KIND_CONSUMER: SpanKind.CONSUMER,
}

_GONE: Final = "DC"
"""Envoy's flag of a caller that did not wait for the answer."""

_OF_FLAG: Final[Mapping[str, Ending]] = {
    **dict.fromkeys(("UT", "SI", "UMSDR", _GONE), Ending.TIMED_OUT),
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
_CALLING: Final = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.HOP})


def kind_of(kind: int, attributes: Attributes) -> SpanKind:
    """The kind of a span that says it is of `kind`; the mesh's tags make it a hop."""
    if CALLER in attributes or SERVICE in attributes:
        return SpanKind.HOP
    return _KINDS.get(kind, SpanKind.INTERNAL)


def status_of(attributes: Attributes) -> int | None:
    """The HTTP status of the answer; none where there was no answer."""
    return _status(attributes.get(_STATUS, ""))


@lru_cache(_REMEMBERED)
def _status(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9][0-9][0-9]", text) else None


def ending_of(kind: SpanKind, attributes: Attributes, code: int) -> Ending:
    """How a span ended whose own status is `code`: what the mesh saw, else what was answered, else what it says."""
    said = attributes.get
    return _ending(kind, code, said(FLAGS, ""), said(_CODE, ""), said(_STATUS, ""), said(ERROR, ""))


@lru_cache(_REMEMBERED)
def _ending(kind: SpanKind, code: int, flags: str, rpc: str, http: str, error: str) -> Ending:  # noqa: PLR0917
    status = _status(http)
    for flag in flags.split(","):
        if flag in _OF_FLAG and (flag != _GONE or status is None):
            return _OF_FLAG[flag]
    answered = _answered(rpc, status)
    if answered is not Ending.OK:
        return answered
    if code == Status.STATUS_CODE_ERROR or error:
        return _by_words(kind, error)
    unanswered = kind is SpanKind.HOP and http and status is None
    return Ending.UNREACHED if unanswered else Ending.OK


def _answered(rpc: str, status: int | None) -> Ending:
    """What an answer says, if there was one."""
    if rpc in _OF_CODE and _OF_CODE[rpc] is not Ending.OK:
        return _OF_CODE[rpc]
    if status is None or status < 400:
        return Ending.OK
    return Ending.ERROR if status >= 500 else Ending.REJECTED


def _by_words(kind: SpanKind, error: str) -> Ending:
    """How a span ended that tells of an error only; only who calls can fail to reach somebody."""
    if _TIMED_OUT.search(error):
        return Ending.TIMED_OUT
    return Ending.UNREACHED if kind in _CALLING and _UNREACHED.search(error) else Ending.ERROR


def has_left(attributes: Attributes) -> bool:
    """Whether who called did not wait for the answer."""
    return _GONE in attributes.get(FLAGS, "").split(",")


def operation_of(name: str, attributes: Attributes) -> str:
    """What was asked for, such as `POST /pay`, without any value of a user."""
    said = attributes.get
    if method := said(_METHOD, ""):
        return _http(method, said(_ROUTE, ""), said(_PATH, ""))
    if _ROUTE in attributes:
        return redaction.route(attributes[_ROUTE])
    called = _rpc(said(_RPC_SERVICE, ""), said(_RPC_METHOD, ""))
    return called or redaction.words(name)


@lru_cache(_REMEMBERED)
def _http(method: str, route: str, path: str) -> str:
    return (
        f"{redaction.identifier(method)} {redaction.route(route) if route else redaction.path(path)}".strip()
    )


@lru_cache(_REMEMBERED)
def _rpc(service: str, method: str) -> str:
    return "/".join(filter(None, (redaction.identifier(service), redaction.identifier(method))))


def said_of(attributes: Attributes, message: str, exceptions: tuple[str, ...]) -> str:
    """What a span tells of its failure: the type of its error, else what it says of it."""
    named = (redaction.identifier(name) for name in (attributes.get(ERROR, ""), *exceptions))
    return next(filter(None, named), "") or redaction.words(message)
