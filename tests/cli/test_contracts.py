"""`contracts diff` and `contracts matrix`: whole outputs, exit codes, and what JSON always holds."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.comparers.pacts import PACT

from tidegate.cli import tidegate

SHOP = Path(__file__).parents[2] / "examples" / "shop"
OLD = """\
openapi: 3.1.0
info: {title: stock, version: 1.0.0}
paths:
  /stock:
    get:
      responses:
        "200":
          description: How much there is.
          content:
            application/json:
              schema: {type: object, required: [available], properties: {available: {type: integer}}}
"""
NEW = OLD.replace("required: [available], ", "").replace(
    "  /stock:", "  /parcels:\n    get: {responses: {}}\n  /stock:"
)
DIRECTIONS = ("old_consumer_new_provider", "new_consumer_old_provider")


def contracts(*arguments: str) -> Result:
    return CliRunner().invoke(tidegate, ["contracts", *arguments])


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(OLD)
    Path("new.yaml").write_text(NEW)
    Path("half.yaml").write_text("openapi: 3.1.0\npaths: {/a: [")
    Path("avro.avsc").write_text('{"type": "record", "name": "A", "fields": []}')
    return tmp_path


TEXT = """\
openapi: old.yaml → new.yaml
  ✗ breaking   old consumers with the new provider
  ✗ breaking   new consumers with the old provider

The first mark is for old consumers, the second for new ones.

  ✗ ✓ GET /stock response 200 application/json $.available
    [required-removed]
      'available' is not required any more
      new.yaml:13

  ✓ ✗ GET /parcels  [operation-added]
      a new consumer may call it, and an old provider does not have it
      new.yaml:5
"""


@pytest.mark.usefixtures("files")
def test_a_difference_is_told_with_its_place_rule_and_reason() -> None:
    result = contracts("diff", "old.yaml", "new.yaml")
    assert result.output.startswith(TEXT)
    assert result.exit_code == 1
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.usefixtures("files")
def test_the_same_file_twice_is_compatible_both_ways() -> None:
    result = contracts("diff", "old.yaml", "old.yaml", "-o", "json")
    values = json.loads(result.output)
    assert (result.exit_code, [values[direction] for direction in DIRECTIONS]) == (0, ["compatible"] * 2)
    assert values["differences"] == []


@pytest.mark.usefixtures("files")
def test_json_has_every_difference_with_rule_place_and_reason() -> None:
    values = json.loads(contracts("diff", "old.yaml", "new.yaml", "-o", "json").output)
    assert [values[direction] for direction in DIRECTIONS] == ["breaking", "breaking"]
    assert values["differences"][1] == {
        "rule": "operation-added",
        "position": "operation",
        "place": "GET /parcels",
        "file": "new.yaml",
        "line": 5,
        "pointer": "/paths/~1parcels/get",
        "reason": "a new consumer may call it, and an old provider does not have it",
        "old_consumer_new_provider": "compatible",
        "new_consumer_old_provider": "breaking",
    }


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("half.yaml", "new.yaml", "half.yaml:2"),
        ("old.yaml", "none.yaml", "no file or folder 'none.yaml'"),
        ("old.yaml", "avro.avsc", "old.yaml is openapi, avro.avsc is avro"),
    ],
)
def test_what_cannot_be_compared_is_unknown_both_ways(old: str, new: str, said: str) -> None:
    result = contracts("diff", old, new, "-o", "json")
    values = json.loads(result.output)
    assert [values[direction] for direction in DIRECTIONS] == ["unknown", "unknown"]
    assert said in str(result.exception)


@pytest.mark.usefixtures("files")
def test_markdown_for_a_pull_request() -> None:
    lines = contracts("diff", "old.yaml", "new.yaml", "-o", "markdown").output.splitlines()
    assert lines[:7] == [
        "### old.yaml → new.yaml",
        "",
        "- ✗ **breaking**: old consumers with the new provider",
        "- ✗ **breaking**: new consumers with the old provider",
        "",
        "| old consumers | new consumers | where | rule | why |",
        "| --- | --- | --- | --- | --- |",
    ]
    assert lines[8].startswith("| ✓ compatible | ✗ breaking | GET /parcels | operation-added |")


NARROWED = """\
openapi: old.yaml → new.yaml
  ✗ breaking   old consumers with the new provider
  ✓ compatible new consumers with the old provider
  1 interaction of search checked against new.yaml, and against old.yaml

