"""What `tidegate plan -o json` prints → the plan and its judged pairs, or every reason why it is neither.

Nothing of it is believed that can be derived: what was read is written again, and must come out the same. So
an unknown word, a value of another type, or a part that was changed or left out is found, whatever it is.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.judgement import EvidenceKind, Judgement
from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import ServiceName, Version
from tidegate.core.plan.malformed import malformed
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.record import record_of
from tidegate.core.plan.releases import contradictions, strangers
from tidegate.sources.words import quoted

MOST_BYTES: Final = 256 * 1024 * 1024
"""Larger than the plan of 5,000 releases with all its pairs."""

MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    service: ServiceName
    version: Version
    side: Side

    def live(self) -> Live:
        return Live(service=self.service, version=self.version, side=self.side, provides=(), consumes=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    consumer: _End
    provider: _End
    answer: Compatibility
    evidence: str
    kind: EvidenceKind
    at: str

    def pair(self) -> Pair:
        judgement = Judgement(answer=self.answer, evidence=self.evidence, kind=self.kind, at=self.at)
        return Pair(consumer=self.consumer.live(), provider=self.provider.live(), judgement=judgement)


_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_PAIRS: TypeAdapter[list[_Pair]] = TypeAdapter(list[_Pair])


def looks_like_plan(path: Path) -> bool:
    """Whether a file is JSON rather than a change file in YAML."""
    try:
        with path.open("rb") as stream:
            return stream.read(256).lstrip().startswith(b"{")
    except OSError:
        return False  # whoever reads it says what is wrong


def read_plan(path: Path) -> tuple[Plan, tuple[Pair, ...]]:
    """The plan and the pairs in a file; `Refused` with what is wrong with it."""
    written = _document(path)
    if written.get("feasible") is not True or "pairs" not in written:
        hint = "print one with: tidegate plan CHANGE -o json"
        raise Refused(
            [Problem(message=f"{quoted(str(path))} is not a plan with its judged pairs", hint=hint)]
        )
    try:
        plan = _PLAN.validate_python(written)
        pairs = tuple(pair.pair() for pair in _PAIRS.validate_python(written["pairs"]))
    except ValidationError as error:
        raise Refused(_problems(path, error)) from None
    _refuse(path, malformed(plan))  # first: nothing can be derived from a plan whose edges lead nowhere
    _refuse(path, (*contradictions(plan), *strangers(pairs, plan), *_changed(written, plan, pairs)))
    return plan, pairs


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Refused([Problem(message=f"{quoted(str(path))} is longer than {MOST_BYTES >> 20} MiB")])
        document = json.loads(content)
    except OSError as error:
        message = f"cannot read {quoted(str(path))}: {error.strerror}"
        raise Refused([Problem(message=message, hint="check the path")]) from None
    except (ValueError, RecursionError) as error:
        raise Refused([Problem(message=f"{quoted(str(path))} is not JSON: {error}")]) from None
    return document if isinstance(document, dict) else {}


def _problems(path: Path, error: ValidationError) -> Iterator[Problem]:
    for found in error.errors(include_url=False)[:MOST_PROBLEMS]:
        place = ".".join(map(str, found["loc"]))
        yield Problem(message=f"{path}: {place}: {found['msg']}")


def _changed(written: dict[str, Any], plan: Plan, pairs: tuple[Pair, ...]) -> Iterator[Problem]:
    """What does not come out as it went in."""
    expected = json.loads(json.dumps(record_of(plan, pairs)))
    wrong = [key for key in {**expected, **written} if expected.get(key) != written.get(key)]
    if wrong:
        message = f"not as it was printed: {', '.join(wrong)}"
        yield Problem(message=message, hint="a plan is not edited by hand: print it again")


def _refuse(path: Path, problems: Iterable[Problem]) -> None:
    if found := [replace(problem, message=f"{path}: {problem.message}") for problem in problems]:
        raise Refused(found)
