"""OpenSLO files become SLOs; what is wrong is told all at once, with file and line."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path

import jsonschema
import pytest

from tidegate.core.errors import Location, Refused
from tidegate.core.ids import ServiceName
from tidegate.core.slo.definitions import (
    BudgetingMethod,
    DataSource,
    Metric,
    Objective,
    Op,
    RatioMetric,
    RawRatio,
    Service,
    Side,
    Sli,
    Slo,
    ThresholdMetric,
)
from tidegate.core.slo.window import CalendarWindow, Duration, RollingWindow, Unit
from tidegate.sources import openslo_checks
from tidegate.sources.documents import load_schema, schemas
from tidegate.sources.openslo import read, read_service_levels
from tidegate.sources.openslo_documents import KINDS, schema

SOURCE = """\
apiVersion: openslo/v1
kind: DataSource
metadata: {name: main}
spec: {type: Prometheus}
"""
SLI = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: answers}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {metricSourceRef: main, spec: {query: failures}}}
    total: {metricSource: {metricSourceRef: main, spec: {query: requests}}}
"""
SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability}
spec:
  service: checkout
  indicatorRef: answers
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
"""
LEVEL = SLI.replace(SLI[SLI.index("  ratioMetric") :], """\
  thresholdMetric:
    metricSource: {type: prometheus, spec: {query: latency}}
""")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder `s`, named in messages as a user in its parent would name it."""
    monkeypatch.chdir(tmp_path)
    Path("s").mkdir()
    return Path("s")


def problems(folder: Path, *documents: str) -> list[str]:
    (folder / "slo.yaml").write_text("---\n".join(documents))
    return list(map(str, read(folder).problems))


def of_slo(folder: Path, old: str, new: str) -> list[str]:
    """What is wrong with the good SLO once `old` in it reads `new`; its first line is the first."""
    assert old in SLO
    return problems(folder, SLO.replace(old, new), SLI, SOURCE)


# -- values ---------------------------------------------------------------------------------------------------


def test_a_folder_of_several_files_and_documents(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a/measures.yml").write_text(
        SOURCE.replace("Prometheus", "Prometheus, connectionDetails: {url: 'http://p', token: x}")
        + "---\n"
        + SLI
    )
    (folder / "slo.yaml").write_text(
        SLO
        + "---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: checkout, displayName: Checkout}\nspec:\n"
    )
    (folder / "notes.txt").write_text("not read")
    levels = read_service_levels(folder)
    place = "s/a/measures.yml"
    source = DataSource(name="main", type="Prometheus", url="http://p", location=Location(file=place, line=3))
    sli = Sli(
        name="answers",
        measure=RatioMetric(
            part=Metric(source=source, query="failures"),
            side=Side.BAD,
            total=Metric(source=source, query="requests"),
            counter=True,
        ),
        location=Location(file=place, line=8),
    )
    assert levels.data_sources == {"main": source}
    assert levels.slis == {"answers": sli}
    assert levels.services == {
        "checkout": Service(
            name=ServiceName("checkout"), title="Checkout", location=Location(file="s/slo.yaml", line=14)
        )
    }
    assert levels.slos == {
        "availability": Slo(
            name="availability",
            service=ServiceName("checkout"),
            sli=sli,
            window=RollingWindow(duration=Duration(count=28, unit=Unit.DAY)),
            method=BudgetingMethod.OCCURRENCES,
            objectives=(Objective(target=0.999),),
            location=Location(file="s/slo.yaml", line=3),
        )
    }


def only_slo(folder: Path, *documents: str) -> Slo:
    (folder / "slo.yaml").write_text("---\n".join(documents))
    (found,) = read_service_levels(folder).slos.values()
    return found


INLINE = """\
  indicator:
    metadata: {name: latency}
    spec:
      thresholdMetric: {metricSource: {type: Prometheus, spec: {query: ' latency '}}}
"""


def test_an_indicator_may_stand_in_its_slo(folder: Path) -> None:
    """`op` and `value` tell good samples; a source may be given by its type alone."""
    text = SLO.replace("  indicatorRef: answers\n", INLINE).replace(
        "target: 0.999", "{targetPercent: 99.95, op: lte, value: 2}"
    )
    found = only_slo(folder, text)
    metric = Metric(source=DataSource(type="Prometheus"), query="latency")
    assert found.sli == Sli(
        name="latency", measure=ThresholdMetric(metric=metric), location=Location(file="s/slo.yaml", line=7)
    )
    assert found.objectives == (Objective(target=0.9995, op=Op.LTE, value=2.0),)


