"""Migrations in a Change file: what is read of them, and what is wrong with them, told with its place."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path

import pytest

from tidegate.core.catalog import Provision
from tidegate.core.change import Change, Contract
from tidegate.core.errors import Location, Refused
from tidegate.core.ids import InterfaceName
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.sources.change import read_change_and_catalog

CATALOG = "---\n".join(
    [
        *(f"kind: Group\nmetadata: {{name: {name}}}\n" for name in ("books-team", "web-team", "audit-team")),
        *(
            f"kind: Component\nmetadata: {{name: {name}, annotations: {{tidegate.dev/version: '1.0.0'}}}}\n"
            f"spec: {{owner: {owner}, {more}}}\n"
            for name, owner, more in [
                ("ledger", "books-team", ""),
                ("web", "web-team", ""),
                ("audit", "audit-team", "consumesApis: [books]"),
                ("store", "books-team", "providesApis: [books]"),
            ]
        ),
        "kind: API\nmetadata: {name: books, annotations: {tidegate.dev/version: '1.0.0'}}\nspec: {owner: books-team}\n",
    ]
)  # fmt: skip

MIGRATION = """\
apiVersion: tidegate.dev/v1alpha1
kind: Migration
metadata: {name: amounts}
spec:
  operations:
    - alterColumn: {table: bookings, column: amount, type: numeric, up: amount::numeric, down: amount::text}
"""

HEAD = """\
apiVersion: tidegate.dev/v1alpha1
kind: Change
metadata: {name: c}
spec:
  catalog: catalog
  strategy: {canary: {stages: [{exposure: 50%, bake: 30s, wait: 1h}]}}
