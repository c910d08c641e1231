"""The matrix of faults is what it says, and its scores are right."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from bench.attribution.matrix.faults import FEWEST, MATRIX, MOST, Fault, Kind
from bench.attribution.matrix.score import marks, score, table
from bench.attribution.matrix.search import Found
from bench.attribution.matrix.shop import HARMLESS, NEW, OLD, SERVICES, Release, spec, write, write_mesh
from bench.attribution.matrix.trials import Run

from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.gates.evidence import Tally, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.sources.mesh import read_mesh, read_version


def test_every_kind_is_at_three_places_or_more_with_a_handful_of_canaries() -> None:
    kinds = Counter(fault.kind for fault in MATRIX)
    assert set(kinds) == set(Kind)
    assert min(kinds.values()) >= 3
    assert sum(bool(fault.guilty) for fault in MATRIX) >= 24
    assert {len(fault.releases) for fault in MATRIX} <= set(range(FEWEST, MOST + 1))
    assert len({fault.name for fault in MATRIX}) == len(MATRIX)


@pytest.mark.parametrize("fault", MATRIX, ids=lambda fault: fault.name)
def test_innocent_releases_behave_as_what_they_replace(fault: Fault, tmp_path: Path) -> None:
    for service, release in fault.releases.items():
        old = read_version(write(tmp_path, service, OLD, "old"))
        new = read_version(write(tmp_path, service, NEW, "new", release))
        same = {**new.behaviour, "version": OLD} == old.behaviour
        assert same == (service not in fault.guilty or release == HARMLESS)


def test_who_is_overwhelmed_is_not_released() -> None:
    overwhelmed = [(release.callee, fault.releases) for fault in MATRIX for release in fault.wrong.values()]
    assert [callee for callee, releases in overwhelmed if callee in releases] == []


def test_a_release_can_call_more_often_and_again() -> None:
    made = Release(callee="ledger", retries=2, times=3)
    path = "/pay"
    calls = spec("payments", NEW, made)["endpoints"][path]["calls"]
    assert [(call["retries"], call.get("optional", False)) for call in calls] == [
        (2, False),
        (2, True),
        (2, True),
    ]


def test_the_shop_is_a_mesh(tmp_path: Path) -> None:
    mesh = read_mesh(write_mesh(tmp_path))
    assert tuple(service.name for service in mesh.services) == SERVICES
    assert mesh.tracing == 1.0


GUILTY = Fault(name="f", kind=Kind.ERROR, wrong={"cart": HARMLESS})
SHARED = replace(GUILTY, kind=Kind.EXHAUSTION)
NOBODY = Fault(name="n", kind=Kind.NONE)
PAIR = Fault(name="p", kind=Kind.INTERACTION, wrong={"cart": HARMLESS, "web": HARMLESS})


def told(*named: str, answer: Answer = Answer.ONE, first: tuple[str, ...] = ()) -> Attribution:
    def versions(names: tuple[str, ...]) -> tuple[VersionedService, ...]:
        return tuple(VersionedService(service=ServiceName(name), version=NEW) for name in names)

    ranking = (Suspicion(suspects=versions(first or named), log_e=1.0, log_e_needed=1.0),)
    return Attribution(
        answer=answer, basis=Basis.TRACES, reason="", culprits=versions(named), ranking=ranking
    )


@pytest.mark.parametrize(
    ("fault", "answer", "expected"),
    [
        (GUILTY, told("cart"), (True, True, False)),
        (GUILTY, told("web"), (False, False, True)),
        (GUILTY, told(answer=Answer.UNDECIDED, first=("cart",)), (True, False, False)),
        (GUILTY, told("cart", "web"), (False, False, True)),
        (PAIR, told("web", "cart"), (True, True, False)),
        (PAIR, told("cart"), (False, False, False)),
        (NOBODY, told(answer=Answer.NONE, first=("cart",)), (False, True, False)),
        (NOBODY, told("cart"), (False, False, True)),
        (SHARED, told(answer=Answer.NOT_IDENTIFIABLE, first=("web",)), (False, True, False)),
        (SHARED, told("cart"), (True, False, False)),
    ],
)
def test_marks(fault: Fault, answer: Attribution, expected: tuple[bool, bool, bool]) -> None:
    found = marks(fault, answer)
    assert (found.first, found.right, found.innocent) == expected


def run(fault: Fault, watched: Attribution, found: Attribution | None = None) -> Run:
    return Run(
        fault=fault,
        watched=watched,
        counted=watched,
        seconds=8.0,
        requests=Tally(requests=100, bad=7),
        found=None if found is None else Found(attribution=found, rounds=2, seconds=9.0),
        lost=0,
    )


UNTOLD = told(answer=Answer.NOT_IDENTIFIABLE)


@pytest.mark.parametrize(
    ("tried", "settled", "innocent"),
    [
        (run(SHARED, UNTOLD, told("cart")), True, False),
        (run(SHARED, UNTOLD, told("web")), False, True),
        (run(PAIR, UNTOLD, told("web")), True, False),
        (run(GUILTY, UNTOLD), False, False),
        (run(NOBODY, UNTOLD, told(answer=Answer.NONE)), True, False),
        (run(NOBODY, UNTOLD, told("web")), False, True),
    ],
)
def test_a_search_settles_what_watching_could_not(tried: Run, settled: bool, innocent: bool) -> None:
    scored = score(tried)
    assert (scored.settled, scored.innocent) == (settled, innocent)


def test_the_table() -> None:
    scores = [score(run(GUILTY, told("cart"))), score(run(SHARED, UNTOLD, told("cart")))]
    assert [line.split()[:7] for line in table(scores).splitlines()] == [
        ["kind", "runs", "first", "right", "blamed", "toggled", "settled"],
        ["error", "1", "1", "1", "0", "-", "1"],
        ["shared-store", "exhaustion", "1", "0", "1", "0", "1/1"],
        ["all", "2", "1", "2", "0", "1/1", "2"],
    ]