@pytest.mark.parametrize(("raw_type", "side"), [("success", Side.GOOD), ("failure", Side.BAD)])
def test_a_raw_ratio(folder: Path, raw_type: str, side: Side) -> None:
    raw = (
        SLI[: SLI.index("    counter")]
        + f"    rawType: {raw_type}\n    raw: {{metricSource: {{type: Datadog, spec: {{x: y}}}}}}\n"
    )
    metric = Metric(source=DataSource(type="Datadog"), query="")
    assert only_slo(folder, SLO, raw).sli.measure == RawRatio(metric=metric, side=side)


@pytest.mark.parametrize(
    ("method", "fields", "target", "seconds"),
    [
        ("Timeslices", "timeSliceTarget: 0.95, timeSliceWindow: 5m", 0.95, 300.0),
        ("Timeslices", "timeSliceTarget: 1, timeSliceWindow: 5", 1, 300.0),
        ("RatioTimeslices", "timeSliceWindow: 1h", None, 3600.0),
    ],
)
def test_slices(folder: Path, method: str, fields: str, target: float | None, seconds: float) -> None:
    """A number of minutes is a slice too; `op` without a threshold has no meaning and is ignored, as in OpenSLO."""
    text = SLO.replace("Occurrences", method).replace("target: 0.999", f"{{target: 0.9, op: gt, {fields}}}")
    found = only_slo(folder, text, SLI, SOURCE)
    assert found.method == method
    assert found.objectives == (Objective(target=0.9, slice_target=target, slice_seconds=seconds),)


def test_a_calendar_window(folder: Path) -> None:
    calendar = "{startTime: 2026-01-01 12:00:00, timeZone: Europe/Berlin}"
    window = only_slo(
        folder, SLO.replace("28d, isRolling: true", f"1Q, calendar: {calendar}"), SLI, SOURCE
    ).window
    assert isinstance(window, CalendarWindow)
    assert str(window) == "1Q from 2026-01-01 12:00 Europe/Berlin"


def test_a_file_may_hold_a_list_as_the_tools_of_openslo_write_it(folder: Path) -> None:
    documents = [f"- {text.replace(chr(10), f'{chr(10)}  ')}\n" for text in (SOURCE, SLI, SLO)]
    (folder / "slo.yaml").write_text("".join(documents))
    assert list(read_service_levels(folder).slos) == ["availability"]


@pytest.mark.parametrize("details", ["[{other: 1}, {url: 'http://p'}]", "{url: 'http://p'}"])
def test_connection_details_are_a_mapping_or_a_list_of_them(folder: Path, details: str) -> None:
    text = SOURCE.replace("Prometheus", f"Prometheus, connectionDetails: {details}")
    (folder / "slo.yaml").write_text(text)
    assert read_service_levels(folder).data_sources["main"].url == "http://p"


def test_alerts_are_left_to_the_tools_they_are_meant_for(folder: Path) -> None:
    alerts = [
        f"apiVersion: openslo/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{any: thing}}\n"
        for kind in ("AlertPolicy", "AlertCondition", "AlertNotificationTarget")
    ]
    assert problems(folder, *alerts, SLO + "  alertPolicies: [{alertPolicyRef: a}]\n", SLI, SOURCE) == []


# -- problems -------------------------------------------------------------------------------------------------

