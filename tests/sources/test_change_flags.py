"""Flags in a Change file: what is read of them, and what is wrong with them, told with its place."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path

import pytest

from tidegate.core.change import Change, FlagRemoval, Implementation
from tidegate.core.errors import Location, Refused
from tidegate.core.ids import FlagKey, ServiceName, Version
from tidegate.core.strategy import Boundaries, Gate, Level, Ratio, Stage
from tidegate.sources.backstage import read_catalog
from tidegate.sources.change import read_change, read_change_and_catalog

CATALOG = "---\n".join(
    [
        "kind: Group\nmetadata: {name: team}\n",
        *(
            f"kind: Component\nmetadata: {{name: {name}, annotations: {{tidegate.dev/version: '1.0.0', tidegate.dev/traffic: {traffic}/s{flags}}}}}\n"
            "spec: {owner: team}\n"
            for name, traffic, flags in [("refunds", 100, ""), ("web", 10, ", tidegate.dev/flags: 'old-search'")]
        ),
    ]
)  # fmt: skip

FLAGS = """\
flags:
  instant-refund:
    state: ENABLED
    variants: {"on": true, "off": false}
    defaultVariant: "off"
    metadata: {requires: base}
  base:
    state: ENABLED
    variants: {"on": true, "off": false}
    defaultVariant: "on"
  sizes:
    state: ENABLED
    variants: {small: 1, medium: 2, large: 3}
    defaultVariant: small
  asleep:
    state: DISABLED
    variants: {"on": true, "off": false}
    defaultVariant: "off"
  old-search:
    state: ENABLED
    variants: {"on": true, "off": false}
    defaultVariant: "on"
"""

HEAD = """\
apiVersion: tidegate.dev/v1alpha1
kind: Change
metadata: {name: c}
spec:
  catalog: catalog
  flagDefinitions: [flags.yaml]
  strategy: {canary: {stages: [{exposure: 5%, bake: 30s, wait: 1h}]}}
"""
RULE = '{ends_with: [{var: email}, "@shop.example"]}'


def change_of(*flags: str, more: str = "") -> str:
    """A change whose flags stand from line 9 on; `more` comes last."""
    listed = "".join(f"    - {flag}\n" for flag in flags)
    return f"{HEAD}  flags:\n{listed}{more}"


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog").mkdir()
    Path("catalog/catalog-info.yaml").write_text(CATALOG)
    Path("flags.yaml").write_text(FLAGS)


def read(text: str) -> Change:
    Path("c.yaml").write_text(text)
    return read_change_and_catalog(Path("c.yaml"))[0]


def problems(text: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        read(text)
    return list(map(str, refused.value.problems))


EVERYTHING = f"""\
{HEAD}\
  alpha: 0.04
  boundaries: {{successRate: 99.5%}}
  levels: [{{name: memory}}]
  conformance: {{sample: 5%}}
  gates: [{{name: stricter, levels: [{{name: memory}}], boundaries: {{worseTimes: 1.2}}}}]
  releases:
    - service: refunds
      version: 2.1.0
      artifact: a
      digest: sha256:{"0" * 64}
      evaluates: [instant-refund]
  flags:
    - flag: instant-refund
      services: {{refunds: 2.1.0}}
      requires: [sizes, base]
      audiences:
        - {{name: staff, rule: {RULE}}}
        - {{name: friends, rule: {{var: friend}}, strategy: {{blueGreen: {{bake: 1m}}}}}}
      strategy: {{canary: {{stages: [{{exposure: 5%, bake: 30s, wait: 1h}}, {{exposure: 100%, bake: 1m}}]}}}}
      ratios: [{{name: paid}}]
      gates: []
    - {{flag: sizes, on: large}}
    - {{flag: far, system: unleash, "on": treatment, "off": control, requires: [elsewhere]}}
    - {{flag: far, system: unleash, remove: true}}
