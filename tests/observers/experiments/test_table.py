"""Everything told of the experiments there are."""

from collections.abc import Mapping
from dataclasses import replace

from tests.observers.experiments.pushes import EXPERIMENT, NOW

from tidegate.core.experiments.definition import Metric
from tidegate.core.experiments.report import Report
from tidegate.core.ids import FlagKey
from tidegate.observers.experiments.events import Evaluated, Happened, NotTaken, Unused
from tidegate.observers.experiments.table import ExperimentTable, Outcome

FLAG = EXPERIMENT.flag
BARE = replace(EXPERIMENT, flag=FlagKey("bare"), periods=())


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def table(most: int = 1_000, clock: Clock | None = None) -> ExperimentTable:
    return ExperimentTable([EXPERIMENT, BARE], clock or Clock(), key=b"k" * 16, most=most)


def evaluated(unit: str, variant: str, flag: FlagKey = FLAG, at: float = NOW) -> Evaluated:
    return Evaluated(flag=flag, unit=unit, variant=variant, by_lot=True, at=at)


def bought(unit: str, at: float = NOW) -> Happened:
    return Happened(metric="purchase", unit=unit, value=1.0, at=at)


def report(found: ExperimentTable, flag: FlagKey = FLAG) -> Report:
    told = found.report(flag)
    assert told is not None
    return told


def means(told: Report) -> Mapping[str, Mapping[str, float]]:
    return {arm.variant: arm.means for arm in told.arms}


def test_what_units_did_is_counted_once_their_windows_are_over() -> None:
    clock = Clock()
    found = table(clock=clock)
    assert found.accept([evaluated("ann", "on"), evaluated("bob", "off"), bought("ann")]) == Outcome()
    assert report(found).waiting == 2
    clock.now += EXPERIMENT.window
    assert means(report(found)) == {
        "off": {"purchase": 0.0, "spent": 0.0, "errors": 0.0},
        "on": {"purchase": 1.0, "spent": 0.0, "errors": 0.0},
    }


def test_pushing_an_evaluation_again_changes_nothing() -> None:
    found = table()
    for _ in range(3):
        found.accept([evaluated("ann", "on")])
    assert [(arm.variant, arm.drawn) for arm in report(found).arms] == [("off", 0), ("on", 1)]


def test_one_outcome_counts_in_every_experiment_that_measures_it() -> None:
    clock = Clock()
    found = table(clock=clock)
    found.expose(BARE.flag, {"off": 0.5, "on": 0.5})
    found.accept([evaluated("ann", "on"), evaluated("ann", "off", BARE.flag), bought("ann")])
    clock.now += EXPERIMENT.window
    assert means(report(found))["on"]["purchase"] == 1.0
    assert means(report(found, BARE.flag))["off"]["purchase"] == 1.0


def test_shares_of_exposure_make_periods_where_the_file_has_none() -> None:
    clock = Clock()
    found = table(clock=clock)
    for flag in (FLAG, BARE.flag, FlagKey("other")):
        for share in (0.05, 0.05, 0.25):
            found.expose(flag, {"off": 1 - share, "on": share})
            clock.now += 1_000
    found.accept([evaluated("ann", "on", BARE.flag, NOW + 3_500)])
    found.accept([evaluated("bob", "off", BARE.flag, NOW + 6_000)])
    told = report(found, BARE.flag)
    assert [(arm.variant, arm.intended, arm.drawn) for arm in told.arms] == [
        ("off", 0.75, 1),
        ("on", 0.25, 1),
    ]
    assert [arm.intended for arm in report(found).arms] == [0.5, 0.5]


def test_of_an_experiment_that_nobody_exposes_nothing_is_said() -> None:
    found = table()
    found.accept([evaluated("ann", "on", BARE.flag)])
    told = report(found, BARE.flag)
    assert (told.metrics, told.lost) == ((), {"served before the first shares": 1})


def test_what_is_refused_is_told_and_counted() -> None:
    found = table()
    refused = [Unused(why=NotTaken.NO_UNIT), Unused(why=NotTaken.AHEAD), Unused(why=NotTaken.NO_UNIT)]
    outcome = found.accept([*refused, evaluated("ann", "on")])
    assert outcome == Outcome(refused=3, why=f"2 refused: {NotTaken.NO_UNIT}; 1 refused: {NotTaken.AHEAD}")
    assert report(found).lost == {NotTaken.NO_UNIT: 2, NotTaken.AHEAD: 1}


def test_memory_is_bounded_by_keeping_a_sample() -> None:
    found = table(most=100)
    found.accept(evaluated(f"u{number}", "on") for number in range(1_000))
    (_, on), kept = report(found).arms, report(found).kept
    assert on.drawn <= 100
    assert kept in {1 / 8, 1 / 16, 1 / 32}
    assert abs(on.drawn - 1_000 * kept) < 40


def test_of_a_flag_without_an_experiment_there_is_no_report() -> None:
    assert table().report(FlagKey("other")) is None
    assert table().flags == (FLAG, BARE.flag)


def test_nothing_of_a_unit_can_be_guessed_without_the_key() -> None:
    """The same units make other samples under another key."""
    units = [evaluated(f"u{number}", "on") for number in range(200)]
    drawn = set()
    for key in (b"1" * 16, b"2" * 16, b"3" * 16, b"4" * 16):
        found = ExperimentTable([EXPERIMENT], Clock(), key=key, most=150)
        found.accept(units)
        drawn.add(report(found).arms[1].drawn)
    assert len(drawn) > 1


def test_metrics_are_those_of_each_experiment() -> None:
    other = replace(
        EXPERIMENT, flag=FlagKey("o"), metrics=(Metric(name="x", kind=EXPERIMENT.metrics[0].kind),), guards=()
    )
    found = ExperimentTable([EXPERIMENT, other], Clock(), key=b"k")
    assert sorted(found.wanted.metrics) == ["errors", "purchase", "spent", "x"]
    found.accept([evaluated("ann", "on", other.flag), bought("ann")])
    assert report(found, other.flag).lost == {}
