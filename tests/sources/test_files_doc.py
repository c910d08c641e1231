"""`docs/files.md` says of every field what its schema says: the tables there are these rows.

After a change of a schema, `python tests/sources/test_files_doc.py` rewrites the tables.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tidegate.sources.annotations import ANNOTATIONS
from tidegate.sources.documents import schemas

DOC = Path(__file__).parents[2] / "docs" / "files.md"
TABLE = re.compile(r"(<!-- fields of (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
FORMS = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
}


def table(kind: str) -> str:
    rows = "".join(fields(schemas()[kind], schemas()[kind], "", {}))
    return f"\n| field | form | meaning |\n| --- | --- | --- |\n{rows}\n"


def fields(
    root: Mapping[str, Any], schema: Mapping[str, Any], prefix: str, told: dict[str, str]
) -> Iterator[str]:
    for name, written in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        field, ref = resolved(root, written)
        required = name in schema.get("required", ())
        seen = told.get(ref) if ref and inner(root, field)[0] else None
        yield row(path, field, required=required, like=seen)
        if seen is None:
            told[ref] = path
            below, marker = inner(root, field)
            yield from fields(root, below, f"{path}{marker}.", told)


def resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """A schema with what it refers to, and the name of that."""
    ref = schema.get("$ref", "")
    target = root["$defs"][ref.removeprefix("#/$defs/")] if ref else {}
    return {**target, **schema}, ref


def inner(root: Mapping[str, Any], field: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """What has fields of its own below a field: the field itself, or the elements of its list."""
    if "properties" in field:
        return field, ""
    element, _ = resolved(root, field.get("items", {}))
    return (element, "[]") if "properties" in element else ({}, "")


def row(path: str, field: Mapping[str, Any], *, required: bool, like: str | None) -> str:
    form = field.get("title") or words(field)
    notes = [field.get("description", "")]
    notes += [f"As `{like}`."] if like else []
    notes += [f"Default: `{default(field['default'])}`."] if "default" in field else []
    mark = " (required)" if required else ""
    return f"| `{path}`{mark} | {form} | {' '.join(filter(None, notes))} |\n".replace("||", "\\|\\|")


def default(value: object) -> str:
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return written.replace("|", "\\|")


def words(field: Mapping[str, Any]) -> str:
    allowed = field.get("enum", [field["const"]] if "const" in field else [])
    if allowed:
        return ", ".join(f"`{word}`" for word in allowed)
    types = field.get("type", [])
    return " or ".join(FORMS[name] for name in ([types] if isinstance(types, str) else types))


def rewritten(text: str) -> str:
    return TABLE.sub(lambda found: f"{found[1]}{table(found[2])}{found[4]}", text)


@pytest.mark.parametrize("kind", schemas())
def test_every_kind_has_its_table(kind: str) -> None:
    assert f"<!-- fields of {kind} -->" in DOC.read_text()


def test_the_tables_are_what_the_schemas_say() -> None:
    text = DOC.read_text()
    assert rewritten(text) == text, "run: python tests/sources/test_files_doc.py"


def test_every_annotation_is_in_the_docs() -> None:
    text = DOC.read_text()
    for kind, names in ANNOTATIONS.items():
        for name in names:
            assert re.search(rf"^\| `{name}` \| {kind} \|", text, re.MULTILINE), (kind, name)


if __name__ == "__main__":
    DOC.write_text(rewritten(DOC.read_text()))
