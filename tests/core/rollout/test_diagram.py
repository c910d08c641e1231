"""The architecture page shows the machine as its tables have it."""

from pathlib import Path

import pytest

from tidegate.core.rollout.diagram import DRAWINGS, MEANINGS, redrawn
from tidegate.core.rollout.rules import JOINT
from tidegate.core.rollout.tables import PHASES, STEPS

PAGE = Path(__file__).parents[3] / "docs" / "architecture.md"


def test_the_page_is_as_drawn_from_the_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == redrawn(page), "draw it anew with the command that stands in docs/architecture.md"


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_page_has_a_place_for_every_drawing(name: str) -> None:
    assert f"<!-- drawn: {name} -->\n\n{DRAWINGS[name]()}\n" in PAGE.read_text(encoding="utf-8")


def test_every_move_of_a_step_is_an_arrow() -> None:
    arrows = DRAWINGS["steps"]().splitlines()
    for status, moves in STEPS.items():
        for signal, target in moves.items():
            assert any(
                line.strip().startswith(f"{status} --> {target} :")
                and signal in line.split(" : ")[1].split(", ")
                for line in arrows
            ), (status, signal)


def test_every_wish_of_an_operator_is_an_arrow() -> None:
    arrows = DRAWINGS["phases"]().splitlines()
    for phase, wishes in PHASES.items():
        for wish, target in wishes.items():
            assert any(
                line.strip().startswith(f"{phase} --> {target} :")
                and wish in line.split(" : ")[1].split(", ")
                for line in arrows
            ), (phase, wish)


def test_each_joint_rule_is_a_row_with_its_meaning() -> None:
    rows = DRAWINGS["joint rules"]().splitlines()[2:]
    assert rows == [
        f"| {rule.status} | {MEANINGS[rule.holds.__name__]} | {rule.signal} | {STEPS[rule.status][rule.signal]} |"
        for rule in JOINT
    ]
    assert set(MEANINGS) == {rule.holds.__name__ for rule in JOINT}


def test_drawing_anew_leaves_the_rest_alone_and_knows_what_it_can_draw() -> None:
    text = "before\n<!-- drawn: steps -->\nold\n<!-- end -->\nafter\n"
    assert redrawn(text) == f"before\n<!-- drawn: steps -->\n\n{DRAWINGS['steps']()}\n\n<!-- end -->\nafter\n"
    assert redrawn("nothing to draw") == "nothing to draw"
    with pytest.raises(KeyError, match="clouds"):
        redrawn("<!-- drawn: clouds -->\n<!-- end -->")
