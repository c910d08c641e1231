"""The strongest evidence that has an answer decides; what none can answer is unknown."""

from dataclasses import dataclass, field

import pytest

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Position
from tidegate.core.contracts.evidence import Evidence, Kept, told
from tidegate.core.contracts.judgement import EvidenceKind, Judgement
from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.contracts.records import (
    Origin,
    Party,
    Record,
    RecordedContract,
    RecordedSpecification,
    Records,
    TestResult,
)
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.specification import Kind, Place
from tidegate.core.errors import Problem
from tidegate.core.ids import InterfaceName, ServiceName, Version

COMPATIBLE, BREAKING, UNKNOWN = Compatibility
PAYMENTS = InterfaceName("payments-api")
SHOP = Party(ServiceName("checkout"), Version("7"))
BANK = Party(ServiceName("payments"), Version("9"))
ORIGIN = Origin(at="2026-11-20T10:00:00Z", by="ci/12")
REMOVED = Difference(
    rule="operation-removed",
    position=Position.OPERATION,
    place=Place(path="POST /pay"),
    reason="the operation is gone",
    old_consumer_new_provider=BREAKING,
    new_consumer_old_provider=COMPATIBLE,
)


@dataclass
class Answers:
    """A library whose answers are written down."""

    compared: dict[tuple[str, str], Comparison] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)

    def compare(self, _: InterfaceName, old: str, new: str) -> Comparison | None:
        return Comparison(kind=Kind.OPENAPI, differences=()) if old == new else self.compared.get((old, new))

    def keeps(self, _: Party, __: InterfaceName, version: str, ___: tuple[str, ...]) -> Kept | None:
        return self.kept.get(version)

    def retirements(self, _: InterfaceName, __: str) -> tuple[Retirement, ...]:
        return ()

    def counting(self, _: Party, __: InterfaceName, old: str, new: str) -> frozenset[Difference]:
        raise AssertionError((old, new))


def comparison(*differences: Difference, doubts: tuple[Problem, ...] = ()) -> Comparison:
    return Comparison(kind=Kind.OPENAPI, differences=differences, doubts=doubts)


def result(*, passed: bool, summary: str) -> TestResult:
    return TestResult(consumer=SHOP, provider=BANK, passed=passed, summary=summary, origin=ORIGIN)


def specified(*versions: str) -> tuple[Record, ...]:
    return tuple(
        RecordedSpecification(interface=PAYMENTS, version=version, file="", origin=ORIGIN)
        for version in versions
    )


CONTRACT = RecordedContract(consumer=SHOP, interface=PAYMENTS, file="", origin=ORIGIN)


def judged(
    records: tuple[Record, ...],
    answers: Answers,
    *,
    needs: str = "^1.0.0",
    offers: tuple[str, ...] = ("2.0.0",),
) -> Judgement:
    consumer = Live(service=SHOP.service, version=SHOP.version, side=Side.OLD, provides=(), consumes=())
    offer = Provision(interface=PAYMENTS, versions=offers)
    provider = Live(service=BANK.service, version=BANK.version, side=Side.NEW, provides=(offer,), consumes=())
    evidence = Evidence(records=Records.of(records), library=answers)
    return evidence.judge(consumer, Requirement(interface=PAYMENTS, range=needs), provider)


def test_without_records_the_range_decides() -> None:
    found = judged((), Answers())
    assert (found.answer, found.kind, found.at) == (BREAKING, EvidenceKind.VERSION_RANGE, "")
    assert found.evidence == "needs payments-api ^1.0.0, provided as 2.0.0"


def test_a_specification_outranks_the_range_in_both_directions() -> None:
    harmless = judged(specified("1.0.0", "2.0.0"), Answers(compared={("1.0.0", "2.0.0"): comparison()}))
    assert (harmless.answer, harmless.kind) == (COMPATIBLE, EvidenceKind.SPECIFICATION)
    assert harmless.evidence == "was built against payments-api 1.0.0; 2.0.0 keeps all of it"
    broken = judged(
        specified("1.0.0", "1.1.0"),
        Answers(compared={("1.0.0", "1.1.0"): comparison(REMOVED)}),
        offers=("1.1.0",),
    )
    assert (broken.answer, broken.at) == (BREAKING, "2026-11-20T10:00:00Z")
    words = "was built against payments-api 1.0.0, provided as 1.1.0: POST /pay: the operation is gone"
    assert broken.evidence == words


def test_a_provider_of_several_versions_need_keep_one() -> None:
    answers = Answers(compared={("1.0.0", "2.0.0"): comparison(REMOVED)})
    found = judged(specified("1.0.0", "2.0.0"), answers, offers=("2.0.0", "1.0.0"))
    assert found.evidence == "was built against payments-api 1.0.0, which is provided"


def test_that_no_version_works_is_known_only_if_all_were_compared() -> None:
    answers = Answers(compared={("1.0.0", "2.0.0"): comparison(REMOVED)})
    found = judged(specified("1.0.0", "2.0.0"), answers, offers=("2.0.0", "1.5.0"))
    assert (found.answer, found.kind) == (COMPATIBLE, EvidenceKind.VERSION_RANGE), (
        "1.5.0 has no specification"
    )


def test_each_alternative_of_a_range_is_a_version_that_the_consumer_was_built_against() -> None:
    answers = Answers(compared={("1.0.0", "2.1.0"): comparison(REMOVED), ("2.0.0", "2.1.0"): comparison()})
    records = specified("2.1.0", "2.0.0", "1.0.0")
    assert judged(records, answers, needs="^1 || ^2", offers=("2.1.0",)).answer is COMPATIBLE
    assert judged(records, answers, needs="^1", offers=("2.1.0",)).answer is BREAKING


