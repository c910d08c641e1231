"""Backstage files become a catalog; what is wrong is told all at once, with file and line."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from datetime import date
from pathlib import Path

import pytest

from tidegate.core.catalog import Interface, Owner, Provision, Requirement, Sunset
from tidegate.core.errors import Location, Refused
from tidegate.core.ids import InterfaceName, OwnerName, ServiceName
from tidegate.sources.backstage import read, read_catalog
from tidegate.sources.cycles import cycle_problems, service_cycles
from tidegate.sources.entities import Ref, parse_ref

TEAM = "{apiVersion: backstage.io/v1alpha1, kind: Group, metadata: {name: team}, spec: {type: team}}\n---\n"


def entity(kind: str, name: str, spec: str = "", annotations: str = "") -> str:
    """A document; the name stands on its third line, annotations from the fifth, the spec after them."""
    marked = f"  annotations:\n{annotations}" if annotations else ""
    return f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n{marked}spec:\n  owner: team\n{spec}"


def api(name: str, version: str = "") -> str:
    return entity("API", name, annotations=f'    tidegate.dev/version: "{version}"\n' if version else "")


def catalog_of(*documents: str) -> str:
    return "---\n".join(documents) + "---\n" + TEAM.removesuffix("---\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty catalog folder `c`, named in messages as a user in its parent would name it."""
    monkeypatch.chdir(tmp_path)
    Path("c").mkdir()
    return Path("c")


def problems(folder: Path, text: str) -> list[str]:
    (folder / "catalog-info.yaml").write_text(text)
    return list(map(str, read(folder).problems))


def at(line: int, message: str) -> str:
    return f"c/catalog-info.yaml:{line}: {message}"


def test_a_catalog_in_several_files_and_documents(folder: Path) -> None:
    payments = entity(
        "Component",
        "payments",
        "  type: service\n  lifecycle: production\n  system: shop\n  providesApis: [payments-api]\n"
        "  consumesApis: [ledger-api, prices-api, API:default/fx]\n"
        "  dependsOn: [component:ledger, resource:db, Component:ledger]\n",
        '    tidegate.dev/version: "1.4.0"\n    tidegate.dev/tier: "1"\n    other.org/x: y\n'
        '    tidegate.dev/provides: "payments-api@1.4.0 payments-api@2.0.0"\n'
        '    tidegate.dev/consumes: "ledger-api@>= 1.2 <2, prices-api@^1 || ^2"\n',
    )
    ledger = entity("component", "ledger", "  providesApis: [ledger-api, prices-api, fx]\n")
    (folder / "catalog-info.yaml").write_text(catalog_of(payments, entity("System", "shop")))
    deeper = folder / "a" / "b"
    deeper.mkdir(parents=True)
    (deeper / "catalog-info.yml").write_text(
        "---\n".join(
            [
                ledger,
                api("payments-api", "1.4.0"),
                api("ledger-api", "1.2.0"),
                api("prices-api"),
                api("fx", "3.0.0"),
                entity("Resource", "db", "  dependencyOf: [component:ledger]\n"),
            ]
        )
    )
    catalog = read_catalog(folder)
    service = catalog.services[ServiceName("payments")]
    assert service.location == Location(file="c/catalog-info.yaml", line=4)
    assert (service.owner, service.system, service.lifecycle) == ("team", "shop", "production")
    assert (service.version, service.tier) == ("1.4.0", 1)
    assert service.provides == (
        Provision(interface=InterfaceName("payments-api"), versions=("1.4.0", "2.0.0")),
    )
    assert service.consumes == (
        Requirement(interface=InterfaceName("ledger-api"), range=">=1.2 <2"),
        Requirement(interface=InterfaceName("prices-api"), range="^1 || ^2"),
        Requirement(interface=InterfaceName("fx"), range="^3.0.0", declared=False),
    )
    assert (service.depends_on, service.resources) == (("ledger",), ("db",))
    ledger_service = catalog.services[ServiceName("ledger")]
    assert ledger_service.version is None
    assert ledger_service.resources == ("db",), "dependencyOf says so from the other side"
    assert [(offer.interface, offer.versions) for offer in ledger_service.provides] == [
        ("ledger-api", ("1.2.0",)),
        ("prices-api", ()),
        ("fx", ("3.0.0",)),
    ]
    assert catalog.interfaces[InterfaceName("prices-api")] == Interface(
        name=InterfaceName("prices-api"),
        owner=OwnerName("team"),
        location=Location(file="c/a/b/catalog-info.yml", line=30),
    )


