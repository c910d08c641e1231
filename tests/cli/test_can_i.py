"""`can-i-deploy`, `can-i-roll-back` and `contracts record`: from what CI records to an answer with an exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tidegate.cli import tidegate

CATALOG = str(Path(__file__).parents[2] / "examples" / "shop" / "catalog")
DAY = ("--at", "2026-11-20T10:00:00Z")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tidegate, list(arguments))


def record(folder: Path, *arguments: str) -> Result:
    return run("contracts", "record", *arguments, "--contracts", str(folder), *DAY)


def asked(command: str, folder: Path, *arguments: str) -> Result:
    return run(command, *arguments, "--catalog", CATALOG, "--contracts", str(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stock 2.0.0 is known; production runs search and stock, where stock was 2.0.0 for a while."""
    record(tmp_path, "version", "stock", "2.0.0", "--provides", "stock-api@2.0.0")
    record(tmp_path, "deployment", "search", "1.0.0", "--env", "production")
    record(tmp_path, "deployment", "stock", "2.0.0", "--env", "production")
    later = ("--at", "2026-11-21T10:00:00Z")
    run(
        "contracts",
        "record",
        "deployment",
        "stock",
        "1.0.0",
        "--env",
        "production",
        "--contracts",
        str(tmp_path),
        *later,
    )
    return tmp_path


NO = """\
no: stock 2.0.0 cannot be deployed to production
  ✗ search 1.0.0 → stock 2.0.0  breaking (version range)
      it needs stock-api ^1.0.0, provided as 2.0.0
"""
YES = """\
yes: stock 2.0.0 can be deployed to production
  ✓ search 1.0.0 → stock 2.0.0  compatible (test, 2026-11-20)
"""


def test_a_test_on_record_turns_a_no_into_a_yes(folder: Path) -> None:
    before = asked("can-i-deploy", folder, "stock", "2.0.0", "--env", "production")
    assert (before.exit_code, before.output) == (1, NO)
    record(folder, "test", "search", "1.0.0", "stock", "2.0.0", "--passed", "--by", "ci/9")
    after = asked("can-i-deploy", folder, "stock", "2.0.0", "--env", "production")
    assert (after.exit_code, after.output) == (0, YES)


def test_going_back_is_to_the_version_before_unless_one_is_named(folder: Path) -> None:
    back = asked("can-i-roll-back", folder, "stock", "--env", "production")
    assert (back.exit_code, back.output) == (1, NO.replace("be deployed to", "go back in"))
    named = asked("can-i-roll-back", folder, "stock", "1.0.0", "--env", "production")
    assert (named.exit_code, named.output.splitlines()[0]) == (
        0,
        "yes: stock 1.0.0 can go back in production",
    )


def test_what_the_catalog_says_is_the_environment_live(folder: Path) -> None:
    answer = json.loads(asked("can-i-deploy", folder, "stock", "2.0.0", "--env", "live", "-o", "json").output)
    assert (answer["answer"], answer["environment"], answer["unmet"]) == ("breaking", "live", [])
    assert [pair["consumer"]["service"] for pair in answer["pairs"]] == ["search", "shipping"]
    assert answer["pairs"][0] == {
        "consumer": {"service": "search", "version": "1.0.0", "side": "old"},
        "provider": {"service": "stock", "version": "2.0.0", "side": "new"},
        "answer": "breaking",
        "kind": "version-range",
        "at": None,
        "evidence": "needs stock-api ^1.0.0, provided as 2.0.0",
    }


def test_what_nobody_there_provides_is_a_no(folder: Path) -> None:
    record(folder, "version", "search", "2.0.0", "--consumes", "prices-api@^1")
    answer = asked("can-i-deploy", folder, "search", "2.0.0", "--env", "production")
    assert answer.exit_code == 1
    assert "✗ search needs prices-api, which nobody provides in production" in answer.output


def test_markdown_for_a_pull_request(folder: Path) -> None:
    answer = asked("can-i-deploy", folder, "stock", "2.0.0", "--env", "production", "-o", "markdown")
    assert answer.output == (
        "### ✗ Can stock 2.0.0 be deployed to production?\n\n"
        "| consumer | provider | | evidence |\n| --- | --- | --- | --- |\n"
        "| search 1.0.0 | stock 2.0.0 | ✗ breaking | version range: it needs stock-api ^1.0.0, provided as 2.0.0 |\n"
    )


UNKNOWN_VERSION = "nobody said what stock 3.0.0 provides and consumes"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("can-i-deploy", "stock", "3.0.0", "--env", "production"), UNKNOWN_VERSION),
        (("can-i-deploy", "stock", "2.0.0", "--env", "prodution"), "did you mean 'production'?"),
        (("can-i-roll-back", "cart", "--env", "production"), "no earlier version of 'cart' is on record"),
    ],
)
def test_questions_without_an_answer_are_refused(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    result = asked(arguments[0], folder, *arguments[1:])
    assert said in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("version", "stock", "2", "--provides", "stock-api"),
            "'stock-api' in --provides lacks a name or a version",
        ),
        (("version", "stock", "2", "--provides", "stock-api@2"), "'2' is not a semantic version"),
        (("version", "stock", "2", "--consumes", "stock-api@to 2"), "'to 2' is not a range of versions"),
        (("deployment", "stock", "2 0", "--env", "e"), "which is not a version such as 2.0.0"),
        (("specification", "stock-api", "2", "none.yaml"), "'2' is not a semantic version"),
        (("specification", "stock-api", "2.0.0", "none.yaml"), "no file or folder 'none.yaml'"),
    ],
)
def test_what_cannot_be_recorded_is_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = record(tmp_path, *arguments)
    assert said in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_time_that_is_none_is_refused(tmp_path: Path) -> None:
    result = run(
        "contracts",
        "record",
        "deployment",
        "a",
        "1",
        "--env",
        "e",
        "--at",
        "today",
        "--contracts",
        str(tmp_path),
    )
    assert "'today' is not a time" in str(result.exception)


def test_a_file_that_refers_to_another_is_recorded_with_its_folder(tmp_path: Path) -> None:
    api = tmp_path / "api"
    api.mkdir()
    (api / "openapi.yaml").write_text("openapi: 3.1.0\ninfo: {}\npaths: {/a: {$ref: a.yaml}}\n")
    (api / "a.yaml").write_text("get: {responses: {}}\n")
    alone = record(tmp_path / "contracts", "specification", "a-api", "1.0.0", str(api / "openapi.yaml"))
    assert "refers to 'a.yaml' (record the folder that both are in)" in str(alone.exception)
    together = record(tmp_path / "contracts", "specification", "a-api", "1.0.0", str(api))
    assert together.exit_code == 0
    assert (tmp_path / "contracts" / "files" / "a-api" / "1.0.0" / "api" / "a.yaml").exists()