SLO_CASES: list[tuple[str, str, list[str]]] = [
    ("service: ", "sevice: ", ["4: spec lacks 'service' (Name the service that the promise is about)", "5: unknown field 'sevice' in spec (did you mean 'service'?)"]),
    ("name: availability", "name: Availability", ["3: metadata.name is 'Availability', which is not a name of at most 63 small letters, digits and dashes"]),
    ("openslo/v1", "openslo/v1alpha", ["1: apiVersion is 'openslo/v1alpha' (write apiVersion: openslo/v1, or move what is not OpenSLO elsewhere)"]),
    ("apiVersion: openslo/v1\n", "", ["1: no 'apiVersion' in this document (write apiVersion: openslo/v1, or move what is not OpenSLO elsewhere)"]),
    ("kind: SLO", "kind: SL0", ["2: unknown kind 'SL0' (did you mean 'SLO'?)"]),
    ("kind: SLO\n", "", ["1: no 'kind' in this document (known kinds: DataSource, SLI, SLO, Service, AlertPolicy, AlertCondition, AlertNotificationTarget)"]),
    ("  indicatorRef: answers\n", "", ["3: SLO 'availability' has either indicator or indicatorRef, not neither (add one)"]),
    ("  indicatorRef: answers\n", "  indicatorRef: answers\n" + INLINE, ["3: SLO 'availability' has either indicator or indicatorRef, not both (keep one)", "14: spec.objectives[0] lacks 'op', which a thresholdMetric needs (write op: lt, lte, gt or gte)", "14: spec.objectives[0] lacks 'value', which a thresholdMetric needs (write the threshold in the metric's unit)"]),
    ("indicatorRef: answers", "indicatorRef: answer", ["6: unknown SLI 'answer' (did you mean 'answers'?)"]),
    ("indicatorRef: answers", "indicatorRef: xyz", ["6: unknown SLI 'xyz' (declare the SLI, or mend the name)"]),
    ("0.999", "1", ["10: spec.objectives[0].target must be less than 1, not '1'"]),
    ("0.999", "0", ["10: spec.objectives[0].target must be more than 0, not '0'"]),
    ("target: 0.999", "targetPercent: 100", ["10: spec.objectives[0].targetPercent must be less than 100, not '100'"]),
    ("target: 0.999", "{target: 0.9, targetPercent: 90}", ["10: spec.objectives[0] has either target or targetPercent, not both (keep one)"]),
    ("target: 0.999", "displayName: none", ["10: spec.objectives[0] has either target or targetPercent, not neither (add one)"]),
    ("\n    - target: 0.999", " []", ["9: spec.objectives is empty (List at least one objective with its target)"]),
    ("target: 0.999", '{target: 0.9, displayName: "a\\eb"}', [r"10: spec.objectives[0].displayName is 'a\x1bb', which is not one line of text"]),
    ("target: 0.999", "target: 0.999\n    - displayName: other\n      target: 0.999\n    - target: 0.999", ["13: this objective is called like another (at s/slo.yaml:10) (give each a displayName of its own)"]),
    ("target: 0.999", "{target: 0.9, indicatorRef: answers}", ["10: composite objectives, with indicators of their own, are not supported (write one SLO for each indicator)"]),
    ("Occurrences", "Occurences", ["8: 'Occurences' is not allowed for spec.budgetingMethod (did you mean 'Occurrences'? allowed: Occurrences, Timeslices, RatioTimeslices)"]),
    ("Occurrences", "Timeslices", ["10: spec.objectives[0] lacks 'timeSliceTarget', which Timeslices needs (add timeSliceTarget)", "10: spec.objectives[0] lacks 'timeSliceWindow', which Timeslices needs (add timeSliceWindow)"]),
    ("Occurrences", "RatioTimeslices", ["10: spec.objectives[0] lacks 'timeSliceWindow', which RatioTimeslices needs (add timeSliceWindow)"]),
    ("0.999", "0.999\n      timeSliceTarget: 0.9", ["11: timeSliceTarget has no meaning with budgetingMethod Occurrences (remove it, or mend budgetingMethod)"]),
    ("  timeWindow: [{duration: 28d, isRolling: true}]\n", "", ["4: spec lacks 'timeWindow' (List the one window)"]),
    ("[{duration: 28d, isRolling: true}]", "[]", ["7: an SLO has one timeWindow, not 0 (add it)"]),
    ("[{duration: 28d, isRolling: true}]", "{}", ["7: spec.timeWindow must be a list, not a mapping (a list of one window)"]),
    ("true}]", "true}, {duration: 7d, isRolling: true}]", ["7: an SLO has one timeWindow, not 2 (write an SLO for each)"]),
    (", isRolling: true", "", ["7: a window is either rolling (isRolling: true) or has a calendar, not neither (add one)"]),
    ("true", "true, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}", ["7: a window is either rolling (isRolling: true) or has a calendar, not both (keep one)"]),
    ("isRolling: true", "calendar: {startTime: 2026-01-01 00:00:00}", ["7: spec.timeWindow[0].calendar lacks 'timeZone' (The IANA name of a time zone, such as Europe/Berlin)"]),
    ("isRolling: true", "calendar: {startTime: 2026-02-30 00:00:00, timeZone: Europe/Berln}", ["7: '2026-02-30 00:00:00' is not a date and time of day (write one such as 2026-01-01 00:00:00)", "7: unknown time zone 'Europe/Berln' (write an IANA name such as Europe/Berlin)"]),
    ("isRolling: true", "calendar: {startTime: 2026-01-01 00:00:00, timeZone: America}", ["7: unknown time zone 'America' (write an IANA name such as Europe/Berlin)"]),
    ("isRolling: true", "calendar: {startTime: 2026-01-01 00:00:00, timeZone: ../x}", ["7: unknown time zone '../x' (write an IANA name such as Europe/Berlin)"]),
    ("28d", "28D", ["7: spec.timeWindow[0].duration is '28D', which is not a duration such as 12h, 28d or 1M"]),
    ("28d", "11Y", ["7: a window of 11Y is too long (10Y is the most)"]),
]  # fmt: skip


