"""Files of migrations, written and read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from tidegate.core.errors import Refused
from tidegate.core.migrations.operations import Migration
from tidegate.sources.migrations import read_migration

HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: Migration\nmetadata: {name: ours}\nspec:\n"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Migration]:
    """Writes files by their names into a folder that is then the working directory, and reads the first."""
    monkeypatch.chdir(tmp_path)

    def written(files: dict[str, str], **how: Any) -> Migration:
        for name, text in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        return read_migration(Path(next(iter(files))), **how)

    return written


def ours(spec: str) -> dict[str, str]:
    """A Migration file with this spec, which begins on line 5."""
    return {"ours.yaml": HEAD + indent(dedent(spec), "  ")}


def operations(text: str) -> dict[str, str]:
    """A Migration file with these operations, the first of which is on line 6."""
    return ours("operations:\n" + indent(dedent(text), "  "))


def told(read: Callable[..., Migration], files: dict[str, str], **how: Any) -> list[str]:
    """What is wrong with them."""
    with pytest.raises(Refused) as refused:
        read(files, **how)
    return [str(problem) for problem in refused.value.problems]


def without_place(migration: Migration) -> Iterator[Any]:
    """Its operations, wherever they stand."""
    for operation in migration.operations:
        yield type(operation)(
            **{
                name: getattr(operation, name)
                for name in operation.__slots__
                if name not in ("kind", "location")
            }
        )
