"""Which form a file has is told from it; folders are read in the order of names; nothing but `Refused` is raised."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.sources.migrations import test_own, test_pgroll
from tests.sources.migrations.conftest import operations

from tidegate.core.errors import Refused
from tidegate.core.migrations.operations import Migration
from tidegate.sources.migrations import read_migration, read_migrations

DROP = "operations: [{drop_table: {name: a}}]\n"
OURS = operations("- dropTable: {table: a}")["ours.yaml"]


def told(*paths: Path) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_migrations(paths)
    return [str(problem) for problem in refused.value.problems]


def test_folders_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    names = ["10_b.yaml", "9_z.json", "010_a.yml", "z.yaml", "notes.txt", "env.py", ".hidden/1.yaml"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(DROP)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/up.sql").write_text("a")
    (tmp_path / "other/down.sql").write_text("b")
    found = read_migrations([tmp_path / "other", tmp_path], schema="crm")
    assert [each.name for each in found] == ["other", "9_z", "010_a", "10_b", "z"]
    assert {each.schema for each in found} == {"crm"}


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text("operations: []\n")
    (tmp_path / "2.yaml").write_text(OURS)
    (tmp_path / "3.yaml").write_text(OURS)
    assert told(tmp_path, tmp_path / "4.yaml", tmp_path / "no") == [
        f"{tmp_path}/1.yaml:1: operations is empty (What is wanted, in order)",
        f"cannot read '{tmp_path}/4.yaml': No such file or directory (check the path)",
        (
            f"'{tmp_path}/no' is no form of migration that tidegate reads"
            " (it reads .yaml, .yml, .json, .sql, .py, and folders with up.sql)"
        ),
        f"{tmp_path}/3.yaml:1: 'ours' is a migration already (first at {tmp_path}/2.yaml:1) (rename one)",
    ]


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    assert told(tmp_path) == [f"no migrations found under '{tmp_path}'"]


@pytest.mark.parametrize("name", ["a\tb", "x" * 64])
def test_a_file_may_have_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.yaml").write_text(DROP)
    assert "is no name for a migration (rename it" in told(tmp_path)[0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "nothing in this file"),
        ("a: [", "not YAML"),
        ("- operations\n", "the file must be a mapping, not a list"),
        ("kind: Change\noperations: []\n", "this is a Change, not a Migration"),
        ("a: &a [1]\nb: &b [*a, *a]\n" + "operations: " + "[" * 70, "nested deeper than 64 levels"),
    ],
)
def test_a_document_is_ours_unless_it_is_of_pgroll(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "a.yaml").write_text(content)
    assert problem in told(tmp_path)[0]


# -- whatever a file holds ---------------------------------------------------------------------------------

SEEDS = [
    *(operations(text)["ours.yaml"] for text, _ in test_own.MEANT),
    *(test_pgroll.theirs(text)["07_rooms.yaml"] for text, _ in test_pgroll.MEANT),
]
WORDS = sorted({word for seed in SEEDS for word in seed.replace(":", " ").split() if word.isidentifier()})
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(WORDS))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text()), inner, max_size=4),
    ),
    max_leaves=8,
)


@st.composite
def grafted(draw: st.DrawFn) -> bytes:
    """A good file in which one value, anywhere, is replaced by any other, or lost."""
    document: Any = yaml.safe_load(draw(st.sampled_from(SEEDS)))
    here = document
    while True:
        key = draw(st.sampled_from(list(here) if isinstance(here, dict) else list(range(len(here)))))
        if not isinstance(here[key], (dict, list)) or not here[key] or draw(st.integers(0, 3)) == 0:
            break
        here = here[key]
    if draw(st.booleans()):
        here[key] = draw(values)
    else:
        del here[key]
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode(errors="replace")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(
    content=st.one_of(grafted(), st.binary(max_size=200)),
    name=st.sampled_from(["a.yaml", "a.json", "a.sql", "a.up.sql"]),
)
@settings(max_examples=200, deadline=None)
def test_reading_anything_raises_nothing_but_refused(folder: Path, content: bytes, name: str) -> None:
    (folder / name).write_bytes(content)
    try:
        found = [str(read_migration(folder / name).name)]
    except Refused as refused:
        found = [str(problem) for problem in refused.problems]
    assert found, "a refusal gives its reasons"
    assert all(found)


@pytest.mark.parametrize("content", SEEDS)
def test_a_migration_crosses_temporal_unchanged(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.yaml").write_text(content)
    migration = read_migration(tmp_path / "a.yaml")
    adapter = TypeAdapter(Migration)
    assert adapter.validate_json(adapter.dump_json(migration)) == migration