"""


def release(service: str, more: str = "") -> str:
    return f"{{service: {service}, version: 2.0.0, artifact: a, digest: 'sha256:{'0' * 64}'{more}}}"


RELEASES = "".join(f"    - {release(name)}\n" for name in ("ledger", "web"))


def change_of(*migrations: str, releases: str = RELEASES) -> str:
    """A change whose releases stand from line 8 on, and its migrations from line 11 on."""
    listed = "".join(f"    - {{{each}}}\n" for each in migrations)
    return f"{HEAD}  releases:\n{releases}  migrations:\n{listed}"


FILE = "file: m.yaml, database: books"


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog").mkdir()
    Path("catalog/catalog-info.yaml").write_text(CATALOG)
    Path("m.yaml").write_text(MIGRATION)
    Path("n.yaml").write_text(MIGRATION.replace("amounts", "others"))
    Path("broken.yaml").write_text(MIGRATION.replace("alterColumn", "alterColum"))
    Path("for-good.yaml").write_text(
        f"{MIGRATION}    - sql: {{up: TRUNCATE log, irreversible: rows are thrown away}}\n"
    )


def read(text: str) -> Change:
    Path("c.yaml").write_text(text)
    return read_change_and_catalog(Path("c.yaml"))[0]


def test_a_migration_with_everything_that_is_said_of_it() -> None:
    (use,) = read(
        change_of(
            f"{FILE}, writers: [ledger, ledger], readers: [web, ledger], soak: 2h, contract: later,"
            " approvals: [audit-team, 'group:web-team'], interfaces: [{interface: books, to: 2.0.0}]"
        )
    ).migrations
    assert (use.migration.name, use.migration.operations[0].kind) == ("amounts", "alter-column")
    assert (use.database, use.writers, use.readers) == ("books", ("ledger",), ("web", "ledger"))
    assert (use.soak, use.contract, use.approvals) == (7200.0, Contract.LATER, ("audit-team", "web-team"))
    assert use.provides == (Provision(interface=InterfaceName("books"), versions=("2.0.0",)),)
    assert use.location == Location(file="c.yaml", line=11)


def test_what_is_left_out_is_an_hour_and_the_owners_of_all_who_are_concerned() -> None:
    """Of those who write, who read, and who see the data through an interface, today or from now on."""
    releases = f"{RELEASES}    - {release('store', ', consumes: {books: ^2.0.0}')}\n"
    text = change_of(
        f"{FILE}, readers: [web], interfaces: [{{interface: books, to: 2.0.0}}]",
        releases=releases,
    )
    (use,) = read(text).migrations
    assert (use.soak, use.contract) == (3600.0, Contract.NOW)
    assert use.approvals == ("web-team", "audit-team", "books-team")


def test_a_change_may_be_a_migration_alone_and_has_a_plan() -> None:
    Path("c.yaml").write_text(f"{HEAD}  migrations: [{{{FILE}, approvals: [books-team]}}]\n")
    change, catalog = read_change_and_catalog(Path("c.yaml"))
    plan = make_plan(catalog, change)
    assert isinstance(plan, Plan)
    assert [step.id for step in plan.steps] == [
        f"migration/amounts/{part}" for part in ("expand", "backfill", "switch", "contract")
    ]


HINT = "(leave one of them to another change)"
PROBLEMS: list[tuple[tuple[str, ...], list[str]]] = [
    ((f"{FILE}, writers: [ledgr], readers: [store]",), [
        "c.yaml:11: 'ledgr' in writers is not released by this change (did you mean 'ledger'?)",
        "c.yaml:11: 'store' in readers is not released by this change (only new versions read or write a new shape)",
    ]),
    (("file: none.yaml, database: books", "file: broken.yaml, database: books"), [
        "broken.yaml:6: unknown field 'alterColum' in spec.operations[0] (did you mean 'alterColumn'?)",
        "c.yaml:11: no migration at 'none.yaml' (write the file's path relative to this file)",
    ]),
    (("database: books, writers: [ledger]",), ["c.yaml:11: spec.migrations[0] lacks 'file' (The migration's file, relative to this one)"]),
    ((f"{FILE}, writers: [ledger], interfaces: [{{interface: boks, to: two}}, {{interface: zzz, to: 2.0.0}}]",), [
        "c.yaml:11: 'two' is not a semantic version (such as 2.0.0)",
        "c.yaml:11: unknown interface 'boks' of a migration (did you mean 'books'?)",
        "c.yaml:11: unknown interface 'zzz' of a migration (the catalog has no API of that name)",
    ]),
    ((f"{FILE}, approvals: [book-team, 'group:zzz']",), [
        "c.yaml:11: unknown owner 'book-team' in approvals (did you mean 'books-team'?)",
        "c.yaml:11: unknown owner 'group:zzz' in approvals (the catalog has no Group of that name)",
    ]),
    ((f"{FILE}, writers: [ledger], contract: only, soak: 1h",), [
        "c.yaml:11: a soak of '1h' where the new shape was switched to by another change (leave it out)",
    ]),
    ((f"{FILE}, writers: [ledger]", f"{FILE}, writers: [ledger]"), [
        f"c.yaml:12: a second amounts (first at c.yaml:11) {HINT}",
        f"c.yaml:12: a second migration of schema public of books, where one runs at a time (first at c.yaml:11) {HINT}",
    ]),
    (("file: for-good.yaml, database: books",), [
        "c.yaml:11: nobody is asked to approve of the contract of amounts, after which the old shape goes for good, but for the dump that is taken and checked before (add approvals: owners of the catalog)",
        "c.yaml:11: nobody is asked to approve of the expand of amounts, after which rows are thrown away (add approvals: owners of the catalog)",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("migrations", "messages"), PROBLEMS)
def test_everything_that_is_wrong_is_told_with_its_place(
    migrations: tuple[str, ...], messages: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        read(change_of(*migrations))
    assert sorted(map(str, refused.value.problems)) == messages


def test_two_databases_are_migrated_by_one_change() -> None:
    text = change_of(f"{FILE}, writers: [ledger]", "file: n.yaml, database: shop, readers: [web]")
    assert [use.migration.name for use in read(text).migrations] == ["amounts", "others"]
