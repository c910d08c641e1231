"""Agreement with the oasdiff corpus on what old consumers meet in a new provider, case by case.

    python -m bench.contracts.oasdiff --data ../shared/data

An error must be `breaking`, information `compatible`, a warning `breaking` or `unknown`. Every disagreement is
printed; one that is not in `KNOWN`, with its reason, makes the command exit 1, and so does a reason nobody needs.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bench.contracts.oasdiff_cases import Case, Level, cases

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.openapi import compare
from tidegate.core.errors import Refused
from tidegate.sources.specifications import read_specification

ALLOWED: Final = {
    Level.ERROR: {Compatibility.BREAKING},
    Level.WARNING: {Compatibility.BREAKING, Compatibility.UNKNOWN},
    Level.INFO: {Compatibility.COMPATIBLE},
}

_INVALID: Final = "no valid document (OpenAPI 3.0): an operation must say what it answers"
_STILL_CALLED: Final = (
    "an announcement, a date or a level keeps nobody from calling it; `retirements` hands them to the planner"
)
_DEFAULT: Final = "who leaves the parameter out asks for something else in either version"
_CHOICE: Final = "the alternatives are told apart by other names, which the other side does not know"
_EVERYBODY: Final = "the first requirement shuts out everybody who was let in with nothing"
_SAID: Final = "whoever keeps to the old schema writes what it lists, and none of that is refused"
_TEXT: Final = "a parameter travels as text, and a string takes every text"
_XML: Final = "an object in XML has elements, a string has none: neither is read as the other"

KNOWN: Final[dict[str, str]] = {
    "checker/add_new_media_type_base.yaml > add_new_media_type_name_modified.yaml": (
        "who asks for application/json (RFC 9110, 12.5.1) does not ask for application/problem+json"
    ),
    "checker/api_security_added": _EVERYBODY,
    "checker/api_security_global_added": _EVERYBODY,
    "checker/request_parameter_default_value_changed": _DEFAULT,
    "checker/request_parameter_default_value_changed_*_renamed.yaml": _DEFAULT,
    "checker/request_property_all_of_added": "the added schema demands nothing that was not demanded before",
    "checker/request_property_discriminator_added": _INVALID,
    "checker/request_property_discriminator_added_revision.yaml > "
    "request_property_discriminator_added_property_name_changed.yaml": _CHOICE,
    "checker/request_property_discriminator_added_revision.yaml > "
    "request_property_discriminator_mapping_changed.yaml": _CHOICE,
    "checker/request_xml_type_compatible": _XML,
    "checker/response_optional_property_removed": "old consumers may rely on it; their contracts say who does not",
    "checker/response_property_discriminator_added_revision.yaml > "
    "response_property_discriminator_added_property_name_changed.yaml": _CHOICE,
    "checker/response_property_discriminator_added_revision.yaml > "
    "response_property_discriminator_mapping_changed.yaml": _CHOICE,
    "checker/response_xml_type_compatible": _XML,
    "checker/unevaluated": _SAID,
    "checker/unevaluated_bool": "`additionalProperties: true` evaluates every property, so that none is refused",
    "checker/unevaluated_property": _SAID,
    "deprecation/deprecated-past.yaml > sunset.yaml": _STILL_CALLED,
    "deprecation/deprecated-no-sunset.yaml > sunset.yaml": _STILL_CALLED,
    "deprecation/deprecated-path-past.yaml > sunset-path.yaml": _STILL_CALLED,
    "deprecation/base-alpha-stability.yaml > sunset.yaml": _STILL_CALLED,
    "deprecation/base-draft-stability.yaml > sunset.yaml": _STILL_CALLED,
    "list-of-types/param-property-*.yaml": _TEXT,
    "list-of-types/param-test-*.yaml": _TEXT,
    "new_endpoints/*_with_path_param.yaml": "no valid document: the path is /{id}, its parameter is called testId",
    "required-properties/anyOf1.yaml > anyOf2.yaml": f"{_INVALID}; properties say nothing about a list besides",
    "required-properties/write-only-changed-*.yaml": "old consumers rely on a property that no answer holds now",
}
"""Cases in which another answer is right, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A case, our answer, what led to it, and why it may differ."""

    case: str
    level: Level
    answer: str
    because: tuple[str, ...]
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the answer is what the case is meant to show."""
        return self.answer in ALLOWED[self.level]


def score(case: Case, data: Path) -> Score:
    """Our answer to a case."""
    try:
        comparison = compare(read_specification(data / case.old), read_specification(data / case.new))
    except Refused as refused:
        return _score(case, "refused", (str(refused.problems[0].message),))
    return _score(case, comparison.old_consumer_new_provider, tuple(_because(comparison)))


def _score(case: Case, answer: str, because: tuple[str, ...]) -> Score:
    return Score(
        case=case.name, level=case.level, answer=answer, because=because, reason=KNOWN.get(case.name, "")
    )


def _because(comparison: Comparison) -> Iterable[str]:
    """What keeps the answer from being `compatible`."""
    for difference in comparison.differences:
        if not difference.old_consumer_new_provider.safe:
            yield f"{difference.rule}: {difference.place}"
    yield from map(str, comparison.doubts)


def report(scores: Sequence[Score]) -> str:
    """Counts by level, and every disagreement."""
    counts = [_count(level, [each for each in scores if each.level is level]) for level in Level]
    return "\n".join([*counts, _count("all", scores), *(_apart(each) for each in scores if not each.agrees)])


def _count(name: str, scores: Sequence[Score]) -> str:
    return f"{name:9} {sum(each.agrees for each in scores):4} of {len(scores):4} agree"


def _apart(score: Score) -> str:
    lines = (f"    - {line}" for line in score.because[:3])
    title = f"{score.case}: {score.level} there, {score.answer} here"
    return "\n".join(("", title, f"    {score.reason or 'NO REASON GIVEN'}", *lines))


def unexplained(scores: Sequence[Score]) -> list[str]:
    """Cases that disagree without a reason, and reasons for cases that agree or do not exist."""
    apart = {each.case for each in scores if not each.agrees}
    return sorted(apart ^ set(KNOWN))


def main() -> int:
    """Score every case; 1 if a disagreement is not explained."""
    parser = argparse.ArgumentParser(description="Agreement with the oasdiff corpus.")
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder that holds oasdiff/data"
    )
    parser.add_argument("--json", action="store_true", help="every case as JSON")
    options = parser.parse_args()
    data = options.data / "oasdiff" / "data"
    if not data.is_dir():
        print(f"skipped: no corpus in {data} (name its folder with --data)")
        return 0
    scores = [score(case, data) for case in cases()]
    found = [asdict(each) | {"agrees": each.agrees} for each in scores]
    print(json.dumps(found, indent=2) if options.json else report(scores))
    wrong = unexplained(scores)
    if wrong:
        print(f"without a reason, or with one that nobody needs: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
