"""Whether a contract allows an answer.

    kept        everything that can be seen of it is as the contract says
    broken      it is not: the operation, the status, the content type or the body
    unknown     the specification, or the answer, could not be read far enough to tell
    none        it says nothing about the contract: the request was refused, or the service failed

A failure (500 and above) that is not declared is no breach: it is counted as an error already. Nor is it one to
refuse what was never offered.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.contracts.conformance.forms import form_of
from tidegate.core.contracts.conformance.redaction import shape
from tidegate.core.contracts.conformance.schemas import Checker, Exhausted
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.view import (
    Content,
    Interface,
    Media,
    Operation,
    Response,
    media_for,
    media_type,
    operation_of,
    response_for,
)
from tidegate.core.contracts.specification import Cursor, Specification, Value

OLD_DIALECTS: Final = frozenset({"2.0", "3.0"})
REFUSALS: Final = frozenset({404, 405, 410, 501})
"""How a service says that it does not offer what was asked for."""
BESIDE: Final = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT"})
"""Methods that services answer by themselves, declared or not."""
MOST_CALLED: Final = 1_000
WITHOUT_BODY: Final = frozenset({204, 205, 304})
FAILED: Final = 500


class Outcome(StrEnum):
    """The four answers above."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer held against a contract. `operation` is as the contract writes it, or a path without its values.

    `findings` say what broke it, or why it is unknown; `example` is the redacted body where that is at fault.
    """

    outcome: Outcome
    operation: str
    status: int = 0
    findings: tuple[str, ...] = ()
    example: str = ""

    def __str__(self) -> str:
        body = f" in {self.example}" if self.example else ""
        return f"{self.operation} answered {self.status}: {'; '.join(self.findings)}{body}"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One version of an interface, ready to hold answers against. Schemas are made ready when first needed."""

    interface: Interface
    checkers: dict[tuple[str, str], Checker] = field(default_factory=dict)
    called: dict[tuple[str, str], Operation | None] = field(default_factory=dict)

    @classmethod
    def of(cls, specification: Specification) -> "Contract":
        """From an OpenAPI document; what cannot be read makes answers unknown."""
        return cls(interface=read(specification))

    def operation(self, exchange: Exchange) -> Operation | None:
        """What was called; the newest answers are kept, since the same is called again and again."""
        key = exchange.method, exchange.path
        if key not in self.called:
            if len(self.called) >= MOST_CALLED:
                self.called.clear()
            self.called[key] = self._operation(*key)
        return self.called[key]

    def _operation(self, method: str, path: str) -> Operation | None:
        found = operation_of(self.interface, method, path)
        return operation_of(self.interface, "GET", path) if found is None and method == "HEAD" else found

    def checker(self, schema: Cursor) -> Checker:
        """What bodies of a schema are held against."""
        place = schema.file, schema.pointer
        if place not in self.checkers:
            self.checkers[place] = Checker.of(form_of(schema, old=self.interface.version in OLD_DIALECTS))
        return self.checkers[place]

    def checked(self, exchange: Exchange) -> Checked:
        """Whether this version allows an answer."""
        operation = self.operation(exchange)
        if operation is None:
            return _undeclared(self.interface, exchange)
        verdict = _Verdict(operation=operation.name, status=exchange.status)
        response = response_for(operation, str(exchange.status))
        if response is None:
            return _unexpected(verdict, operation, exchange)
        return self._answered(verdict, response, exchange)

    def _answered(self, verdict: "_Verdict", response: Response, exchange: Exchange) -> Checked:
        bare = exchange.method == "HEAD" or exchange.status in WITHOUT_BODY
        if bare or not response.content:
            return verdict.kept()
        media = media_for(response.content, exchange.content_type)
        if media is None:
            return verdict.broken(_other_type(response.content, exchange.content_type))
        if not _is_json(exchange.content_type) or media.schema.value is None:
            return verdict.kept()
        return self._read(verdict, media, exchange)

    def _read(self, verdict: "_Verdict", media: Media, exchange: Exchange) -> Checked:
        if exchange.body is None:
            return verdict.unknown(f"the body was not read: {exchange.unread}")
        try:
            body: Value = json.loads(exchange.body, parse_constant=_no_constant)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return verdict.broken("the body is not JSON")
        except (RecursionError, ValueError):
            return verdict.unknown("the body nests too deeply, or has too long a number, to be read")
        return _conforming(verdict, self.checker(media.schema), body)