def test_an_interface_says_which_versions_will_go_and_when(folder: Path) -> None:
    marked = api("b-api", "2.0.0").replace(
        "spec:", '    tidegate.dev/sunset: "^1 2027-01-31, 0.9.0,>= 3 <4 2028-02-29"\nspec:'
    )
    (folder / "catalog-info.yaml").write_text(catalog_of(marked, PROVIDER))
    assert read_catalog(folder).interfaces[InterfaceName("b-api")].sunsets == (
        Sunset(range="^1", on=date(2027, 1, 31)),
        Sunset(range="0.9.0"),
        Sunset(range=">=3 <4", on=date(2028, 2, 29)),
    )


def test_a_component_says_which_flags_its_live_version_evaluates(folder: Path) -> None:
    (folder / "catalog-info.yaml").write_text(annotated("flags: new-checkout, fast-quotes,new-checkout"))
    services = read_catalog(folder).services
    assert services[ServiceName("a")].flags == ("new-checkout", "fast-quotes")
    assert services[ServiceName("c")].flags == ()


def test_nothing_known_is_an_empty_range(folder: Path) -> None:
    caller = entity("Component", "a", "  consumesApis: [b-api]\n")
    callee = entity("Component", "b", "  providesApis: [b-api]\n")
    (folder / "catalog-info.yaml").write_text(catalog_of(caller, callee, api("b-api")))
    (need,) = read_catalog(folder).services[ServiceName("a")].consumes
    assert need == Requirement(interface=InterfaceName("b-api"), range="", declared=False)


def test_names_are_compared_as_backstage_does(folder: Path) -> None:
    text = catalog_of(
        "kind: Component\nmetadata: {name: a, namespace: Shop}\nspec: {owner: default/TEAM, providesApis: [x]}\n",
        "kind: API\nmetadata: {name: X, namespace: shop}\nspec: {owner: group:default/team}\n",
        "kind: Component\nmetadata: {name: a}\nspec: {owner: user:ada, consumesApis: [shop/x], dependencyOf: ['component:shop/a']}\n",
        "kind: User\nmetadata: {name: ada, title: Ada}\n",
    )
    (folder / "catalog-info.yaml").write_text(text)
    catalog = read_catalog(folder)
    assert set(catalog.services) == {"Shop/a", "a"}
    assert catalog.services[ServiceName("a")].consumes[0].interface == "shop/X"
    assert catalog.services[ServiceName("a")].owner == "user:ada"
    assert catalog.services[ServiceName("Shop/a")].depends_on == ("a",)
    assert catalog.owners[OwnerName("user:ada")] == Owner(
        name=OwnerName("user:ada"), title="Ada", location=Location(file="c/catalog-info.yaml", line=14)
    )


def test_what_is_not_ours_is_none_of_our_business(folder: Path) -> None:
    text = catalog_of(
        "apiVersion: example.org/v1\nkind: Widget\nanything: goes\n",
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: l}\nspec: {targets: [./x]}\n",
        "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: d}\nspec: {owner: nobody}\n",
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec: {steps: []}\n",
        "",
        entity("Component", "a", "  anything: goes\n  type: x\n"),
    )
    assert problems(folder, text) == []
    assert set(read(folder).catalog.services) == {"a"}


