"""`tidegate schema`: what is printed is the schema that files are checked with."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tidegate.cli.schema import schema
from tidegate.sources.documents import schemas


@pytest.mark.parametrize("kind", schemas())
def test_a_schema_is_printed_whole_whatever_the_case(kind: str) -> None:
    for name in (kind, kind.lower()):
        result = CliRunner().invoke(schema, [name])
        assert result.exit_code == 0
        assert json.loads(result.output) == schemas()[kind]


def test_without_a_kind_the_kinds_are_listed() -> None:
    result = CliRunner().invoke(schema, [])
    assert result.exit_code == 0
    assert result.output.split() == list(schemas())
    assert "Change" in result.output.split()


def test_an_unknown_kind_is_refused_with_the_kinds_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tidegate.cli import main; main()", "schema", "Chnage"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    kinds = ", ".join(schemas())
    assert done.stderr == f"unknown kind 'Chnage' (did you mean 'Change'? kinds: {kinds})\n"
