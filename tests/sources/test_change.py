"""A Change file becomes a change; what is wrong in it and in its catalog is told all at once."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path

import pytest

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.change import Commands, Lane, OnFailure, Task
from tidegate.core.errors import Location, Refused
from tidegate.core.ids import InterfaceName, ServiceName
from tidegate.core.plan.blame import Infeasible
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.schedule.calendar import Calendar
from tidegate.core.schedule.policy import AtMost, SchedulePolicy
from tidegate.core.strategy import Boundaries, Gate, Guard, OnInsufficient, Stage, StrategyKind
from tidegate.sources.backstage import read_catalog
from tidegate.sources.change import catalog_folder, read_change, read_change_and_catalog

EXAMPLES = Path(__file__).parents[2] / "examples" / "shop" / "changes"
ZEROS = "sha256:" + "0" * 64

CATALOG = "---\n".join(
    [
        "kind: Group\nmetadata: {name: team}\n",
        *(
            f"kind: Component\nmetadata: {{name: {name}, annotations: {{tidegate.dev/version: '1.0.0'}}}}\n"
            f"spec: {{owner: team, providesApis: [{name}-api], consumesApis: [{needs}]}}\n"
            for name, needs in [("web", "payments-api, stock-api"), ("payments", "ledger-api"), ("ledger", ""), ("stock", "")]
        ),
        "kind: Component\nmetadata: {name: batch}\nspec: {owner: team, dependsOn: ['component:ledger']}\n",
        *(
            f"kind: API\nmetadata: {{name: {name}-api, annotations: {{tidegate.dev/version: '1.0.0'}}}}\nspec: {{owner: team}}\n"
            for name in ("web", "payments", "ledger", "stock")
        ),
    ]
)  # fmt: skip

HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: Change\nmetadata: {name: c}\n"
CANARY = "strategy: {canary: {stages: [{exposure: 10%, bake: 30s}]}}"


def release(service: str, more: str = "", version: str = "2.0.0") -> str:
    extra = f", {more}" if more else ""
    return f"{{service: {service}, version: {version}, artifact: a, digest: '{ZEROS}'{extra}}}"


def change_of(*releases: str, more: str = "", strategy: str = CANARY) -> str:
    """A change whose catalog stands on line 5, strategy on 6, and releases from line 8; `more` comes last."""
    listed = "".join(f"    - {each}\n" for each in releases or [release("payments")])
    return f"{HEAD}spec:\n  catalog: catalog\n  {strategy}\n  releases:\n{listed}{more}"


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog").mkdir()
    Path("catalog/catalog-info.yaml").write_text(CATALOG)


def problems(text: str) -> list[str]:
    Path("c.yaml").write_text(text)
    with pytest.raises(Refused) as refused:
        read_change_and_catalog(Path("c.yaml"))
    return list(map(str, refused.value.problems))


def test_a_change_with_everything_in_it() -> None:
    text = (
        "apiVersion: tidegate.dev/v1alpha1\n"
        "kind: Change\n"
        "metadata:\n"
        "  name: everything\n"
        "  labels: {quarter: q1}\n"
        "  annotations: {example.org/ticket: T-1}\n"
        "spec:\n"
        "  summary: All of it\n"
        "  catalog: ./catalog\n"
        "  onFailure: affected\n"
        "  alpha: 0.02\n"
        "  strategy:\n"
        "    canary:\n"
        "      stages:\n"
        "        - {exposure: 5%, bake: 30s, wait: 5m}\n"
        "        - {exposure: 25%, bake: 1m, onInsufficient: rollback}\n"
        "  boundaries: {successRate: 99.5%, latency: {threshold: 300ms}, worseTimes: 2}\n"
        "  guards: [{service: web, successRate: 98%}]\n"
        "  releases:\n"
        "    - service: payments\n"
        "      version: 2.0.0\n"
        "      artifact: versions/payments.yaml\n"
        f"      digest: {ZEROS}\n"
        '      provides: {payments-api: ["1.0.0", "2.0.0"], stock-api: 3.0.0}\n'
        "      consumes: {ledger-api: '>= 2', stock-api: '*'}\n"
        "    - service: web\n"
        "      version: 2.0.0\n"
        "      artifact: versions/web.yaml\n"
        f"      digest: {ZEROS}\n"
        "      provides: {web-api: none}\n"
        "      consumes: {stock-api: none}\n"
        "      strategy: {blueGreen: {bake: 1h30m, onInsufficient: rollback}}\n"
        "      boundaries: {successRate: 97%, worseBy: 1%, latency: {threshold: 0.5s, within: 95%}}\n"
        "      guards: []\n"
        "  tasks:\n"
        "    - name: warm\n"
        "      before: [web]\n"
        "      after: [payments]\n"
        "      apply: [sh, -c, ':']\n"
        "      revert: [undo]\n"
        "      validate: [look]\n"
        "      verify: [check]\n"
        "      timeout: 90s\n"
        "    - {name: last, apply: [go], after: [warm]}\n"
        "  lanes:\n"
        "    - {consumer: web, provider: payments}\n"
        "  schedule:\n"
        "    timeZone: Europe/Berlin\n"
        "    atMost: {perOwner: 2}\n"
    )
    Path("c.yaml").write_text(text)
    change, catalog = read_change_and_catalog(Path("c.yaml"))
    assert catalog == read_catalog(Path("catalog"))
    assert (change.name, change.summary, change.on_failure) == ("everything", "All of it", OnFailure.AFFECTED)
    payments, web = change.releases
    assert payments.location == Location(file="c.yaml", line=20)
    assert (payments.version, payments.artifact, payments.digest) == (
        "2.0.0",
        "versions/payments.yaml",
        ZEROS,
    )
    assert payments.provides == (
        Provision(interface=InterfaceName("payments-api"), versions=("1.0.0", "2.0.0")),
        Provision(interface=InterfaceName("stock-api"), versions=("3.0.0",)),
    )
    assert payments.consumes == (
        Requirement(interface=InterfaceName("ledger-api"), range=">=2"),
        Requirement(interface=InterfaceName("stock-api"), range="*"),
    )
    gate = Gate(
        boundaries=Boundaries(success_rate=0.995, latency_ms=300.0, worse_times=2.0),
        guards=(Guard(service="web", success_rate=0.98),),
        alpha=0.01,
    )
    impatient = OnInsufficient.ROLLBACK
    assert payments.strategy.kind is StrategyKind.CANARY
    assert payments.strategy.stages == (
        Stage(exposure=0.05, bake=30.0, wait=300.0, gates=(gate,)),
        Stage(exposure=0.25, bake=60.0, wait=660.0, gates=(gate,), on_insufficient=impatient),
        Stage(exposure=1.0, bake=60.0, wait=660.0, gates=(gate,), on_insufficient=impatient),
    )
    assert payments.latency_ms == 300.0
    assert web.provides == ()
    assert web.consumes == (
        Requirement(interface=InterfaceName("payments-api"), range="^1.0.0", declared=False),
    )
    assert web.strategy.kind is StrategyKind.BLUE_GREEN
    limits = Boundaries(
        success_rate=0.97, latency_ms=500.0, latency_share=0.95, worse_by=0.01, worse_times=2.0
    )
    strict = Gate(boundaries=limits, guards=(), alpha=0.01)
    assert web.strategy.stages == (
        Stage(exposure=1.0, bake=5400.0, wait=6000.0, gates=(strict,), on_insufficient=impatient),
    )
    assert change.tasks == (
        Task(
            name="warm",
            commands=Commands(
                apply=("sh", "-c", ":"), revert=("undo",), validate=("look",), verify=("check",), timeout=90.0
            ),
            before=("web",),
            after=("payments",),
            location=Location(file="c.yaml", line=36),
        ),
        Task(
            name="last",
            commands=Commands(apply=("go",)),
            after=("warm",),
            location=Location(file="c.yaml", line=44),
        ),
    )
    assert change.schedule == SchedulePolicy(
        calendar=Calendar(time_zone="Europe/Berlin"), at_most=AtMost(per_owner=2)
    )
    assert change.lanes == (
        Lane(
            consumer=ServiceName("web"),
            provider=ServiceName("payments"),
            location=Location(file="c.yaml", line=46),
        ),
    )


def test_what_a_file_leaves_out() -> None:
    Path("c.yaml").write_text(change_of())
    change = read_change(Path("c.yaml"), read_catalog(Path("catalog")))
    (only,) = change.releases
    assert change.on_failure is OnFailure.AFFECTED
    assert only.provides == (Provision(interface=InterfaceName("payments-api"), versions=("1.0.0",)),)
    assert only.consumes == (
        Requirement(interface=InterfaceName("ledger-api"), range="^1.0.0", declared=False),
    )
    assert only.strategy.stages == (
        Stage(exposure=0.1, bake=30.0, wait=630.0, gates=(Gate(),)),
        Stage(exposure=1.0, bake=30.0, wait=630.0, gates=(Gate(),)),
    )
    assert only.latency_ms is None
    assert change.schedule == SchedulePolicy()


def test_the_catalog_is_found_from_the_file_and_named_without_detours(tmp_path: Path) -> None:
    Path("deep").mkdir()
    Path("deep/c.yaml").write_text(change_of().replace("catalog: catalog", "catalog: ../catalog"))
    assert catalog_folder(Path("deep/c.yaml")) == Path("catalog")
    assert catalog_folder(Path("no.yaml")) is None
    Path("elsewhere").mkdir()
    Path("elsewhere/deep").mkdir()
    Path("link").symlink_to(tmp_path / "elsewhere/deep")
    Path("link/c.yaml").write_text(change_of().replace("catalog: catalog", "catalog: ../catalog"))
    assert catalog_folder(Path("link/c.yaml")) == Path("link/../catalog"), "a detour that leads elsewhere"


def test_the_catalog_can_be_given(tmp_path: Path) -> None:
    Path("c.yaml").write_text(change_of().replace("catalog: catalog", "catalog: nowhere"))
    change, _ = read_change_and_catalog(Path("c.yaml"), tmp_path / "catalog")
    assert change.name == "c"
    assert problems(change_of().replace("catalog: catalog", "catalog: nowhere")) == [
        "c.yaml:5: no catalog at 'nowhere' (write it relative to this file, or give --catalog)"
    ]


TWO = (release("payments"), release("web"))
PROBLEMS: list[tuple[str, list[str]]] = [
    (change_of(release("paymets")), ["c.yaml:8: unknown service 'paymets' in releases (did you mean 'payments'?)"]),
    (change_of(release("zzz")), ["c.yaml:8: unknown service 'zzz' in releases (the catalog has no Component of that name)"]),
    (change_of(release("payments", version="1.0.0")), ["c.yaml:8: payments 1.0.0 is live already (the catalog says so at catalog/catalog-info.yaml:9)"]),
    (change_of(release("batch")), ["c.yaml:8: 'batch' has no live version in the catalog (add the annotation tidegate.dev/version at catalog/catalog-info.yaml:21)"]),
    (change_of(release("web"), release("web")), ["c.yaml:9: a second release of 'web' (first at c.yaml:8) (names of releases and tasks differ, so that tasks can refer to them)"]),
    (change_of(*TWO, more="  tasks:\n    - {name: web, apply: [x]}\n    - {name: t, apply: [x], before: [wbe], after: [t]}\n"), [
        "c.yaml:11: a second task 'web' (first at c.yaml:9) (names of releases and tasks differ, so that tasks can refer to them)",
        "c.yaml:12: task 't' stands after itself",
        "c.yaml:12: unknown release or task 'wbe' in before of task 't' (did you mean 'web'?)",
    ]),
    (change_of(more="  tasks:\n    - {name: t, apply: [x], timeout: 0s, after: [zz]}\n"), [
        "c.yaml:10: '0s' is no time at all (write a longer duration, such as 30s)",
        "c.yaml:10: unknown release or task 'zz' in after of task 't' (known here: payments, t)",
    ]),
    (change_of(strategy="boundaries: {latency: {threshold: 0ms}}"), [
        "c.yaml:6: '0ms' is no time at all (write a longer duration, such as 30s)",
        "c.yaml:8: release of 'payments' has no strategy (add strategy to spec, for all releases, or to this one)",
    ]),
    (change_of(strategy="strategy: {canary: {stages: [{exposure: 0%, bake: 5m, wait: 4m}, {exposure: 50%, bake: 1s}, {exposure: 20%, bake: 1s}]}}"), [
        "c.yaml:6: an exposure of 0% shows nothing (begin with more, such as 1%)",
        "c.yaml:6: exposure '20%' is not above '50%' of the stage before (exposures rise from stage to stage)",
        "c.yaml:6: wait '4m' is shorter than bake '5m' (wait includes the bake: make it longer)",
    ]),
    (change_of(strategy="strategy: {blueGreen: {bake: 5m, wait: 4m}}"), ["c.yaml:6: wait '4m' is shorter than bake '5m' (wait includes the bake: make it longer)"]),
    (change_of(strategy="strategy: {canary: {stages: [{exposure: 0.1, bake: 5}]}}"), [
        "c.yaml:6: spec.strategy.canary.stages[0].bake must be text, not '5' (write a duration such as 300ms, 30s, 5m or 1h30m)",
        "c.yaml:6: spec.strategy.canary.stages[0].exposure must be text, not '0.1' (write a share written as a percentage, such as 5% or 99.5%)",
    ]),
    (change_of(strategy="strategy: {canary: {stages: []}, blueGreen: {bake: 1m}}"), [
        "c.yaml:6: spec.strategy must have exactly one of canary, blueGreen, not canary, blueGreen",
        "c.yaml:6: spec.strategy.canary.stages is empty (Stages of rising exposure. If the last is not 100%, a stage of 100% with its bake, wait and onInsufficient follows)",
    ]),
    (change_of(release("payments", "provides: {payments-api: '2.0', ledgr-api: [none, 1.0.0]}, consumes: {ledger-api: latest, zzz: ^1}")), [
        "c.yaml:8: '2.0' is not a semantic version of 'payments-api' (write one such as 1.4.0, a list of them, or none)",
        "c.yaml:8: 'latest' is not a range of versions of 'ledger-api' (write one such as ^1.4, or none)",
        "c.yaml:8: 'none' is not a semantic version of 'ledgr-api' (write one such as 1.4.0, a list of them, or none)",
        "c.yaml:8: unknown interface 'ledgr-api' in provides of 'payments' (did you mean 'ledger-api'?)",
        "c.yaml:8: unknown interface 'zzz' in consumes of 'payments' (the catalog has no API of that name)",
    ]),
    (change_of(release("payments", "guards: [{service: wep, successRate: 9%}]"), more="  guards: [{service: zz, successRate: 9%}]\n"), [
        "c.yaml:8: unknown service 'wep' in guards (did you mean 'web'?)",
        "c.yaml:9: unknown service 'zz' in guards (the catalog has no Component of that name)",
    ]),
    (change_of(*TWO, release("stock"), more="  lanes:\n    - {consumer: web, provider: ledger}\n    - {consumer: payments, provider: stock}\n    - {consumer: paymts, provider: web}\n"), [
        "c.yaml:12: a lane names 'ledger', which this change does not release (a lane keeps a new version with a new one)",
        "c.yaml:13: a lane from 'payments' to 'stock', which it does not call (drop the lane, or declare in consumes what it needs)",
        "c.yaml:14: a lane names 'paymts', which this change does not release (did you mean 'payments'?)",
    ]),
    (change_of(release("zz"), release("web"), more="  lanes: [{consumer: web, provider: zz}]\n"), ["c.yaml:8: unknown service 'zz' in releases (the catalog has no Component of that name)"]),
    (change_of(release("payments", "colour: red", version="1.10")), [
        "c.yaml:8: spec.releases[0].version must be text, not '1.10' (put it in quotes: \"1.10\")",
        "c.yaml:8: unknown field 'colour' in spec.releases[0] (known here: service, version, artifact, digest, provides, consumes, evaluates, strategy, boundaries, guards, ratios, levels, slos, conformance, action, gates)",
    ]),
    (change_of(release("payments").replace(ZEROS, "sha256:abc")), ["c.yaml:8: spec.releases[0].digest is 'sha256:abc', which is not sha256: and 64 hexadecimal digits"]),
    (change_of().replace("  catalog: catalog\n", "").replace("payments", "zzz"), ["c.yaml:4: spec lacks 'catalog' (The folder of catalog-info.yaml files, relative to this file)"]),
    (change_of(more="  schedule: {timeZone: Mars}\n"), ["c.yaml:9: unknown time zone 'Mars' (write an IANA name such as Europe/Berlin)"]),
    ("a: [", ["c.yaml:1: not YAML: while parsing a flow node, did not find expected node content"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_each_problem_is_told_with_its_place(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_the_problems_of_all_files_come_at_once() -> None:
    Path("catalog/catalog-info.yaml").write_text(CATALOG.replace("owner: team, dependsOn", "dependsOn"))
    assert problems(change_of(release("paymets"), strategy="strategi: {}")) == [
        "c.yaml:6: unknown field 'strategi' in spec (did you mean 'strategy'?)",
        "c.yaml:8: release of 'paymets' has no strategy (add strategy to spec, for all releases, or to this one)",
        "c.yaml:8: unknown service 'paymets' in releases (did you mean 'payments'?)",
        "catalog/catalog-info.yaml:21: Component 'batch' has no owner (add spec.owner: the Group that answers for it)",
    ]


def test_names_are_not_called_unknown_because_their_file_is_broken() -> None:
    Path("catalog/catalog-info.yaml").write_text("a: [")
    assert problems(change_of(release("paymets"), release("paymets"))) == [
        (
            "c.yaml:9: a second release of 'paymets' (first at c.yaml:8)"
            " (names of releases and tasks differ, so that tasks can refer to them)"
        ),
        "catalog/catalog-info.yaml:1: not YAML: while parsing a flow node, did not find expected node content",
    ]


def test_against_a_catalog_at_hand_problems_are_refused_too() -> None:
    Path("c.yaml").write_text(change_of(release("paymets")))
    with pytest.raises(Refused, match="unknown service 'paymets'"):
        read_change(Path("c.yaml"), read_catalog(Path("catalog")))


def test_the_examples_plan_as_they_say() -> None:
    def planned(name: str) -> Plan | Infeasible:
        change, catalog = read_change_and_catalog(EXAMPLES / f"{name}.yaml")
        return make_plan(catalog, change)

    for name in ("minor-units", "minor-units-faulty"):
        plan = planned(name)
        assert isinstance(plan, Plan)
        exposed = [step for wave in plan.waves for step in wave if step.startswith("expose/")]
        assert exposed == ["expose/ledger", "expose/payments", "expose/checkout", "expose/web"]
    assert isinstance(planned("search-blue-green"), Plan)
    assert isinstance(planned("stock-lane"), Plan)
    deadlock = planned("deadlock")
    assert isinstance(deadlock, Infeasible)
    assert len(deadlock.blames) > 1


def test_the_faulty_example_differs_by_one_artifact_and_its_name() -> None:
    healthy, _ = read_change_and_catalog(EXAMPLES / "minor-units.yaml")
    faulty, _ = read_change_and_catalog(EXAMPLES / "minor-units-faulty.yaml")
    different = [
        pair
        for pair in zip(healthy.releases, faulty.releases, strict=True)
        if pair[0].artifact != pair[1].artifact
    ]
    assert [(one.service, other.artifact) for one, other in different] == [
        ("payments", "versions/payments-2.0.0-faulty.yaml")
    ]
