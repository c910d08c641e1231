"""The scenarios of a testbed are run step by step, and what does not hold is told."""

import json
from pathlib import Path

import pytest
from bench.flags.gherkin import Scenario, Step, read_feature
from bench.flags.scenarios import main

FEATURE = """\
@rules
Feature: Rules

  # What rules choose.
  Background:
    Given an evaluator

  @one
  Scenario Outline: Who is served what
    Given a String-flag with key "greeting" and a fallback value "none"
    And a context containing a key "age", with type "Integer" and with value "<age>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"

    @young
    Examples: young
      | age | value |
      | 17  | hi    |

    @fractional-v1
    Examples: old
      | age | value    |
      | 70  | whatever |

  Scenario: Metadata
    Given a String-flag with key "greeting" and a fallback value "none"
    When the flag was evaluated with details
    Then the reason should be "DEFAULT"
    And the resolved metadata should contain
      | key  | metadata_type | value |
      | size | Integer       | 2     |
"""
FLAG = {
    "state": "ENABLED",
    "variants": {"short": "hi", "long": "good day"},
    "defaultVariant": "long",
    "targeting": {"if": [{"<": [0, {"var": "age"}, 18]}, "short"]},
    "metadata": {"size": 2},
}


@pytest.fixture
def testbed(tmp_path: Path) -> Path:
    for folder in ("flags", "gherkin"):
        (tmp_path / "evaluator" / folder).mkdir(parents=True)
    flags = {"flags": {"greeting": FLAG}}
    (tmp_path / "evaluator" / "flags" / "testkit-flags.json").write_text(json.dumps(flags), encoding="utf-8")
    (tmp_path / "evaluator" / "gherkin" / "rules.feature").write_text(FEATURE, encoding="utf-8")
    return tmp_path


def test_an_outline_is_a_scenario_for_each_row_with_the_tags_of_all_around_it(testbed: Path) -> None:
    young, old, metadata = read_feature(testbed / "evaluator" / "gherkin" / "rules.feature")
    assert young == Scenario(
        name="Who is served what",
        tags=frozenset({"@rules", "@one", "@young"}),
        steps=(
            Step(text="an evaluator"),
            Step(text='a String-flag with key "greeting" and a fallback value "none"'),
            Step(text='a context containing a key "age", with type "Integer" and with value "17"'),
            Step(text="the flag was evaluated with details"),
            Step(text='the resolved details value should be "hi"'),
        ),
    )
    assert (sorted(old.tags), sorted(metadata.tags)) == (["@fractional-v1", "@one", "@rules"], ["@rules"])
    assert metadata.steps[-1].table == (("key", "metadata_type", "value"), ("size", "Integer", "2"))


def test_the_generation_that_is_no_longer_is_counted_apart(
    testbed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--testbed", str(testbed)]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["rules.feature", "2", "of", "2"],
        ["rules.feature", "@fractional-v1", "0", "of", "1", "(an", "older", "generation)"],
        ["together", "2", "of", "2"],
    ]


def test_what_does_not_hold_is_told(testbed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = testbed / "evaluator" / "gherkin" / "rules.feature"
    path.write_text(FEATURE.replace("| 17  |", "| 19  |"), encoding="utf-8")
    assert main(["--testbed", str(testbed)]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith(
        'rules.feature: Who is served what: the resolved details value should be "hi": Evaluation('
    )
    assert last.split() == ["together", "1", "of", "2"]
