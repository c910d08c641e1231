"""A PostgreSQL database that migrations are carried out on (see `sources.databases` for its file)."""

from dataclasses import dataclass

from tidegate.core.ids import DatabaseName
from tidegate.core.telemetry import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database by the name that changes call it; `url` as libpq reads it, without a password.

    Where no `password` is named, libpq finds one by its own means (`PGPASSFILE`, `PGSERVICEFILE`, peer).
    """

    name: DatabaseName
    url: str
    password: Secret | None = None
