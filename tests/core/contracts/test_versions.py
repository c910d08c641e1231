"""An answer about two versions always says on what evidence, and what is not known is never safe."""

import pytest

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.versions import at_least, satisfies
from tidegate.core.ids import InterfaceName

API, OTHER = InterfaceName("api"), InterfaceName("other")


@pytest.mark.parametrize(
    ("range_", "offered", "answer", "evidence"),
    [
        ("^1.0.0", ["1.4.0"], Compatibility.COMPATIBLE, "needs api ^1.0.0, provided as 1.4.0"),
        ("^1.0.0", ["0.9.0", "1.4.0"], Compatibility.COMPATIBLE, "needs api ^1.0.0, provided as 1.4.0"),
        ("^1.0.0", ["2.0.0"], Compatibility.BREAKING, "needs api ^1.0.0, provided as 2.0.0"),
        ("^1.0.0", [], Compatibility.BREAKING, "needs api ^1.0.0, which is not provided"),
        ("", ["1.0.0"], Compatibility.UNKNOWN, "names no version of api that it works with"),
        ("", [], Compatibility.UNKNOWN, "names no version of api that it works with"),
    ],
)
def test_an_answer_comes_with_its_evidence(
    range_: str, offered: list[str], answer: Compatibility, evidence: str
) -> None:
    offers = [
        Provision(interface=API, versions=tuple(offered)),
        Provision(interface=OTHER, versions=("1.0.0",)),
    ]
    judgement = satisfies(Requirement(interface=API, range=range_), offers)
    assert (judgement.answer, judgement.evidence) == (answer, evidence)
    assert judgement.safe == (answer is Compatibility.COMPATIBLE)


def test_a_range_that_nobody_declared_says_where_it_comes_from() -> None:
    need = Requirement(interface=API, range="^1.0.0", declared=False)
    evidence = satisfies(need, [Provision(interface=API, versions=("1.1.0",))]).evidence
    assert evidence == "needs api ^1.0.0 by semantic versioning, provided as 1.1.0"


@pytest.mark.parametrize(
    ("version", "least", "expected"),
    [
        ("2.0.0", "2.0.0", True),
        ("2.1.0", "2.0.9", True),
        ("2.0.0-rc.1", "2.0.0", False),
        ("1.9.0", "2.0.0", False),
        ("blue", "blue", True),
        ("green", "blue", False),
        ("", "1.0.0", False),
    ],
)
def test_versions_that_are_not_semantic_are_only_as_late_as_themselves(
    version: str, least: str, *, expected: bool
) -> None:
    assert at_least(version, least) is expected