def _conforming(verdict: "_Verdict", checker: Checker, body: Value) -> Checked:
    form = checker.form
    if form.doubts:
        return verdict.unknown(*form.doubts[:MOST_DOUBTS])
    try:
        wrong = checker.findings(body)
    except (Exhausted, RecursionError):
        return verdict.unknown("its schema takes too many steps to check")
    return verdict.broken(*wrong, example=shape(body, form.declared)) if wrong else verdict.kept()


MOST_DOUBTS: Final = 3


def checked_by_any(contracts: Sequence[Contract], gaps: Sequence[str], exchange: Exchange) -> Checked:
    """Whether any of the versions that a service offers allows an answer: which one was meant cannot be seen.

    Versions that have the operation speak first. If none has it, the service offers something that is in none;
    unless there are `gaps`, reasons why not all that it offers is known.
    """
    having = [contract for contract in contracts if contract.operation(exchange)]
    if gaps and not having:
        operation = anonymous(exchange, (contract.interface for contract in contracts))
        return _Verdict(operation=operation, status=exchange.status).unknown(*gaps)
    found = [contract.checked(exchange) for contract in having or contracts]
    return min(found, key=lambda each: PREFERRED.index(each.outcome))


PREFERRED: Final = (Outcome.KEPT, Outcome.NONE, Outcome.UNKNOWN, Outcome.BROKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """The operation and status that are judged, and how the answers about them are made."""

    operation: str
    status: int

    def kept(self) -> Checked:
        return self._of(Outcome.KEPT, ())

    def none(self) -> Checked:
        return self._of(Outcome.NONE, ())

    def unknown(self, *why: str) -> Checked:
        return self._of(Outcome.UNKNOWN, why)

    def broken(self, *wrong: str, example: str = "") -> Checked:
        return self._of(Outcome.BROKEN, wrong, example)

    def _of(self, outcome: Outcome, findings: tuple[str, ...], example: str = "") -> Checked:
        return Checked(
            outcome=outcome,
            operation=self.operation,
            status=self.status,
            findings=findings,
            example=example,
        )


def _undeclared(interface: Interface, exchange: Exchange) -> Checked:
    verdict = _Verdict(operation=anonymous(exchange, [interface]), status=exchange.status)
    if exchange.status in REFUSALS or exchange.status >= FAILED or exchange.method in BESIDE:
        return verdict.none()
    if interface.doubts:
        return verdict.unknown(*map(str, interface.doubts[:MOST_DOUBTS]))
    return verdict.broken("the operation is not declared")


def _unexpected(verdict: _Verdict, operation: Operation, exchange: Exchange) -> Checked:
    if exchange.status >= FAILED:
        return verdict.none()
    if operation.doubts:
        return verdict.unknown(*map(str, operation.doubts[:MOST_DOUBTS]))
    declared = ", ".join(operation.responses) or "none"
    return verdict.broken(f"the status is not declared (declared: {declared})")


def _other_type(declared: Content, written: str) -> str:
    said = media_type(written).partition(";")[0][:MOST_TYPE] or "without a content type"
    return (
        f"it came {'as ' if written else ''}{said}, which is not declared (declared: {', '.join(declared)})"
    )


MOST_TYPE: Final = 80
MOST_SEGMENTS: Final = 12


def _is_json(content_type: str) -> bool:
    plain = media_type(content_type).partition(";")[0]
    return plain == "application/json" or plain.endswith("+json")


def _no_constant(written: str) -> Value:
    raise json.JSONDecodeError("not JSON", written, 0)


def anonymous(exchange: Exchange, interfaces: Iterable[Interface]) -> str:
    """An operation that is in no specification; segments that none has may be values and are not shown."""
    known = {segment for interface in interfaces for segment in _segments(interface)}
    segments = exchange.path.split("/")[1 : MOST_SEGMENTS + 1]
    shown = (part if part in known else "<segment>" for part in segments)
    return f"{exchange.method} /{'/'.join(shown)}"


def _segments(interface: Interface) -> Iterator[str]:
    for operation in interface.operations.values():
        yield from operation.template.segments
    for base in interface.bases:
        yield from base.split("/")
