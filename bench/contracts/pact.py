"""Agreement with the cases of the Pact specification, version by version.

    python -m bench.contracts.pact --data ../shared/data

Every case says whether an actual request, response or message matches an expected one. A disagreement that is
not in `KNOWN`, with its reason, makes the command exit 1; so does a version without cases.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.core.contracts.pact.match import match_message, match_request, match_response
from tidegate.core.contracts.pact.model import Version
from tidegate.core.contracts.pact.read import read_message, read_request, read_response
from tidegate.core.contracts.pact.rules import Report
from tidegate.core.contracts.pact.scope import Mismatch
from tidegate.core.contracts.specification import Cursor, Kind, Specification

FOLDERS: Final = {
    "v1": Version.V1,
    "v1.1": Version.V1_1,
    "v2": Version.V2,
    "v3": Version.V3,
    "v4": Version.V4,
}
KNOWN: Final[dict[str, str]] = {}
"""Cases in which we keep another answer, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: what the specification says, what was found wrong with the actual side, what could not be read."""

    name: str
    match: bool
    mismatches: tuple[Mismatch, ...]
    unread: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the answer is that of the specification: unknown never is, an unread actual side is no match."""
        unknown = any(pointer.startswith("/expected") for pointer in self.unread)
        decided = not unknown and not any(mismatch.undecided for mismatch in self.mismatches)
        return decided and self.match == (not self.mismatches and not self.unread)


def cases(folder: Path, version: Version) -> Iterator[Case]:
    """All cases of a version, in the order of their names."""
    for file in sorted(folder.glob("testcases/*/*/*.json")):
        yield _case(file, str(file.relative_to(folder.parent)), version)


def _case(file: Path, name: str, version: Version) -> Case:
    document = json.loads(file.read_text(encoding="utf-8-sig"))
    unread: list[str] = []

    def report(cursor: Cursor, reason: str) -> None:
        unread.append(f"{cursor.pointer} {reason}")

    root = Specification(kind=Kind.PACT, name=name, root=name, documents={name: document}, texts={}).cursor
    expected, actual = root.at("expected"), root.at("actual")
    return Case(
        name=name,
        match=document["match"],
        mismatches=_mismatches(file.parent.parent.name, expected, actual, version, report),
        unread=tuple(unread),
    )


def _mismatches(
    kind: str, expected: Cursor, actual: Cursor, version: Version, report: Report
) -> tuple[Mismatch, ...]:
    match kind:
        case "request":
            return match_request(
                read_request(expected, version, report), read_request(actual, version, report)
            )
        case "response":
            return match_response(
                read_response(expected, version, report), read_response(actual, version, report)
            )
        case _:
            return match_message(
                read_message(expected, version, report), read_message(actual, version, report)
            )


def main() -> int:
    """Prints agreement for each version, and each disagreement."""
    parser = argparse.ArgumentParser(description="agreement with the cases of the Pact specification")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds pact-spec")
    folder = parser.parse_args().data / "pact-spec"
    results = {name: list(cases(folder / name, version)) for name, version in FOLDERS.items()}
    for name, found in results.items():
        print(f"{name:5} {sum(case.agrees for case in found)} of {len(found)} cases agree")
    disagreements = [case for found in results.values() for case in found if not case.agrees]
    for case in disagreements:
        print(_told(case))
    complete = all(results.values())
    return 0 if complete and all(case.name in KNOWN for case in disagreements) else 1


def _told(case: Case) -> str:
    found = [*case.unread, *map(str, case.mismatches)] or ["nothing was found wrong"]
    reason = KNOWN.get(case.name, "no reason known")
    return f"{case.name}: match is {case.match}; {'; '.join(found)} ({reason})"


if __name__ == "__main__":
    sys.exit(main())
