"""SQL of users, as it is: what it does to the database is told from a table of its kinds, before anything runs.

What stops reads or writes for as long as a table is large is refused, and so is what no reverse undoes while the file
does not say so.
"""

from collections.abc import Callable, Collection, Iterator

from tidegate.core.errors import Problem
from tidegate.core.migrations.operations import RawSql
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.sql.own import Own, named, statements
from tidegate.core.migrations.sql.reverses import creates, derived, lost
from tidegate.core.migrations.sql.tables import puts_away
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.sql.tokens import balanced, broken, tokens
from tidegate.core.migrations.statements import Effort, Statement
from tidegate.core.migrations.unfolding import PhasePlan

_LONG = {Effort.SCAN: "reads", Effort.BUILD: "reads and sorts", Effort.REWRITE: "rewrites"}


def unfolded(schema: str, operation: RawSql, migration: str) -> tuple[PhasePlan, ...]:
    """Its statements at expand with their way back, or at contract. `problems` says beforehand what is wrong."""
    owns = statements(operation.up)
    forth = tuple(_statement(own, operation) for own in owns)
    if operation.on_contract:
        return (PhasePlan(phase=Phase.CONTRACT, forth=forth),)
    back = tuple(_reverse(own, operation, schema, migration) for own in _back(operation, owns))
    return (PhasePlan(phase=Phase.EXPAND, forth=forth, back=back),)


def problems(operation: RawSql, volatile_functions: Collection[str] = ()) -> tuple[Problem, ...]:
    """Everything that keeps its statements from being part of a migration."""
    flaws = [flaw for sql in (operation.up, operation.down) for flaw in _malformed(sql)]
    if flaws:
        return tuple(_problem(operation, *flaw) for flaw in flaws)
    up, down = statements(operation.up, volatile_functions), statements(operation.down, volatile_functions)
    if not up:
        return (_problem(operation, "there is no statement in it", "leave the operation out"),)
    made = creates(up)
    found = [flaw for own in (*up, *down) for check in _CHECKS for flaw in check(own, made)]
    found += [] if _may_stay(operation) else _no_way_back(operation, up)
    return tuple(_problem(operation, *flaw) for flaw in found)


def irreversible(operation: RawSql) -> tuple[str, ...]:
    """What of it has no way back, before contract, in words."""
    if not operation.irreversible or operation.on_contract:
        return ()
    return tuple(f"{own.head}: {operation.irreversible}" for own in statements(operation.up))


Flaw = tuple[str, str]
"""What is wrong, and what to do."""


def _problem(operation: RawSql, message: str, hint: str) -> Problem:
    return Problem(message=f"sql: {message}", location=operation.location, hint=hint)


def _malformed(sql: str) -> Iterator[Flaw]:
    found = tokens(sql)
    if broken(found):
        yield "a string, a quoted name or a comment in it never ends", "close it"
    elif not balanced(found):
        yield "its brackets do not match", "mend them"


def _unknown(own: Own, _: Collection[str]) -> Iterator[Flaw]:
    if None in own.kinds:
        yield (
            f"nobody knows what `{own.head}` does to the database",
            "write it in a form that PostgreSQL's manual has",
        )


def _refused(own: Own, _: Collection[str]) -> Iterator[Flaw]:
    yield from ((f"`{own.head}` {kind.refused}", kind.instead) for kind in own.known if kind.refused)


def _blocking(own: Own, made: Collection[str]) -> Iterator[Flaw]:
    """A table that only these statements know stops nobody."""
    if own.table in made or own.effort not in _LONG or not own.lock.stops_writes:
        return
    who = "everybody" if own.lock.stops_reads else "every write"
    what = f"`{own.head}` {_LONG[own.effort]} every row under {own.lock}, which stops {who} meanwhile"
    instead = next((kind.instead for kind in own.known if kind.effort is own.effort), "")
    yield what, instead or "put it into a statement of its own"


def _unnamed(own: Own, _: Collection[str]) -> Iterator[Flaw]:
    """What is left of a build that failed is found by the name of the index."""
    if not own.alone or own.words[0] != "CREATE":
        return
    name = named(own.found, "INDEX")
    if not name or name[0].word == "ON":
        yield f"`{own.head}` names no index", "give it a name"


_CHECKS: tuple[Callable[[Own, Collection[str]], Iterator[Flaw]], ...] = (
    _unknown,
    _refused,
    _blocking,
    _unnamed,
)


def _may_stay(operation: RawSql) -> bool:
    """Whether nothing need undo it."""
    return operation.on_contract or bool(operation.irreversible)


def _no_way_back(operation: RawSql, up: tuple[Own, ...]) -> list[Flaw]:
    found = [
        (f"`{own.head}` gives up {what}, which no reverse brings back", f"{instead}, or {_SAY}")
        for own, what, instead in lost(up)
    ]
    heads = [f"`{own.head}`" for own in up if not (operation.derive and derived(own))]
    if heads and not operation.down:
        found.append((f"no way back from {', '.join(heads)}, and nothing says so", f"give `down`, or {_SAY}"))
    return found


_SAY = "run it on contract, or say why it is irreversible"


def _back(operation: RawSql, up: tuple[Own, ...]) -> tuple[Own, ...]:
    """The statements of the way back: the file's own, or those derived, the last first."""
    if operation.down or not operation.derive:
        return statements(operation.down)
    return tuple(own for done in reversed(up) for own in statements(derived(done)))


def _reverse(own: Own, operation: RawSql, schema: str, migration: str) -> Statement:
    """A statement of the way back; a table that goes keeps the rows that were written into it."""
    name = named(own.found, "TABLE")
    if own.words[:2] != ("DROP", "TABLE") or not name:
        return _statement(own, operation)
    within = name[0].name if len(name) > 1 else schema
    table = Target(schema=within, table=own.table, location=operation.location)
    return puts_away(table, migration)


def _statement(own: Own, operation: RawSql) -> Statement:
    return Statement(
        sql=_repeatable(own),
        summary=f"run {own.head}",
        lock=own.lock,
        effort=own.effort,
        tables=(own.table,) if own.table else (),
        alone=own.alone,
        index=_index(own),
        location=operation.location,
    )


def _repeatable(own: Own) -> str:
    """The statement so that it may run again: outside of transactions nobody knows whether it is through."""
    repeat = next((kind.repeat for kind in own.known if kind.repeat), "")
    word = repeat.partition(" ")[0]
    place = next((place for place, token in enumerate(own.found) if token.word == word), None)
    if not repeat or place is None or own.words[place + 1 : place + 2] == ("IF",):
        return own.text
    token = own.found[place]
    return f"{own.text[: token.start]}{repeat}{own.text[token.end :]}"


def _index(own: Own) -> str:
    """The index that it builds beside the traffic, as the database calls it."""
    if own.effort is not Effort.BUILD or not own.alone or own.words[0] != "CREATE":
        return ""
    return named(own.found, "INDEX")[-1].name