def test_what_a_specification_leaves_open_the_range_decides_and_says_so() -> None:
    doubt = Problem(message="'$ref' names no file of the given folder")
    answers = Answers(compared={("1.0.0", "1.1.0"): comparison(doubts=(doubt,))})
    found = judged(specified("1.0.0", "1.1.0"), answers, offers=("1.1.0",))
    assert (found.answer, found.kind) == (COMPATIBLE, EvidenceKind.VERSION_RANGE)
    assert found.evidence == (
        "needs payments-api ^1.0.0, provided as 1.1.0; what says more leaves it open: it was built against "
        "payments-api 1.0.0, provided as 1.1.0: '$ref' names no file of the given folder"
    )


def test_an_unknown_among_breaking_ones_stays_unknown() -> None:
    answers = Answers(
        compared={
            ("1.0.0", "2.0.0"): comparison(REMOVED),
            ("1.0.0", "3.0.0"): comparison(doubts=(Problem(message="half-written"),)),
        }
    )
    found = judged(specified("1.0.0", "2.0.0", "3.0.0"), answers, offers=("2.0.0", "3.0.0"))
    assert found.kind is EvidenceKind.VERSION_RANGE


@pytest.mark.parametrize(
    ("kept", "answer", "words"),
    [
        (Kept(answer=COMPATIBLE), COMPATIBLE, "has a consumer contract that payments-api 2.0.0 keeps"),
        (
            Kept(answer=BREAKING, reasons=("POST /pay: total is not provided",)),
            BREAKING,
            "has a consumer contract that payments-api 2.0.0 does not keep: POST /pay: total is not provided",
        ),
    ],
)
def test_a_consumer_contract_outranks_the_specification(
    kept: Kept, answer: Compatibility, words: str
) -> None:
    answers = Answers(compared={("1.0.0", "2.0.0"): comparison(REMOVED)}, kept={"2.0.0": kept})
    found = judged((*specified("1.0.0", "2.0.0"), CONTRACT), answers)
    assert (found.answer, found.kind, found.evidence) == (answer, EvidenceKind.CONSUMER_CONTRACT, words)


def test_a_consumer_contract_that_cannot_be_checked_leaves_it_to_the_specification() -> None:
    found = judged((*specified("2.0.0"), CONTRACT), Answers(), needs="^2")
    assert found.kind is EvidenceKind.SPECIFICATION


@pytest.mark.parametrize(
    ("passed", "summary", "words"),
    [
        (True, "", "passed its test with it, 2026-11-20 by ci/12"),
        (False, "the total was empty", "failed its test with it, 2026-11-20 by ci/12: the total was empty"),
    ],
)
def test_a_test_outranks_everything(passed: bool, summary: str, words: str) -> None:
    opposite = Kept(answer=BREAKING if passed else COMPATIBLE)
    found = judged((result(passed=passed, summary=summary), CONTRACT), Answers(kept={"2.0.0": opposite}))
    assert (found.safe, found.kind, found.evidence) == (passed, EvidenceKind.TEST, words)


def test_what_no_evidence_answers_is_unknown() -> None:
    found = judged(specified("1.0.0"), Answers(), needs="")
    assert (found.answer, found.evidence) == (UNKNOWN, "names no version of payments-api that it works with")


# -- what stands between two versions ------------------------------------------------------------------------


def met(
    consumer: Side, provider: Side, *, needs: str, offers: tuple[str, ...], answer: Compatibility
) -> Pair:
    need, offer = Requirement(interface=PAYMENTS, range=needs), Provision(interface=PAYMENTS, versions=offers)
    return Pair(
        consumer=Live(
            service=SHOP.service, version=SHOP.version, side=consumer, provides=(), consumes=(need,)
        ),
        provider=Live(
            service=BANK.service, version=BANK.version, side=provider, provides=(offer,), consumes=()
        ),
        judgement=Judgement(answer=answer, evidence="does not matter here"),
    )


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (met(Side.OLD, Side.NEW, needs="^1", offers=("2.0.0",), answer=BREAKING), True),
        (met(Side.NEW, Side.OLD, needs="^2", offers=("1.0.0",), answer=UNKNOWN), True),
        (met(Side.OLD, Side.NEW, needs="^1", offers=("2.0.0",), answer=COMPATIBLE), False),
        (met(Side.NEW, Side.NEW, needs="^1", offers=("2.0.0",), answer=BREAKING), False),
        (met(Side.OLD, Side.NEW, needs="^3", offers=("2.0.0",), answer=BREAKING), False),
        (met(Side.OLD, Side.NEW, needs="^1", offers=(), answer=BREAKING), False),
        (met(Side.OLD, Side.NEW, needs="^1", offers=("2.5.0",), answer=BREAKING), False),
    ],
    ids=[
        "old consumer",
        "new consumer",
        "works",
        "both new",
        "built against nothing",
        "nothing offered",
        "not compared",
    ],
)
def test_what_differs_is_told_from_the_old_version_to_the_new(pair: Pair, told: bool) -> None:
    between = comparison(REMOVED)
    answers = Answers(compared={("1.0.0", "2.0.0"): between})
    evidence = Evidence(records=Records.of(specified("1.0.0", "2.0.0")), library=answers)
    assert evidence.differences([pair]) == ({(SHOP.service, BANK.service, PAYMENTS): between} if told else {})


def test_the_first_reasons_are_told_and_the_others_counted() -> None:
    assert told(["a", "b", "c"]) == "a; b; c"
    assert told(["a", "b", "c", "d", "e"]) == "a; b; c (and 2 more)"
