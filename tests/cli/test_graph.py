"""`tidegate graph`: whole outputs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tidegate.cli.graph import graph
from tidegate.cli.graph_text import RENDERINGS
from tidegate.core.catalog import Catalog, Interface, Provision, Requirement, Service
from tidegate.core.errors import Refused
from tidegate.core.ids import InterfaceName, ServiceName, Version

ROOT = Path(__file__).parents[2]
SHOP = "examples/shop/catalog"


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(graph, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_graph_as_text_fits_a_terminal() -> None:
    assert run(SHOP) == (
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
    answer = json.loads(run(SHOP, "-o", "json"))
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
    result = CliRunner().invoke(graph, [str(tmp_path)])
    assert isinstance(result.exception, Refused)


def test_a_form_of_output_that_does_not_exist_is_refused() -> None:
    result = CliRunner().invoke(graph, [SHOP, "-o", "xml"])
    assert result.exit_code == 2
    assert "'xml' is not one of 'text', 'json', 'mermaid', 'dot'" in result.output
