"""File and line of a place, found in the file when it is reported."""

from pathlib import Path

import pytest

from tidegate.core.contracts.specification import Place
from tidegate.core.errors import Location
from tidegate.sources.specifications.lines import Locator, steps

JSON = """\ufeff
{
  "a": [1,
    {"b/c": "x,]}",
     "d": {}}],
  "e": ["
}
""".replace('["\n', "[]\n")
YAML = """\
a:
  - 1
  - b/c: x
    d: {}
"e":
  []
"""


@pytest.mark.parametrize(
    ("content", "lines"),
    [(JSON, [2, 3, 3, 4, 4, 5, 6, 6]), (YAML, [1, 1, 2, 3, 3, 4, 5, 5])],
)
def test_a_pointer_leads_to_a_line(tmp_path: Path, content: str, lines: list[int]) -> None:
    (tmp_path / "f").write_text(content, encoding="utf-8")
    pointers = ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/a/1/d", "/e", "/e/7/none"]
    locator = Locator(tmp_path / "f")
    found = [locator.locate(Place(path="", file="f", pointer=pointer)) for pointer in pointers]
    assert found == [Location(file=str(tmp_path / "f"), line=line) for line in lines]


def test_files_are_found_in_their_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "f.json").write_text('{\n"a": 1}')
    locator = Locator(tmp_path)
    assert (
        str(locator.locate(Place(path="", file="inner/f.json", pointer="/a"))) == f"{tmp_path}/inner/f.json:2"
    )
    assert str(locator.locate(Place(path="", file="inner/f.json", line=7))) == f"{tmp_path}/inner/f.json:7"


def test_what_is_not_there_has_no_line(tmp_path: Path) -> None:
    locator = Locator(tmp_path)
    assert locator.locate(Place(path="x")) is None
    assert locator.locate(Place(path="x", file="gone.json")) is None


def test_text_has_the_line_that_its_parser_told(tmp_path: Path) -> None:
    (tmp_path / "a.proto").write_text('syntax = "proto3";\n')
    assert Locator(tmp_path).locate(Place(path="x", file="a.proto", line=3)) == Location(
        file=str(tmp_path / "a.proto"), line=3
    )


def test_steps_of_a_pointer() -> None:
    assert steps("") == ()
    assert steps("/a~1b/c~0d/") == ("a/b", "c~d", "")
