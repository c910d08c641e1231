"""Database files: the databases that migrations are carried out on, and how they are reached.

database.yaml ─► Database      paths in it are relative to the file; the password stays where it is
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.database import Database
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.secrets import secret_at
from tidegate.sources.tree import Node
from tidegate.sources.twice import named_twice

SECRETS: Final = frozenset(("password", "sslpassword", "oauth_client_secret"))
"""Parameters of libpq's URLs that are secrets (its documentation, Parameter Key Words)."""

SCHEMES: Final = ("postgresql://", "postgres://")
_SUCH: Final = "such as postgresql://tidegate@db.example.com/shop"

PLACES: Final = ("host", "port", "dbname")
"""An `@` in these was to end a password that libpq did not know for one."""


def read_databases(paths: Iterable[Path]) -> tuple[Database, ...]:
    """Database files, one database each; raises `Refused` with everything that is wrong with any of them."""
    read = [(path, *read_kind(path, "Database")) for path in paths]
    problems = [problem for _, root, found in read for problem in _problems(root, found)]
    problems += named_twice((root.at("metadata", "name") for _, root, _ in read), "a database")
    if problems:
        raise Refused(in_order(problems))
    return tuple(_database(root, path.parent) for path, root, _ in read)


def database_of(url: str) -> Database:
    """The database of a URL that somebody typed, by the last part of its name; what is refused is not said again."""
    said = _said(url)
    if not url.startswith(SCHEMES) or said is None:
        raise Refused([Problem(message="that is no URL that libpq reads", hint=f"write one {_SUCH}")])
    if _holds_secret(said):
        hint = "set PGPASSWORD or PGPASSFILE, or name a file of kind Database"
        raise Refused([Problem(message="the URL holds a password, which others can see", hint=hint)])
    return Database(name=DatabaseName(said.get("dbname") or "postgres"), url=url)


def _holds_secret(said: Mapping[str, str]) -> bool:
    return bool(SECRETS & said.keys()) or any("@" in said.get(part, "") for part in PLACES)


def _problems(root: Node, found: Iterable[Problem]) -> Iterator[Problem]:
    """What a schema and what no schema says; lines with a secret in them are told without their words."""
    secret = tuple(_secrets(root.at("spec")))
    lines = {problem.location for problem in secret}
    yield from (problem for problem in found if problem.location not in lines)
    yield from secret


def _secrets(spec: Node) -> Iterator[Problem]:
    url, password = spec.at("url"), spec.at("password")
    said = _said(url.text)
    if said is None:
        yield url.problem("spec.url is no URL that libpq reads", f"write one {_SUCH}")
    elif _holds_secret(said):
        yield url.problem("spec.url holds a password", "take it out, and say under password where it is")
    if password and not password.fields:
        hint = "say where the password is, not what it is"
        yield password.problem("spec.password holds no file or variable", hint)


def _said(url: str) -> Mapping[str, str] | None:
    """What libpq reads in a URL."""
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items()} if url else {}
    except (psycopg.ProgrammingError, UnicodeError):
        return None


def _database(root: Node, folder: Path) -> Database:
    spec = root.at("spec")
    password = spec.at("password")
    return Database(
        name=DatabaseName(root.at("metadata", "name").text),
        url=spec.at("url").text,
        password=secret_at(password, folder) if password else None,
    )
