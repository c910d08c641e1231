"""docs/evidence.md shows files that are read as they stand, and has every kind of what can be missing."""

import re
from pathlib import Path

import pytest

from tidegate.core.gates.evidence import Gap
from tidegate.sources.telemetry import read_telemetry

PAGE = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
FILES = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    if "kind: Telemetry" in block
]


def test_there_are_files_to_read() -> None:
    assert len(FILES) == 4


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_file_can_be_copied_as_it_is(number: int, tmp_path: Path) -> None:
    path = tmp_path / "telemetry.yaml"
    path.write_text(FILES[number], encoding="utf-8")
    assert read_telemetry(path).name in {"shop", "spans", "edge"}


def test_every_kind_of_missing_evidence_has_a_row() -> None:
    rows = PAGE.partition("| kind |")[2].splitlines()[2:]
    kinds = [row.split("|")[1].strip() for row in rows if row.startswith("|")]
    assert kinds == list(Gap)