WITHOUT_SPEC = [
    (SLO[: SLO.index("spec:")], "s/slo.yaml:1: the file lacks 'spec' (Write spec with service, indicator, timeWindow, budgetingMethod and objectives)"),
    (SLI[: SLI.index("spec:")], "s/slo.yaml:1: the file lacks 'spec' (Write spec with a ratioMetric or a thresholdMetric)"),
    (SOURCE[: SOURCE.index("spec:")], "s/slo.yaml:1: the file lacks 'spec' (Write spec with at least a type)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WITHOUT_SPEC)
def test_what_is_not_there_is_told_once(folder: Path, text: str, expected: str) -> None:
    assert problems(folder, text) == [expected]


@pytest.mark.parametrize(("old", "new", "expected"), SLO_CASES)
def test_what_is_wrong_with_an_slo(folder: Path, old: str, new: str, expected: list[str]) -> None:
    assert of_slo(folder, old, new) == [f"s/slo.yaml:{message}" for message in expected]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("28d", "a slice of 28d is not shorter than the window of 28d (shorten it)"),
        ("40320", "a slice of 40320 is not shorter than the window of 28d (shorten it)"),
        ("1.5", "spec.objectives[0].timeSliceWindow must be text or a whole number, not '1.5' (write a duration such as 5m, or a whole number of minutes)"),
        ("0", "spec.objectives[0].timeSliceWindow must be at least 1, not '0'"),
    ],
)  # fmt: skip
def test_a_slice_is_whole_minutes_and_shorter_than_the_window(
    folder: Path, length: str, expected: str
) -> None:
    text = SLO.replace("Occurrences", "RatioTimeslices").replace(
        "0.999", f"0.999\n      timeSliceWindow: {length}"
    )
    assert problems(folder, text, SLI, SOURCE) == [f"s/slo.yaml:11: {expected}"]


def test_a_threshold_has_one_objective(folder: Path) -> None:
    objectives = "op: lt\n      value: 1\n      target: 0.9\n    - op: lt\n      value: 2\n      target: 0.8"
    assert problems(folder, SLO.replace("target: 0.999", objectives), LEVEL) == [
        "s/slo.yaml:13: an SLO with a thresholdMetric has one objective (write an SLO for each)"
    ]