"""


def test_a_change_with_flags_of_every_kind() -> None:
    change = read(EVERYTHING)
    refund, sizes, far = change.exposures
    assert (refund.flag, refund.off, refund.on, refund.system) == ("instant-refund", "off", "on", "")
    assert refund.implemented_by == (
        Implementation(service=ServiceName("refunds"), version=Version("2.1.0")),
    )
    assert refund.requires == ("sizes", "base")
    assert refund.location == Location(file="c.yaml", line=20)
    assert [(audience.name, audience.rule) for audience in refund.audiences] == [
        ("staff", '{"ends_with": [{"var": "email"}, "@shop.example"]}'),
        ("friends", '{"var": "friend"}'),
    ]
    limits = Boundaries(success_rate=0.995)
    alpha = 0.04 / 6  # a release, four exposures to everyone or an audience of two flags, and one of a third
    gate = Gate(boundaries=limits, ratios=(Ratio(name="paid"),), alpha=alpha)
    assert refund.strategy.stages == (
        Stage(exposure=0.05, bake=30.0, wait=3600.0, gates=(gate,)),
        Stage(exposure=1.0, bake=60.0, wait=660.0, gates=(gate,)),
    )
    staff, friends = (audience.strategy for audience in refund.audiences)
    assert staff.stages == (Stage(wait=600.0, gates=(gate,)),)
    assert friends.stages == (Stage(bake=60.0, wait=660.0, gates=(gate,)),)
    assert (sizes.off, sizes.on, len(sizes.strategy.stages)) == ("small", "large", 2)
    assert (far.off, far.on, far.system, far.requires) == ("control", "treatment", "unleash", ("elsewhere",))
    assert change.removals == (
        FlagRemoval(flag=FlagKey("far"), system="unleash", location=Location(file="c.yaml", line=31)),
    )
    assert change.releases[0].evaluates == ("instant-refund",)


def test_what_only_versions_of_services_are_judged_by_is_not_asked_of_a_flag() -> None:
    change = read(EVERYTHING)
    own, stricter = change.exposures[1].strategy.stages[0].gates
    assert (own.levels, own.conformance, stricter.levels) == ((), None, ())
    assert change.releases[0].strategy.stages[0].gates[0].levels == (Level(name="memory"),)


def test_a_flag_that_another_system_serves_is_on_or_off_where_nothing_else_is_said() -> None:
    (far,) = read(change_of("{flag: far, system: unleash}")).exposures
    assert (far.off, far.on) == ("off", "on")


def test_the_flags_are_part_of_the_catalog_that_the_change_was_read_with() -> None:
    Path("c.yaml").write_text(change_of("{flag: sizes, on: large}"))
    change, catalog = read_change_and_catalog(Path("c.yaml"))
    assert list(catalog.flags.flags) == ["instant-refund", "base", "sizes", "asleep", "old-search"]
    assert read_change(Path("c.yaml"), read_catalog(Path("catalog"))) == change


def test_without_a_list_a_release_evaluates_what_the_live_version_does() -> None:
    release = f"  releases: [{{service: web, version: 2.0.0, artifact: a, digest: 'sha256:{'0' * 64}'"
    same, none = read(f"{HEAD}{release}}}]\n"), read(f"{HEAD}{release}, evaluates: []}}]\n")
    assert (same.releases[0].evaluates, none.releases[0].evaluates) == (("old-search",), ())


PROBLEMS: list[tuple[str, list[str]]] = [
    (HEAD, ["c.yaml:5: spec has neither releases nor flags nor migrations (list at least one of either)"]),
    (change_of("{flag: instant-refnd}"), ["c.yaml:9: unknown flag 'instant-refnd' in flags (did you mean 'instant-refund'?)"]),
    (change_of("{flag: zzz, remove: true}"), ["c.yaml:9: unknown flag 'zzz' in flags (no file of spec.flagDefinitions defines it)"]),
    (change_of("{flag: base, on: of, off: zz}"), [
        "c.yaml:9: unknown variant 'of' of flag 'base' (did you mean 'off'?)",
        "c.yaml:9: unknown variant 'zz' of flag 'base' (known: on, off)",
    ]),
    (change_of("{flag: base, on: off}"), ["c.yaml:9: flag 'base' is 'off' both on and off (name two of its variants)"]),
    (change_of("{flag: sizes}"), ["c.yaml:9: which variant of flag 'sizes' is on is not clear (write on: and the name of a variant)"]),
    (change_of("{flag: asleep}"), ["c.yaml:9: flag 'asleep' is disabled by its definition (enable it there)"]),
    (change_of("{flag: base, requires: [bse]}"), ["c.yaml:9: unknown flag 'bse' in requires of flag 'base' (did you mean 'base'?)"]),
    (change_of("{flag: base, services: {refund: 1.0.0}}"), ["c.yaml:9: unknown service 'refund' in services of flag 'base' (did you mean 'refunds'?)"]),
    (change_of("{flag: base, services: {zz: 1.0.0}}"), ["c.yaml:9: unknown service 'zz' in services of flag 'base' (the catalog has no Component of that name)"]),
    (change_of("{flag: base}", "{flag: base, audiences: [{name: a, rule: {var: a}}, {name: a, rule: {var: b}}]}", "{flag: old-search, remove: true}", "{flag: old-search, remove: true}"), [
        "c.yaml:10: a second audience 'a' (first at c.yaml:10)",
        "c.yaml:10: a second exposure of flag 'base' (first at c.yaml:9)",
        "c.yaml:12: a second removal of flag 'old-search' (first at c.yaml:11)",
    ]),
    (change_of("{flag: old-search, remove: true, on: 'on', strategy: {blueGreen: {bake: 1m}}}"), [
        "c.yaml:9: flag 'old-search' is removed, and on, strategy says more of it (expose and remove it by two entries)",
    ]),
    (change_of("{flag: base, gates: [{name: mine, levels: [{name: memory}], conformance: {sample: 5%}}]}"), [
        "c.yaml:9: conformance in gate 'mine' of a flag, which has no contracts (judge them at the release that implements it)",
        "c.yaml:9: levels in gate 'mine' of a flag, which has no instances (judge them at the release that implements it)",
    ]),
    (change_of("{flag: base}").replace("  flagDefinitions: [flags.yaml]\n", ""), [
        "c.yaml:8: nothing says what flag 'base' is (add spec.flagDefinitions: the files that define it)",
    ]),
    (change_of("{flag: bse}").replace("flags.yaml", "flag.yaml"), [
        "c.yaml:6: no flags at 'flag.yaml' (write the file's path relative to this file)",
    ]),
    (change_of("{flag: base, audiences: [{name: a, rule: {}}]}"), [
        "c.yaml:9: spec.flags[0].audiences[0].rule is empty (Who is in it: a rule in JSONLogic, with flagd's operators)",
    ]),
    (change_of("{flag: base, audiences: [{name: a, rule: {end_with: [{var: email}, x]}}, {name: b, rule: {sem_ver: [{var: v}, '=>', 1.0.0]}}]}"), [
        "c.yaml:9: rule of audience 'a': unknown operator 'end_with' (did you mean 'ends_with'?)",
        "c.yaml:9: rule of audience 'b': unknown comparison '=>' of versions (known: =, !=, <, <=, >, >=, ^, ~)",
    ]),
    (change_of("{flag: a/b}"), [
        "c.yaml:9: spec.flags[0].flag is 'a/b', which is not the key of a flag such as instant-refund",
        "c.yaml:9: unknown flag 'a/b' in flags (no file of spec.flagDefinitions defines it)",
    ]),
    (change_of("{flag: base}").replace("strategy:", "summary: x #"), [
        "c.yaml:9: flag 'base' has no strategy (add strategy to spec, for all flags, or to this one)",
    ]),
    (change_of("{flag: base, guards: [{service: wb, successRate: 9%}], audiences: [{name: a, rule: {var: a}, strategy: {blueGreen: {bake: 5m, wait: 4m}}}]}"), [
        "c.yaml:9: unknown service 'wb' in guards (did you mean 'web'?)",
        "c.yaml:9: wait '4m' is shorter than bake '5m' (wait includes the bake: make it longer)",
    ]),
    (change_of("{flag: base}", more=f"  releases: [{{service: web, version: 2.0.0, artifact: a, digest: 'sha256:{'0' * 64}', evaluates: [bas]}}]\n"), [
        "c.yaml:10: unknown flag 'bas' in evaluates of 'web' (did you mean 'base'?)",
    ]),
    (change_of("{flag: instant-refund, services: {refunds: 2.1.0}, requires: [sizes]}"), [
        "c.yaml:9: flag instant-refund needs refunds 2.1.0: 1.0.0 is live, and none is released (release refunds 2.1.0 in this change, or before it)",
        "c.yaml:9: flag instant-refund requires flag sizes, which is not on for everyone (expose sizes in this change, or before it)",
    ]),
    (change_of("{flag: old-search, remove: true}"), [
        "c.yaml:9: flag old-search is removed, and web 1.0.0 evaluates it (release a version of web that does not)",
    ]),
    (change_of("{flag: old-search, off: 'on', on: 'off', audiences: [{name: a, rule: {var: a}, strategy: {blueGreen: {bake: 1s, wait: 2s}}}]}").replace("wait: 1h", "wait: 1m"), [
        "c.yaml:7: the gate of flag old-search cannot come to an answer at 5%: by the end of its wait about 30 requests reach its variant off, and to show that at least 99 % of its answers are good takes 299 at least (more exposure, a longer wait, a wider boundary, or action: observe)",
        "c.yaml:9: the gate of flag old-search for a cannot come to an answer at 100%: by the end of its wait about 20 requests reach its variant off, and to show that at least 99 % of its answers are good takes 299 at least (more exposure, a longer wait, a wider boundary, or action: observe)",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_each_problem_is_told_with_its_place(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_flags_are_not_called_unknown_because_their_file_is_broken() -> None:
    Path("flags.yaml").write_text("flags: [")
    (problem,) = problems(change_of("{flag: bse}"))
    assert problem.startswith("flags.yaml:1: ")