UNKNOWN_ANNOTATION = (
    "unknown annotation 'tidegate.dev/teir' on Component 'a' (did you mean 'tidegate.dev/tier'?)"
)
CONSUMER = entity("Component", "a", "  consumesApis: [b-api]\n")
PROVIDER = entity("Component", "b", "  providesApis: [b-api]\n")


def annotated(*lines: str) -> str:
    """A consumer and provider of b-api with annotations from line 6 on."""
    own = "".join(f"    tidegate.dev/{line}\n" for line in lines)
    both = entity("Component", "a", "  consumesApis: [c-api]\n  providesApis: [b-api]\n", own)
    return catalog_of(
        both, entity("Component", "c", "  providesApis: [c-api]\n"), api("b-api", "1.0.0"), api("c-api")
    )


def sunset(text: str) -> str:
    return catalog_of(entity("API", "b-api", annotations=f"    tidegate.dev/sunset: '{text}'\n"))


PROBLEMS: list[tuple[str, list[str]]] = [
    (catalog_of(entity("Component", "a").replace("spec:\n  owner: team\n", "spec: {}\n")), [at(4, "Component 'a' has no owner (add spec.owner: the Group that answers for it)")]),
    (catalog_of(entity("System", "s").replace("owner: team", "owner:")), [
        at(4, "System 's' has no owner (add spec.owner: the Group that answers for it)"),
        at(6, "spec.owner must be text, not nothing (the name of a Group)"),
    ]),
    (catalog_of(entity("Component", "a").replace("owner: team", "owner: taem")), [at(6, "unknown Group 'taem' in owner of Component 'a' (did you mean 'team'?)")]),
    (catalog_of(entity("Component", "a", "  system: shop\n")), [at(7, "unknown System 'shop' in system of Component 'a' (declare the System, or mend the name)")]),
    (catalog_of(entity("Component", "a", "  consumesApis:\n    - b-apj\n"), PROVIDER, api("b-api")), [at(8, "unknown API 'b-apj' in consumesApis of Component 'a' (did you mean 'b-api'?)")]),
    (catalog_of(entity("Component", "a", "  dependsOn: [b, 'component:c', 'x/y/z']\n")), [
        at(7, "'b' in dependsOn is not a reference (write kind:[namespace/]name)"),
        at(7, "'x/y/z' in dependsOn is not a reference (write kind:[namespace/]name)"),
        at(7, "unknown Component 'component:c' in dependsOn of Component 'a' (declare the Component, or mend the name)"),
    ]),
    (catalog_of(entity("Component", "a", "  providesApis: ['a b', 'component:a']\n")), [
        at(7, "'a b' in providesApis is not a reference (write [kind:][namespace/]name)"),
        at(7, "'component:a' in providesApis of Component 'a' is of the wrong kind (allowed: API)"),
    ]),
    (catalog_of(entity("Component", "a"), entity("Component", "A")), [at(11, "Component 'A' is declared twice (first at c/catalog-info.yaml:4) (remove or rename one of them)")]),
    (catalog_of(CONSUMER, api("b-api")), [at(12, "API 'b-api' is consumed by a, but no Component provides it (add it to the providesApis of its provider)")]),
    (catalog_of(*(CONSUMER.replace("name: a", f"name: a{n}") for n in range(5)), api("b-api")), [at(44, "API 'b-api' is consumed by a0, a1, a2 and 2 more, but no Component provides it (add it to the providesApis of its provider)")]),
    (annotated("teir: '1'"), [at(6, UNKNOWN_ANNOTATION)]),
    (annotated("zzz: '1'"), [at(6, "unknown annotation 'tidegate.dev/zzz' on Component 'a' (known on a Component: tidegate.dev/version, tidegate.dev/tier, tidegate.dev/traffic, tidegate.dev/provides, tidegate.dev/consumes, tidegate.dev/flags)")]),
    (catalog_of(entity("System", "s", annotations="    tidegate.dev/tier: '1'\n")), [at(6, "unknown annotation 'tidegate.dev/tier' on System 's' (a System takes none)")]),
    (annotated("version: 1 0"), [at(6, "tidegate.dev/version is '1 0', which cannot name a version (letters, digits and . _ + - such as 1.4.0)")]),
    (annotated("version: 1.4"), [at(6, "metadata.annotations['tidegate.dev/version'] must be text, not '1.4' (put it in quotes: \"1.4\")")]),
    (annotated("tier: '5'"), [at(6, "tidegate.dev/tier is '5', which is not a tier (allowed: 1, 2, 3, 4)")]),
    (catalog_of(api("b-api", "1.4")), [at(6, "tidegate.dev/version is '1.4', which is not a semantic version (write major.minor.patch, such as 1.4.0)")]),
    (annotated("provides: 'b-api@1.0'"), [at(6, "'1.0' in tidegate.dev/provides is not a semantic version (write b-api@1.4.0)")]),
    (annotated("provides: b-api"), [at(6, "'b-api' in tidegate.dev/provides lacks a version (write api@version)")]),
    (annotated("provides: 'b-apu@1.0.0, c-api@1.0.0'"), [
        at(6, "tidegate.dev/provides names 'b-apu', which spec.providesApis does not (did you mean 'b-api'?)"),
        at(6, "tidegate.dev/provides names 'c-api', which spec.providesApis does not (did you mean 'b-api'?)"),
    ]),
    (annotated("consumes: 'c-api@latest'"), [at(6, "'latest' in tidegate.dev/consumes is not a range of versions (write c-api@^1.4, and a comma between entries)")]),
    (annotated("flags: 'new-checkout fast-quotes, a'"), [at(6, "'new-checkout fast-quotes' in tidegate.dev/flags is not the key of a flag (put a comma between keys)")]),
    (sunset("soon, ^1 2027-02-30"), [
        at(6, "'^1 2027-02-30' in tidegate.dev/sunset is not a range of versions and a date (write ^1 2027-01-31, and a comma between entries)"),
        at(6, "'soon' in tidegate.dev/sunset is not a range of versions and a date (write ^1 2027-01-31, and a comma between entries)"),
    ]),
    (sunset("2027-01-31"), [at(6, "'2027-01-31' in tidegate.dev/sunset is not a range of versions and a date (write ^1 2027-01-31, and a comma between entries)")]),
    (annotated("consumes: 'c-api'"), [at(6, "'c-api' in tidegate.dev/consumes lacks a version (write api@range)")]),
    (annotated("consumes: 'zz@^1'"), [at(6, "tidegate.dev/consumes names 'zz', which spec.consumesApis does not (add it to spec.consumesApis)")]),
    (annotated("consumes: 'c-api@^1, c-api@^2'"), [at(6, "'c-api' is twice in tidegate.dev/consumes (join ranges by ||)")]),
    ("apiVersion: backstage.io/v1alpha1\nkind: Componet\n", [at(2, "unknown kind 'Componet' (did you mean 'Component'?)")]),
    ("kind: Zzz\n", [at(1, "unknown kind 'Zzz' (known kinds: Component, API, System, Resource, Group, User, Domain, Location, Template)")]),
    ("a: 1\n", [at(1, "no 'kind' in this document (known kinds: Component, API, System, Resource, Group, User, Domain, Location, Template)")]),
    ("kind: Group\nmetadata: {}\n", [at(2, "metadata lacks 'name' (Every entity has a name)")]),
    ("kind: Group\nmetadata: {name: a b}\n", [at(2, "metadata.name is 'a b', which is not a name of at most 63 letters and digits with - _ . between them")]),
    ("kind: Group\nmetadata: {name: g}\n---\nkind: Component\nmetadata: {name: a}\nspec: {owner: h, providesApis: x}\n---\n- [", [
        at(6, "spec.providesApis must be a list, not 'x' (a list of entity references)"),
        at(8, "not YAML: while parsing a flow node, did not find expected node content"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_each_problem_is_told_with_its_place(folder: Path, text: str, expected: list[str]) -> None:
    assert problems(folder, text) == expected
    with pytest.raises(Refused) as refused:
        read_catalog(folder)
    assert str(refused.value) == "\n".join(expected)


def test_all_problems_of_all_files_come_at_once_in_order(folder: Path) -> None:
    for name in ("b", "a"):
        (folder / name).mkdir()
        (folder / name / "catalog-info.yaml").write_text(entity("Component", name, "  system: no\n"))
    with pytest.raises(Refused) as refused:
        read_catalog(folder)
    assert str(refused.value).splitlines() == [
        "c/a/catalog-info.yaml:6: unknown Group 'team' in owner of Component 'a' (declare the Group, or mend the name)",
        "c/a/catalog-info.yaml:7: unknown System 'no' in system of Component 'a' (declare the System, or mend the name)",
        "c/b/catalog-info.yaml:6: unknown Group 'team' in owner of Component 'b' (declare the Group, or mend the name)",
        "c/b/catalog-info.yaml:7: unknown System 'no' in system of Component 'b' (declare the System, or mend the name)",
    ]


def test_where_there_is_nothing_to_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = folder / ".git"
    hidden.mkdir()
    (hidden / "catalog-info.yaml").write_text("a: [")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "catalog-info.yaml").write_text("a: [")
    assert list(map(str, read(folder).problems)) == ["no catalog-info.yaml found under 'c'"]
    assert list(map(str, read(Path("no")).problems)) == ["no folder 'no' (check the path of the catalog)"]

    def closed(_: object, onerror: object) -> list[object]:
        assert callable(onerror)
        onerror(PermissionError(13, "Permission denied", "c/secret"))
        return []

    monkeypatch.setattr("os.walk", closed)
    found = read(folder)
    assert list(map(str, found.problems)) == ["cannot look into 'c/secret': Permission denied"]
    assert not found.complete


def test_one_file_can_be_given_instead_of_a_folder(folder: Path) -> None:
    file = folder / "anything.yaml"
    file.write_text(catalog_of(entity("Component", "a")))
    assert set(read_catalog(file).services) == {"a"}


def test_references_take_their_kind_and_namespace_from_where_they_stand() -> None:
    assert parse_ref("a", kind="API", namespace="n") == Ref(kind="API", namespace="n", name="a")
    assert parse_ref("component:m/a", kind="API") == Ref(kind="Component", namespace="m", name="a")
    assert parse_ref("widget:a") == Ref(kind="widget", namespace="default", name="a")
    for text in ("", "a", "a/b/c", "component:", "a b", ":a"):
        assert parse_ref(text) is None


def test_cycles_are_findings_and_do_not_make_a_catalog_unreadable(folder: Path) -> None:
    services = [
        entity("Component", "a", "  consumesApis: [b-api]\n"),
        entity("Component", "b", "  providesApis: [b-api]\n  dependsOn: ['component:c']\n"),
        entity("Component", "c", "  dependsOn: ['component:a', 'component:b']\n"),
        entity("Component", "d", "  dependsOn: ['component:d', 'component:a']\n"),
        entity("Component", "e", "  dependsOn: ['component:a']\n"),
    ]
    (folder / "catalog-info.yaml").write_text(catalog_of(*services, api("b-api")))
    catalog = read_catalog(folder)
    assert service_cycles(catalog) == (("b", "c", "b"), ("d", "d"))
    hint = "(turn one of these dependencies round, or move what both need into a service of its own)"
    assert list(map(str, cycle_problems(catalog))) == [
        at(12, f"dependency cycle b → c → b {hint}"),
        at(29, f"dependency cycle d → d {hint}"),
    ]
