"""The manifest of a restore point: JSON that says what its files hold, readable without tidegate."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.restore import Doomed, Dump, RestorePoint, Sum

FORMAT = 1
"""Of manifests that this version writes and reads."""


def written(point: RestorePoint) -> str:
    """As text."""
    return json.dumps({"format": FORMAT, **asdict(point)}, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> RestorePoint | None:
    """The restore point that a manifest tells; None if this is none."""
    try:
        said = json.loads(text)
        return _point(said) if said["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _point(said: Mapping[str, Any]) -> RestorePoint:
    return RestorePoint(
        migration=MigrationName(str(said["migration"])), dumps=tuple(map(_dump, said["dumps"]))
    )


def _dump(said: Mapping[str, Any]) -> Dump:
    total = said["sum"]
    return Dump(
        doomed=_doomed(said["doomed"]),
        columns=tuple((str(name), str(type_)) for name, type_ in said["columns"]),
        definitions=tuple(map(str, said["definitions"])),
        sum=Sum(rows=int(total["rows"]), checksum=str(total["checksum"])),
        file=str(said["file"]),
        digest=str(said["digest"]),
    )


def _doomed(said: Mapping[str, Any]) -> Doomed:
    lists = {name: tuple(map(str, said[name])) for name in ("columns", "key", "later_key")}
    return Doomed(schema=str(said["schema"]), table=str(said["table"]), later=str(said["later"]), **lists)
