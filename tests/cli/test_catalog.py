"""`tidegate catalog`: whole outputs, and the exit codes of the real command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tidegate.cli import main
from tidegate.cli.catalog import RENDERINGS, catalog
from tidegate.core.catalog import Catalog, Interface, Provision, Requirement, Service
from tidegate.core.errors import Refused
from tidegate.core.ids import InterfaceName, ServiceName, Version

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


def test_graph_as_text_fits_a_terminal() -> None:
    assert run("graph", SHOP) == (
        "cart 1.0.0, tier 2, storefront\n"
        "  → prices  prices-api ^1.0.0\n"
        "checkout 1.0.0, tier 1, storefront\n"
        "  → payments  payments-api ^1.0.0\n"
        "  → shipping  shipping-api ^1.0.0\n"
        "ledger 1.0.0, tier 1, money\n"
        "  → ledger-db  (resource)\n"
        "payments 1.0.0, tier 1, money\n"
        "  → ledger  ledger-api ^1.0.0\n"
        "prices 1.0.0, tier 2, discovery\n"
        "search 1.0.0, tier 2, discovery\n"
        "  → prices  prices-api ^1.0.0\n"
        "  → stock   stock-api ^1.0.0\n"
        "shipping 1.0.0, tier 3, fulfilment\n"
        "  → stock  stock-api ^1.0.0\n"
        "stock 1.0.0, tier 2, fulfilment\n"
        "web 1.0.0, tier 1, storefront\n"
        "  → cart      cart-api ^1.0.0\n"
        "  → checkout  checkout-api ^1.0.0\n"
        "  → search    search-api ^1.0.0\n"
    )


def test_graph_as_json() -> None:
    answer = json.loads(run("graph", SHOP, "-o", "json"))
    assert answer["services"][2] == {
        "name": "ledger",
        "version": "1.0.0",
        "owner": "money",
        "tier": 1,
        "system": "shop",
        "lifecycle": "production",
        "provides": [{"interface": "ledger-api", "versions": ["1.0.0"]}],
        "consumes": [],
        "dependsOn": [],
        "resources": ["ledger-db"],
    }
    assert answer["services"][3]["consumes"] == [
        {"interface": "ledger-api", "range": "^1.0.0", "declared": True}
    ]
    assert answer["dependencies"][0] == {"consumer": "cart", "provider": "prices", "interface": "prices-api"}


LONG = "x" * 60
HOSTILE = Catalog(
    services={
        service.name: service
        for service in (
            Service(
                name=ServiceName('end"]; click\nn1'),
                version=Version("1#`"),
                consumes=(Requirement(interface=InterfaceName("a|b\\"), range=">=1 <2"),),
                depends_on=(ServiceName(LONG),),
            ),
            Service(
                name=ServiceName("größe"),
                provides=(Provision(interface=InterfaceName("a|b\\"), versions=()),),
            ),
            Service(
                name=ServiceName(LONG),
                consumes=(
                    Requirement(interface=InterfaceName("a|b\\"), range=">=1.0.0 <1.5.0 || >=1.6.0 <2.0.0"),
                ),
            ),
        )
    },
    interfaces={InterfaceName("a|b\\"): Interface(name=InterfaceName("a|b\\"))},
)


def test_hostile_names_stay_inside_their_quotes_in_mermaid() -> None:
    assert list(RENDERINGS["mermaid"](HOSTILE)) == [
        "flowchart LR",
        '  n0["end#34;#93;#59; click#10;n1 1#35;#96;"]',
        '  n1["größe"]',
        f'  n2["{LONG}"]',
        '  n0 -->|"a#124;b#92; #62;#61;1 #60;2"| n1',
        '  n0 -.->|"dependsOn"| n2',
        '  n2 -->|"a#124;b#92; #62;#61;1.0.0 #60;1.5.0 #124;#124; #62;#61;1.6.0 #60;2.0.0"| n1',
    ]


def test_hostile_names_stay_inside_their_quotes_in_dot() -> None:
    name = r'"end\"]; click�n1"'
    assert list(RENDERINGS["dot"](HOSTILE)) == [
        "digraph catalog {",
        "  rankdir=LR;",
        rf'  {name} [label="end\"]; click�n1 1#`"];',
        '  "größe" [label="größe"];',
        f'  "{LONG}" [label="{LONG}"];',
        rf'  {name} -> "größe" [label="a|b\\ >=1 <2"];',
        f'  {name} -> "{LONG}" [label="dependsOn", style=dashed];',
        rf'  "{LONG}" -> "größe" [label="a|b\\ >=1.0.0 <1.5.0 || >=1.6.0 <2.0.0"];',
        "}",
    ]


def test_long_lines_of_text_break_between_words() -> None:
    need = Requirement(interface=InterfaceName("interface-" + "y" * 20), range=">=1.0.0 <1.5.0 || >=1.6.0")
    offer = Provision(interface=need.interface, versions=("1.0.0",))
    consumer = Service(name=ServiceName("a"), consumes=(need,))
    provider = Service(name=ServiceName(LONG), provides=(offer,))
    services = {consumer.name: consumer, provider.name: provider}
    assert list(RENDERINGS["text"](Catalog(services=services))) == [
        "a, no owner",
        f"  → {LONG}",
        f"      {need.interface} >=1.0.0 <1.5.0 || >=1.6.0",
        f"{LONG}, no owner",
    ]


def test_an_unreadable_catalog_has_no_graph(tmp_path: Path) -> None:
    result = CliRunner().invoke(catalog, ["graph", str(tmp_path)])
    assert isinstance(result.exception, Refused)


COMMANDS = [
    (["catalog", "check", SHOP], 0, "9 services, 9 interfaces, 4 owners, 10 dependencies: no problems\n", ""),
    (["catalog", "check", "nowhere"], 2, "", "no folder 'nowhere' (check the path of the catalog)\n"),
    (["catalog", "graph", "nowhere"], 2, "", "no folder 'nowhere' (check the path of the catalog)\n"),
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


def test_a_form_of_output_that_does_not_exist_is_refused() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tidegate.cli import main; main()",
            "catalog",
            "graph",
            SHOP,
            "-o",
            "xml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'xml' is not one of 'text', 'json', 'mermaid', 'dot'" in done.stderr
