"""What an Alembic revision says, as SQL: a program of its own, which runs the revision's Python.

    python -I -B offline.py REVISION.py  ─►  {"up": "…", "down": "…"} or {"problem": "…", "line": 7}

The revision gets Alembic's offline mode for PostgreSQL: no connection, statements written as text. What it asks of a
database has no answer, which stops it. Beyond that the process has no environment, no drivers of databases, opens no
connections, starts no processes and has bounds on memory, time and what it writes. That stops mistakes; it is no cell
for code that means harm.
"""

import importlib.util
import io
import json
import os
import resource
import sys
import traceback
from typing import Any, Final, NoReturn

from alembic.migration import MigrationContext
from alembic.operations import Operations

MEMORY: Final = 2 << 30
PROCESSOR_SECONDS: Final = 20
MOST_WRITTEN: Final = 8 << 20
DRIVERS: Final = ("psycopg", "psycopg2", "asyncpg", "pg8000", "aiopg", "psycopg2cffi")
FORBIDDEN: Final = (
    *("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "pty.spawn"),
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
)
"""Audit events (docs.python.org/3/library/audit_events.html) of leaving this process."""


class AsksDatabase(BaseException):
    """The revision wants to know what only a database knows; no `except Exception` of its own goes on without."""


class _Unknown:
    """The answer that nothing gives; whoever looks into it is stopped."""

    def _stop(self, *_: object) -> NoReturn:
        raise AsksDatabase("it reads what a database answers")

    __getattr__ = __getitem__ = __iter__ = __bool__ = __len__ = __eq__ = __ne__ = _stop
    __hash__ = object.__hash__


class _Bind:
    """What `op.get_bind()` gives: statements are written, questions have no answer."""

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self.dialect = context.dialect

    def execute(self, statement: Any, values: object = None, **_: object) -> _Unknown:
        if values:
            raise AsksDatabase("it binds values to a statement: they must be written into it")
        self._context.impl.execute(statement)
        return _Unknown()

    exec_driver_sql = execute

    def in_transaction(self) -> bool:
        return False

    def __getattr__(self, name: str) -> NoReturn:
        raise AsksDatabase(f"it asks the connection for {name}")


def main(file: str) -> None:
    """Print what the revision says."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _confine()
        json.dump(said(file), answer)


def _confine() -> None:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
    ):
        resource.setrlimit(limit, (most, most))
    sys.modules.update(dict.fromkeys(DRIVERS))  # type: ignore[arg-type]  # None keeps a module from being imported
    sys.addaudithook(_watch)


def _watch(event: str, _: object) -> None:
    if event in FORBIDDEN:
        raise PermissionError(f"{event} is not allowed while a migration is read")


def said(file: str) -> dict[str, Any]:
    """The SQL of both directions, or why it cannot be known and the line that wants to know."""
    try:
        specification = importlib.util.spec_from_file_location("revision", file)
        assert specification
        assert specification.loader
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return {name: _sql(module, f"{name}grade") for name in ("up", "down")}
    except BaseException as error:  # noqa: BLE001 - whatever the revision does, the answer is an answer
        return {"problem": _told(error), "line": _line(error, file)}


def _sql(module: Any, name: str) -> str:
    """The SQL that a function of the revision stands for; nothing where it is missing or is not implemented."""
    buffer = io.StringIO()
    options = {"as_sql": True, "literal_binds": True, "output_buffer": buffer, "transactional_ddl": False}
    named = {"paramstyle": "named"}  # others would double each percent sign
    context = MigrationContext.configure(dialect_name="postgresql", dialect_opts=named, opts=options)
    _bind(context, _Bind(context))
    with Operations.context(context):
        try:
            getattr(module, name, lambda: None)()
        except NotImplementedError:
            if name == "upgrade":
                raise
            return ""
    return buffer.getvalue().encode().decode()  # which raises where PostgreSQL would not take it


def _bind(context: Any, bind: _Bind) -> None:
    context.connection = context.impl.connection = bind


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, AsksDatabase) else f"{type(error).__name__}: {error}"


def _line(error: BaseException, file: str) -> int:
    """The last line of the revision that was at work."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == file), 1)


if __name__ == "__main__":
    main(sys.argv[1])
