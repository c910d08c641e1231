"""docs/experiments.md shows a file that is read as it stands, and has every word that a report says."""

import re
from pathlib import Path

from tidegate.cli.experiment_text import _WHAT_NEXT
from tidegate.core.experiments.report import Claim, Guarded
from tidegate.sources.experiments import read_experiment

PAGE = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")


def test_the_file_can_be_copied_as_it_is(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    path = tmp_path / "checkout.yaml"
    path.write_text(block, encoding="utf-8")
    assert read_experiment(path).name == "checkout"


def test_every_word_of_a_report_is_explained() -> None:
    words = PAGE.partition("## Words")[2].partition("## From files")[0].casefold()
    said = {*Claim, *Guarded} - {Claim.VOID, Guarded.VOID}
    assert [word for word in sorted(said) if word not in words] == []


def test_every_cause_of_a_mismatch_that_is_told_says_what_to_look_at() -> None:
    causes = [line.removeprefix("- ") for line in _WHAT_NEXT if line.startswith("- ")]
    rows = PAGE.partition("| usual cause |")[2].splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows if row.startswith("|")][: len(causes)] == causes
