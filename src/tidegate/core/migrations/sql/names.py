"""Names and texts as SQL writes them."""

from hashlib import sha256

from tidegate.core.migrations.unfolding import NAME_BYTES

_DIGEST = 8


def quoted(name: str) -> str:
    """A name that keeps its letters as they are."""
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """A name and the schema that it is in."""
    return f"{quoted(schema)}.{quoted(name)}"


def referenced(schema: str, table: str) -> str:
    """A table that may say itself which schema it is in, as `schema.table`; else it is in `schema`."""
    before, dot, name = table.partition(".")
    return qualified(before, name) if dot else qualified(schema, table)


def listed(names: tuple[str, ...]) -> str:
    """Names in parentheses."""
    return f"({', '.join(map(quoted, names))})"


def literal(text: str) -> str:
    """A string constant, whatever `standard_conforming_strings` is set to."""
    inner = text.replace("'", "''")
    return "E'" + inner.replace("\\", "\\\\") + "'" if "\\" in inner else f"'{inner}'"


def too_long(name: str) -> bool:
    """Whether PostgreSQL would cut it."""
    return len(name.encode()) > NAME_BYTES


def fitted(*parts: str, limit: int = NAME_BYTES) -> str:
    """The parts joined by `_`; over `limit` bytes cut, and told apart from others by a digest."""
    whole = "_".join(parts)
    if len(whole.encode()) <= limit:
        return whole
    start = whole.encode()[: limit - _DIGEST - 1].decode(errors="ignore")
    return f"{start}_{sha256(whole.encode()).hexdigest()[:_DIGEST]}"