GOOD = "    good: {metricSource: {metricSourceRef: main, spec: {query: ok}}}\n"
SLI_CASES: list[tuple[str, str, list[str]]] = [
    ("    bad:", GOOD + "    bad:", ["5: a ratioMetric has good and total, bad and total, or raw, not good, bad, total (remove or add what makes it one of these)"]),
    (SLI[SLI.index("    bad") :], "", ["5: a ratioMetric has good and total, bad and total, or raw, not none of them (remove or add what makes it one of these)"]),
    (SLI[SLI.index("  ratio") :], "  description: none\n", ["5: an indicator has either ratioMetric or thresholdMetric, not neither (add one)"]),
    ("  ratioMetric:", "  thresholdMetric: {metricSource: {metricSourceRef: main, spec: {query: x}}}\n  ratioMetric:", ["5: an indicator has either ratioMetric or thresholdMetric, not both (keep one)"]),
    ("    bad:", "    raw:", ["5: a ratioMetric has good and total, bad and total, or raw, not total, raw (remove or add what makes it one of these)"]),
    (SLI[SLI.index("    bad") :], "    raw: {metricSource: {metricSourceRef: main, spec: {query: x}}}\n", ["7: raw needs 'rawType' (write rawType: success (good/total) or failure (bad/total))"]),
    ("counter: true", "rawType: success", ["5: this ratioMetric lacks 'counter' (write counter: true for what only rises, false for a gauge)", "6: rawType has no meaning with bad, total (remove it)"]),
    ("counter: true", "counter: 'yes'", ["6: spec.ratioMetric.counter must be true or false, not 'yes'"]),
    ("query: failures", "qurey: failures", ["7: a Prometheus metric needs 'query' (write the counter, gauge or ratio in PromQL, without a time)"]),
    ("query: failures", "query: ' '", ["7: a Prometheus metric needs 'query' (write the counter, gauge or ratio in PromQL, without a time)"]),
    ("query: failures", "query: 'rate(x[{{.window}}])'", ["7: this query is a template (write what it counts without a time: tidegate adds the times it needs)"]),
    (", spec: {query: failures}", "", ["7: spec.ratioMetric.bad.metricSource lacks 'spec' (What to ask; for Prometheus, query)"]),
    ("metricSourceRef: main, spec: {query: failures}", "spec: {query: failures}", ["7: this metricSource has no source (add metricSourceRef, or type)"]),
    ("main, spec: {query: failures}", "main, type: Datadog, spec: {query: failures}", ["7: the type is 'Datadog', but DataSource 'main' is 'Prometheus' (remove the type: the data source has it)"]),
    ("metricSourceRef: main, spec: {query: failures}", "type: Prometheus, spec: {query: failures}", ["5: the metrics of a ratioMetric come from different sources (give all of them the same metricSourceRef)"]),
    ("main, spec: {query: failures}", "mian, spec: {query: failures}", ["7: unknown DataSource 'mian' (did you mean 'main'?)"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), SLI_CASES)
def test_what_is_wrong_with_an_indicator(folder: Path, old: str, new: str, expected: list[str]) -> None:
    """The same in a document of its own and inside an SLO."""
    assert old in SLI
    wrong = SLI.replace(old, new, 1)
    assert problems(folder, wrong, SOURCE) == [f"s/slo.yaml:{message}" for message in expected]
    inline = "  indicator:\n" + "".join(f"    {line}\n" for line in wrong.splitlines()[2:])
    text = (
        SLO.replace("  indicatorRef: answers\n", inline)
        .replace("target:", "{op: lt, value: 1, target:")
        .replace("0.999", "0.999}")
    )
    moved = [
        f"s/slo.yaml:{int(line) + 4}:{rest.replace('spec.ratio', 'spec.indicator.spec.ratio')}"
        for line, rest in (message.split(":", 1) for message in expected)
    ]
    assert problems(folder, text, SOURCE) == moved


def test_a_name_is_declared_once_for_each_kind(folder: Path) -> None:
    (folder / "a.yaml").write_text(SOURCE)
    (folder / "b.yaml").write_text(SOURCE)
    (folder / "c.yaml").write_text(SLI.replace("answers", "main"))
    assert list(map(str, read(folder).problems)) == [
        "s/b.yaml:3: DataSource 'main' is declared twice (first at s/a.yaml:3) (remove or rename one of them)"
    ]


def test_services_are_known_by_declaration_or_from_elsewhere(folder: Path) -> None:
    declared = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: chekout}\n"
    unknown = "s/slo.yaml:5: unknown Service 'checkout' (did you mean 'chekout'?)"
    assert problems(folder, SLO, SLI, SOURCE, declared) == [unknown]
    assert list(map(str, read(folder, ["stock", "checkout"]).problems)) == []
    (folder / "slo.yaml").write_text(f"{SLO}---\n{SLI}---\n{SOURCE}")
    assert list(map(str, read(folder, ["stock"]).problems)) == [
        "s/slo.yaml:5: unknown Service 'checkout' (declare the Service, or mend the name)"
    ]
    assert read(folder).problems == ()


def test_names_are_unknown_only_where_every_file_could_be_read(folder: Path) -> None:
    (folder / "broken.yaml").write_text("a: [")
    assert problems(folder, SLO) == [
        "s/broken.yaml:1: not YAML: while parsing a flow node, did not find expected node content"
    ]


def test_guesses_at_names_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openslo_checks, "MOST_GUESSES", 1)
    others = [SLO.replace("availability", name).replace("answers", "answer") for name in ("a", "b")]
    assert problems(folder, *others, SLI, SOURCE) == [
        "s/slo.yaml:6: unknown SLI 'answer' (did you mean 'answers'?)",
        "s/slo.yaml:17: unknown SLI 'answer' (declare the SLI, or mend the name)",
    ]


def test_a_folder_must_be_there_and_hold_something(folder: Path) -> None:
    assert list(map(str, read(Path("no")).problems)) == ["no folder 'no' (check the path of the SLOs)"]
    assert list(map(str, read(folder).problems)) == ["no .yaml file found under 's'"]
    (folder / "slo.yaml").write_text("just text\n")
    with pytest.raises(Refused) as refused:
        read_service_levels(folder)
    assert [problem.message for problem in refused.value.problems] == ["no 'apiVersion' in this document"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_valid_and_apart_from_those_of_our_own_kinds(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["properties"]["kind"]["const"] == kind
    assert load_schema("openslo/v1.json") not in schemas().values()
