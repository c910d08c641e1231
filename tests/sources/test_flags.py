"""Flags from files: what is read, and every problem with file and line."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path

import pytest

from tidegate.core.errors import Location, Refused
from tidegate.core.flags.definitions import Flag, FlagSet, Json
from tidegate.core.ids import FlagKey
from tidegate.sources.flags import read, read_flags

SALE = """\
$schema: https://flagd.dev/schema/v0/flags.json
flags:
  sale:
    state: ENABLED
    variants: {on: true, off: false}
    defaultVariant: off
    targeting:
      if:
        - $ref: vip
        - on
        - null
    metadata: {owner: group:shop}
$evaluators:
  vip: {or: [{$ref: staff}, {var: vip}]}
  staff: {ends_with: [{var: email}, "@example.com"]}
metadata: {version: 3}
"""
STAFF: Json = {"ends_with": [{"var": "email"}, "@example.com"]}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(**files: str) -> list[Path]:
    """Files of these contents, by names without their extension."""
    paths = [Path(f"{name}.yaml") for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_text(content, encoding="utf-8")
    return paths


def problems(**files: str) -> list[str]:
    return [str(problem) for problem in read(written(**files)).problems]


def test_a_file_with_rules_that_flags_share() -> None:
    flag = Flag(
        key=FlagKey("sale"),
        variants={"on": True, "off": False},
        default="off",
        targeting={"if": [{"or": [STAFF, {"var": "vip"}]}, "on", None]},
        metadata={"owner": "group:shop"},
    )
    found = read_flags(written(a=SALE))
    assert found == FlagSet(flags={flag.key: flag}, metadata={"version": 3})
    assert found.flags[flag.key].location == Location(file="a.yaml", line=3)


def flags(*lines: str) -> str:
    """A file of one flag `sale`, these lines added to it from line 5 on."""
    body = "".join(f"    {line}\n" for line in lines)
    return "flags:\n  sale:\n    state: ENABLED\n    variants: {on: true, off: false}\n" + body


def test_several_files_are_one_set_in_which_each_flag_keeps_what_its_file_says() -> None:
    other = flags("metadata: {team: b}").replace("sale", "rate") + "metadata: {team: a, version: 4}\n"
    found = read_flags(written(a=SALE, b=other))
    assert {key: flag.metadata for key, flag in found.flags.items()} == {
        "sale": {"version": 3, "owner": "group:shop"},
        "rate": {"version": 4, "team": "b"},
    }
    assert found.metadata == {}


def test_json_is_read_and_a_state_of_being_disabled() -> None:
    path = Path("flags.json")
    path.write_text('{"flags": {"a": {"state": "DISABLED", "variants": {"v": 1.0}}}}', encoding="utf-8")
    (flag,) = read_flags([path]).flags.values()
    assert flag == Flag(key=FlagKey("a"), variants={"v": 1.0}, enabled=False)


def test_no_files_are_an_empty_set() -> None:
    assert read_flags([]) == FlagSet()


def test_a_flag_in_two_files_is_told_with_both_places() -> None:
    assert problems(a=SALE, b=flags()) == [
        "b.yaml:2: the flag 'sale' is defined twice (first at a.yaml:3) (remove or rename one of them)"
    ]


CIRCLE = 'targeting: {if: [{$ref: a}, "on"]}\n$evaluators:\n  a: {"!": {$ref: b}}\n  b: {"!": [{$ref: a}]}'

PROBLEMS: list[tuple[str, list[str]]] = [
    ("", ["a.yaml:1: nothing in this file (write flags: {})"]),
    ("flags: [", ["a.yaml:1: not YAML: while parsing a flow node, did not find expected node content"]),
    ("flags: {}\n---\nflags: {}\n", ["a.yaml:3: flags are one document a file (move this one to a file of its own)"]),
    ("flogs: {}\n", ["a.yaml:1: the file lacks 'flags' (The flags by their keys)", "a.yaml:1: unknown field 'flogs' in the file (did you mean 'flags'?)"]),
    (flags("defaultVariant: onn"), ["a.yaml:5: sale: no variant 'onn' (variants: on, off)"]),
    (flags("defaultVariant: true"), ["a.yaml:5: flags.sale.defaultVariant must be text or nothing, not 'true' (put it in quotes: \"true\")"]),
    (flags("defaultVariants: on"), ["a.yaml:5: unknown field 'defaultVariants' in flags.sale (did you mean 'defaultVariant'?)"]),
    (flags("targeting: {if: [{$ref: vip}, on]}"), ["a.yaml:5: sale: no evaluator 'vip' (define it under $evaluators)"]),
    (flags("targeting:", "  if:", "    - starts: [a, b]", "    - on"), ["a.yaml:7: sale: unknown operator 'starts' (did you mean 'starts_with'?)"]),
    (flags("targeting: {fractional: [[on, 0], [off, 0]]}"), ["a.yaml:5: sale: the weights add up to 0, not to 1 to 2147483647"]),
    (flags("metadata: {since: 2026-13-01}"), ["a.yaml:5: sale: since is '2026-13-01', which is not a date (such as 2027-01-31)"]),
    (flags("metadata: {requires: base}"), ["a.yaml:5: sale: requires the unknown flag 'base' (define it too)"]),
    (flags("metadata: {requires: sale}"), ["a.yaml:5: sale: flags require each other: sale → sale (let one of them go)"]),
    (flags("metadata: {tags: [a]}"), ["a.yaml:5: flags.sale.metadata.tags must be text or a number or true or false, not a list (a text, a number, true or false)"]),
    (flags() + "metadata: {expires: soon}\n", ["a.yaml:5: expires is 'soon', which is not a date (such as 2027-01-31)"]),
    (flags(*CIRCLE.split("\n")[:1]) + CIRCLE.split("\n", 1)[1] + "\n", ["a.yaml:8: evaluators refer to each other: a → b → a (write one of them out)"]),
    ("flags: {a: {state: ON, variants: {v: 1}}, b: {state: ENABLED, variants: {v: 1}, defaultVariant: w}}\n", [
        "a.yaml:1: 'ON' is not allowed for flags.a.state (allowed: ENABLED, DISABLED)",
        "a.yaml:1: b: no variant 'w' (variants: v)",
    ]),
    ("flags: {a: {state: ENABLED, variants: {}, defaultVariant: v}}\n", ["a.yaml:1: flags.a.variants is empty (Its values by name, all of one type)"]),
    ("flags: {a: {state: ENABLED, variants: {v: null}}}\n", ["a.yaml:1: flags.a.variants.v must be true or false or text or a number or a mapping, not 'null' (put it in quotes: \"null\")"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "found"), PROBLEMS, ids=range(len(PROBLEMS)))
def test_everything_wrong_is_told_with_file_and_line(content: str, found: list[str]) -> None:
    assert problems(a=content) == found


def test_what_is_wrong_with_an_evaluator_is_told_where_it_stands() -> None:
    content = (
        flags("targeting: {if: [{$ref: vip}, on]}")
        + "$evaluators:\n  vip:\n    sem_ver: [{var: v}, '=', x]\n"
    )
    assert problems(a=content) == ["a.yaml:8: sale: 'x' is not a semantic version (such as 1.4.0)"]


def test_a_file_that_is_not_there_is_a_problem() -> None:
    assert [str(each) for each in read([Path("none.yaml")]).problems] == [
        "cannot read 'none.yaml': No such file or directory (check the path)"
    ]


def test_references_cannot_unfold_a_small_file_into_a_large_rule() -> None:
    evaluators = [f"  e{n}: {{cat: [{{$ref: e{n + 1}}}, {{$ref: e{n + 1}}}]}}" for n in range(20)]
    content = flags("targeting: {$ref: e0}") + "\n".join(["$evaluators:", *evaluators, "  e20: {var: x}", ""])
    (problem,) = problems(a=content)
    assert problem.endswith("a rule of more than 20000 values (split the flag)")


def test_references_cannot_nest_a_rule_without_end() -> None:
    evaluators = [f'  e{n}: {{"!": {{$ref: e{n + 1}}}}}' for n in range(80)]
    content = flags("targeting: {$ref: e0}") + "\n".join(["$evaluators:", *evaluators, "  e80: {var: x}", ""])
    found = problems(a=content)
    assert found[0].endswith("a rule of more than 64 levels (split the flag)")


def test_as_much_as_can_be_read_is_there_beside_the_problems() -> None:
    reading = read(written(a=flags("defaultVariant: onn"), b=flags().replace("sale", "rate")))
    assert list(reading.flags.flags) == ["sale", "rate"]
    with pytest.raises(Refused, match="no variant 'onn'"):
        read_flags([Path("a.yaml"), Path("b.yaml")])
