"""`tidegate flags check`, and how flags are listed and shown: whole outputs."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tidegate.cli.flags_check import check
from tidegate.cli.flags_text import listed, shown
from tidegate.core.errors import Refused
from tidegate.core.flags.hygiene import FlagView, Inventory, Kind, Remark
from tidegate.core.flags.serving import Exposure, Switch
from tidegate.core.ids import FlagKey, RolloutId, ServiceName, StepId

GOOD = """\
flags:
  old:
    state: ENABLED
    variants: {on: true, off: false}
    defaultVariant: on
    metadata: {owner: ann, expires: 2020-01-01}
  new: {state: ENABLED, variants: {on: true, off: false}, defaultVariant: off}
"""
CATALOG = """\
kind: Group
metadata: {name: team}
---
kind: Component
metadata:
  name: web
  annotations: {tidegate.dev/flags: "new, lost"}
spec: {owner: team}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flags.yaml").write_text(GOOD, encoding="utf-8")
    Path("catalog-info.yaml").write_text(CATALOG, encoding="utf-8")


def checked(*arguments: str) -> str:
    result = CliRunner().invoke(check, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_check_of_good_files_says_what_should_be_seen_to() -> None:
    assert checked("flags.yaml") == (
        "2 flags: no problems\n"
        "new: ownerless: it has no owner: name one in its metadata\n"
        "old: expired: it was to be gone from 2020-01-01 on: remove it\n"
    )


def test_with_a_catalog_it_says_who_refers_to_what() -> None:
    assert checked("flags.yaml", "--catalog", ".") == (
        "2 flags: no problems\n"
        "new: ownerless: it has no owner: name one in its metadata\n"
        "old: expired: it was to be gone from 2020-01-01 on: remove it\n"
        "old: dangling: no Component refers to it, and it is not known to be evaluated\n"
        "lost: undefined: no file defines it; named by web\n"
    )


def test_problems_are_refused_and_as_json_listed() -> None:
    Path("flags.yaml").write_text(
        "flags: {a: {state: ENABLED, variants: {v: 1}, defaultVariant: w}}", encoding="utf-8"
    )
    result = CliRunner().invoke(check, ["flags.yaml"])
    assert isinstance(result.exception, Refused)
    assert str(result.exception) == "flags.yaml:1: a: no variant 'w' (variants: v)"
    result = CliRunner().invoke(check, ["flags.yaml", "-o", "json"])
    problem = {"file": "flags.yaml", "line": 1, "message": "a: no variant 'w'", "hint": "variants: v"}
    assert (result.exit_code, json.loads(result.output)) == (2, {"problems": [problem]})


def test_json_of_a_good_file_is_the_inventory() -> None:
    found = json.loads(checked("flags.yaml", "-o", "json"))
    assert found["problems"] == []
    assert found["undefined"] == {}
    assert {view["key"]: [each["kind"] for each in view["remarks"]] for view in found["flags"]} == {
        "new": ["ownerless"],
        "old": ["expired"],
    }


def view(**more: object) -> FlagView:
    given: Mapping[str, object] = {
        "key": FlagKey("sale"),
        "enabled": True,
        "variants": ("on", "off"),
        "default": "off",
    }
    return FlagView(**{**given, **more})  # type: ignore[arg-type]  # fields of a dataclass by name


SWITCH = Switch(flag=FlagKey("sale"), variant="off", by="ann", reason="errors", at=0.0)
EXPOSURE = Exposure(
    rollout=RolloutId("r1"),
    step=StepId("flag/sale"),
    flag=FlagKey("sale"),
    variant="on",
    share=0.05,
    salt="s",
)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (view(), "sale  on by rules"),
        (view(exposure=0.05, owner="group:shop"), "sale  on for 5%  group:shop"),
        (view(exposure=0.0, switch=SWITCH), "sale  switched off"),
        (view(enabled=False), "sale  disabled"),
        (view(exposure=1.0, evaluated=1.0), "sale  on for 100%  evaluated 1970-01-01T00:00:01Z"),
    ],
)
def test_a_flag_on_a_line(given: FlagView, line: str) -> None:
    assert listed(Inventory(flags=(given,))) == line


def test_a_list_with_what_should_be_seen_to_at_80_columns() -> None:
    remark = Remark(
        kind=Kind.STALE,
        message="fully on, and here for 300 days: remove it from code, and then remove it here",
    )
    lost = {FlagKey("lost"): Remark(kind=Kind.UNDEFINED, message="no file defines it; named by web")}
    assert listed(Inventory(flags=(view(exposure=1.0, remarks=(remark,)),), undefined=lost)) == (
        "sale  on for 100%\n"
        "  stale: fully on, and here for 300 days: remove it from code, and then remove\n"
        "    it here\n"
        "lost: undefined: no file defines it; named by web"
    )


def test_an_empty_list_says_so() -> None:
    assert listed(Inventory(flags=())) == "no flags are served"


def test_one_flag_with_everything_that_is_known() -> None:
    given = view(
        owner="group:shop",
        since=date(2026, 1, 1),
        expires=date(2027, 1, 1),
        exposures=(EXPOSURE,),
        requires=(FlagKey("base"),),
        references=(ServiceName("web"), ServiceName("app")),
        evaluated=1.0,
        remarks=(Remark(kind=Kind.OFF, message="ann has switched it off: errors"),),
    )
    assert shown(given) == (
        "sale\n"
        "  state      on by rules\n"
        "  owner      group:shop\n"
        "  since      2026-01-01\n"
        "  expires    2027-01-01\n"
        "  variants   on, off\n"
        "  default    off\n"
        "  requires   base\n"
        "  used by    web, app\n"
        "  evaluated  1970-01-01T00:00:01Z\n"
        "  on to 5% of everyone, by r1 flag/sale\n"
        "  off: ann has switched it off: errors"
    )
