"""`tidegate catalog`: whole outputs, and the exit codes of the real command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tidegate.cli import main
from tidegate.cli.catalog import catalog

ROOT = Path(__file__).parents[2]
SHOP = "examples/shop/catalog"
TEAM = "kind: Group\nmetadata: {name: team}\n"
CIRCLE = TEAM + "".join(
    f"---\nkind: Component\nmetadata: {{name: {name}}}\nspec: {{owner: team, dependsOn: ['component:{other}']}}\n"
    for name, other in [("a", "b"), ("b", "a")]
)
HINT = "(turn one of these dependencies round, or move what both need into a service of its own)"


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(catalog, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_check_of_a_good_catalog_counts_what_is_in_it() -> None:
    assert run("check", SHOP) == "9 services, 9 interfaces, 4 owners, 10 dependencies: no problems\n"
    assert json.loads(run("check", SHOP, "-o", "json")) == {
        "services": 9,
        "interfaces": 9,
        "owners": 4,
        "dependencies": 10,
        "problems": [],
    }


def test_one_of_a_thing_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "catalog-info.yaml").write_text(CIRCLE.rsplit("---", 1)[0].replace("dependsOn", "x"))
    assert run("check", str(tmp_path)) == "1 service, 0 interfaces, 1 owner, 0 dependencies: no problems\n"


def test_check_reports_problems_and_cycles_on_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog-info.yaml").write_text(
        CIRCLE.replace("name: b}\nspec: {owner: team", "name: b}\nspec: {owner: x")
    )
    monkeypatch.setattr(sys, "argv", ["tidegate", "catalog", "check", "."])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr() == (
        "",
        (
            f"catalog-info.yaml:5: dependency cycle a → b → a {HINT}\n"
            "catalog-info.yaml:10: unknown Group 'x' in owner of Component 'b' (declare the Group, or mend the name)\n"
        ),
    )


def test_check_as_json_has_the_problems_as_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(catalog, ["check", ".", "-o", "json"])
    assert result.exit_code == 2
    message = "no catalog-info.yaml found under '.'"
    assert json.loads(result.output)["problems"] == [
        {"file": None, "line": None, "message": message, "hint": ""}
    ]
    Path("catalog-info.yaml").write_text(CIRCLE)
    result = CliRunner().invoke(catalog, ["check", ".", "-o", "json"])
    (problem,) = json.loads(result.output)["problems"]
    assert (problem["file"], problem["line"]) == ("catalog-info.yaml", 5)
    assert problem["message"] == "dependency cycle a → b → a"


COMMANDS = [
    (["catalog", "check", SHOP], 0, "9 services, 9 interfaces, 4 owners, 10 dependencies: no problems\n", ""),
    (["catalog", "check", "nowhere"], 2, "", "no folder 'nowhere' (check the path of the catalog)\n"),
]


@pytest.mark.parametrize(("arguments", "code", "output", "errors"), COMMANDS)
def test_the_command_itself(arguments: list[str], code: int, output: str, errors: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tidegate.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, output, errors)
