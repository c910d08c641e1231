"""Is the provider's specification enough for what a consumer needs?

Every interaction of the contract is put to the specification: the request must be taken (`request`), the answer must
be promised (`response`). That is judged of OpenAPI and Swagger; against other kinds, and of messages, the answer is
unknown. Not seen are security, provider states (a specification says what may come, not when), and what a
provider does beside its specification.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.view import Interface, Operation, operation_of
from tidegate.core.contracts.pact.found import LOOSE, CheckRule, Finding, Gap
from tidegate.core.contracts.pact.model import Contract, Interaction, Request
from tidegate.core.contracts.pact.readers import Readers, readers
from tidegate.core.contracts.pact.request import untaken
from tidegate.core.contracts.pact.response import unanswered
from tidegate.core.contracts.schemas.known import Exhausted, Known
from tidegate.core.contracts.schemas.site import Dialect, Flow
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Problem

Line = tuple[str, str]
"""The method and the path of a request."""

WORK: Final = 10_000
WORK_EACH: Final = 1_000
"""Schemas that may be looked at: for a contract, and for each interaction of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A contract against a specification: who was checked, against what, and what stands between them.

    `pending` interactions were not checked: their consumer is not there yet. `lived_with` counts what was found
    and left out, because another specification that the consumer works with leaves it as open.
    """

    consumer: str
    specification: str
    checked: tuple[str, ...]
    pending: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    doubts: tuple[Problem, ...] = ()
    lived_with: int = 0

    def beside(self, others: "Iterable[Check]") -> "Check":
        """Without what one of the others leaves as open: the consumer lives with that already."""
        open_ = {found.key for other in others for found in other.findings if found.rule in LOOSE}
        kept = tuple(found for found in self.findings if found.key not in open_)
        return replace(self, findings=kept, lived_with=len(self.findings) - len(kept))

    @property
    def answer(self) -> Compatibility:
        """Does the consumer work with a provider that keeps to the specification?"""
        return self.answer_for(frozenset(self.checked))

    def answer_for(self, interactions: Collection[str]) -> Compatibility:
        """The answer for some of the interactions. A doubt is one of all: nobody knows what was not read."""
        unknown = (Compatibility.UNKNOWN for _ in self.doubts)
        found = (finding.answer for finding in self.findings if finding.interaction in interactions)
        return worst([*unknown, *found])

    @property
    def evidence(self) -> str:
        """Who was checked, and on what."""
        waiting = (
            f"; {_counted(len(self.pending), 'pending interaction')} not checked" if self.pending else ""
        )
        count = _counted(len(self.checked), "interaction")
        open_ = f"; {self.lived_with} left as open as before" if self.lived_with else ""
        who = self.consumer or "a consumer"
        return f"{count} of {who} checked against {self.specification}{waiting}{open_}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class _Found:
    """What one kind of specification says to a contract."""

    findings: tuple[Finding, ...] = ()
    doubts: tuple[Problem, ...] = ()


def check(contract: Contract, specification: Specification) -> Check:
    """Is the specification enough for the contract's interactions?"""
    asked = tuple(interaction for interaction in contract.interactions if not interaction.pending)
    found = JUDGES.get(specification.kind, _not_judged)(asked, specification)
    nothing = () if asked else (Problem(message="the contract has no interaction that could be checked"),)
    return Check(
        consumer=contract.consumer,
        specification=specification.name,
        checked=tuple(map(str, asked)),
        pending=tuple(str(interaction) for interaction in contract.interactions if interaction.pending),
        findings=found.findings,
        doubts=(*contract.doubts, *nothing, *found.doubts),
    )


def _not_judged(_: tuple[Interaction, ...], specification: Specification) -> _Found:
    kind = specification.kind
    reason = WHY_NOT.get(kind, f"no contract is checked against a specification of kind {kind}")
    return _Found(doubts=(Problem(message=f"{specification.name}: {reason}"),))


WHY_NOT: Final = {
    Kind.ASYNCAPI: "a message of a contract names no channel, so nobody can tell which of the messages here it is",
    Kind.GRAPHQL: "which fields a contract asks for stands inside its bodies, which are not read as queries",
}


def _http(asked: tuple[Interaction, ...], specification: Specification) -> _Found:
    judge = _Judge.of(read(specification), asked, Known(left=WORK + WORK_EACH * len(asked)))
    try:
        gaps = [(interaction, list(judge.gaps(interaction, specification))) for interaction in asked]
    except Exhausted:
        problem = Problem(message=f"{specification.name}: its schemas are too large to be checked against")
        return _Found(doubts=(*judge.doubts, problem))
    findings = (gap.of(interaction) for interaction, found in gaps for gap in found)
    return _Found(tuple(dict.fromkeys(findings)), judge.doubts)


JUDGES: Final[Mapping[Kind, Callable[[tuple[Interaction, ...], Specification], _Found]]] = {
    Kind.OPENAPI: _http
}


def dialect_of(interface: Interface) -> Dialect:
    """Whose keywords the schemas of an interface are written in."""
    return Dialect.JSON_SCHEMA if interface.version == "3.1" else Dialect.OPENAPI_30


def _line(request: Request) -> Line:
    return request.method, request.path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Puts interactions to an HTTP interface. What it could not read of it gathers in its readers."""

    interface: Interface
    operations: Mapping[Line, Operation | None]
    asking: Readers
    answering: Readers

    @staticmethod
    def of(interface: Interface, asked: tuple[Interaction, ...], known: Known) -> "_Judge":
        dialect = dialect_of(interface)
        lines = {_line(request) for interaction in asked if (request := interaction.request)}
        return _Judge(
            interface=interface,
            operations={line: operation_of(interface, *line) for line in sorted(lines)},
            asking=readers(Flow.TO_PROVIDER, dialect, known),
            answering=readers(Flow.TO_CONSUMER, dialect, known),
        )

    @property
    def doubts(self) -> tuple[Problem, ...]:
        """What could not be read of the interface, of the operations that are asked for, and of their schemas."""
        used = filter(None, self.operations.values())
        of_used = chain.from_iterable(operation.doubts for operation in used)
        found = (*self.interface.doubts, *of_used, *self.asking.doubts, *self.answering.doubts)
        return tuple(dict.fromkeys(found))

    def gaps(self, interaction: Interaction, specification: Specification) -> Iterator[Gap]:
        """What stands between an interaction and the interface."""
        request, response = interaction.request, interaction.response
        if request is None or response is None:
            reason = "is a message, of which an HTTP specification does not speak"
            yield Gap(rule=CheckRule.NOT_COMPARED, path="message", reason=reason, at=specification.cursor)
        elif not (operation := self.operations[_line(request)]):
            reason = f"{request.method} {request.path} is not provided"
            at = specification.cursor.at("paths")
            yield Gap(rule=CheckRule.OPERATION_NOT_PROVIDED, path="request", reason=reason, at=at)
        else:
            yield from untaken(request, operation, self.interface.bases, self.asking)
            yield from unanswered(response, operation, self.interface.version, self.answering)