Between old consumers with the new provider:
  "how much there is": response body $.available is optional: the provider may
    leave it out (pact-response-field-optional)

The first mark is for old consumers, the second for new ones.

  ✗ ✓ GET /stock response 200 application/json $.available
    [required-removed]
      'available' is not required any more
      new.yaml:13

  - - GET /parcels  [operation-added]
      a new consumer may call it, and an old provider does not have it
      does not count: no interaction of search uses it
      new.yaml:5
"""


@pytest.mark.usefixtures("files")
def test_with_a_consumer_contract_only_what_it_uses_counts() -> None:
    Path("pact.json").write_text(json.dumps(PACT))
    result = contracts("diff", "old.yaml", "new.yaml", "--consumer", "pact.json")
    assert result.output.startswith(NARROWED)
    assert result.exit_code == 1
    values = json.loads(
        contracts("diff", "old.yaml", "new.yaml", "--consumer", "pact.json", "-o", "json").output
    )
    assert [values[direction] for direction in DIRECTIONS] == ["breaking", "compatible"]
    assert values["consumer"]["checked"] == ['"how much there is"']
    assert values["differences"][1]["does_not_count"] == "no interaction of search uses it"


@pytest.mark.usefixtures("files")
def test_what_both_versions_leave_open_the_consumer_lives_with() -> None:
    """Neither says that anything is required; the field that goes is one that nobody reads."""
    loose = OLD.replace("required: [available], ", "")
    Path("new.yaml").write_text(loose)
    Path("old.yaml").write_text(loose.replace("{available:", "{shelf: {type: string}, available:"))
    Path("pact.json").write_text(json.dumps(PACT))
    assert contracts("diff", "old.yaml", "new.yaml").exit_code == 1
    result = contracts("diff", "old.yaml", "new.yaml", "--consumer", "pact.json")
    assert result.exit_code == 0
    assert "1 left as open as before" in result.output
    assert "does not count: no interaction of search uses it" in result.output


@pytest.mark.usefixtures("files")
def test_a_contract_of_nobody_or_of_several_is_refused() -> None:
    result = contracts("diff", "old.yaml", "new.yaml", "--consumer", "old.yaml")
    assert "old.yaml" in str(result.exception)


MATRIX = """\
8 pairs that may be live together: 5 compatible, 3 breaking

search → stock
  ✓ 1.0.0 → 1.0.0  compatible (version range)
  ✗ 1.0.0 → 2.0.0  breaking (version range)
      it needs stock-api ^1.0.0, provided as 2.0.0

shipping → stock
"""


def test_the_matrix_shows_every_live_pair_by_its_edge() -> None:
    result = contracts("matrix", str(SHOP / "changes" / "deadlock.yaml"))
    assert result.output.startswith(MATRIX)
    assert result.exit_code == 0


def test_the_matrix_as_json_and_markdown() -> None:
    change = str(SHOP / "changes" / "deadlock.yaml")
    values = json.loads(contracts("matrix", change, "-o", "json").output)
    assert (values["change"], len(values["pairs"])) == ("deadlock", 8)
    lines = contracts("matrix", change, "-o", "markdown").output.splitlines()
    assert lines[0] == "## Live pairs of change `deadlock`"
    assert lines[4] == "| search 1.0.0 | stock 1.0.0 | ✓ compatible | version range |"
