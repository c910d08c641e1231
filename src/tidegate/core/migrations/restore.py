"""What contract gives up, and what is asked of the database to dump it, to check the dump and to bring it back.

Of a table that has two shapes these are the columns that only the old shape has, by key. A table that the new shape
does not have is given up whole, and one without a key is dumped as if it were. A dump is what `COPY` writes. It is good
if, loaded again, it has as many rows and the same checksum as the table had in the snapshot that was dumped.

The way back of last resort: columns come back beside the data as `_tidegate_restored_NAME`, tables as
`_tidegate_restored_TABLE`, and nothing that is there is changed. What was written after the dump is not in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.sql.names import fitted, literal, qualified, quoted
from tidegate.core.migrations.unfolding import Reshape, Unfolding

RESTORED = "_tidegate_restored"
"""What names of restored columns and tables begin with."""

PLAIN = (
    "SET LOCAL datestyle = ISO",
    "SET LOCAL intervalstyle = postgres",
    "SET LOCAL extra_float_digits = 1",
)
"""Values are written so that what is read back is the very same."""

QUALIFIED = "SET LOCAL search_path = ''"
"""Types and tables in definitions are written with their schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """What contract gives up of one table: these `columns`, or all of it where there are none.

    `key` says which row is meant; `later` and `later_key` are the names of table and key after contract.
    """

    schema: str
    table: str
    columns: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    later: str = ""
    later_key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """How many rows, and the sum of their hashes, whatever their order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What is given up of one table as it was: columns with their types, definitions as SQL, its sum, its file."""

    doomed: Doomed
    columns: tuple[tuple[str, str], ...]
    definitions: tuple[str, ...]
    sum: Sum
    file: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePoint:
    """The dumps of a migration, of one snapshot."""

    migration: MigrationName
    dumps: tuple[Dump, ...]

    @property
    def name(self) -> str:
        """A name that is the same for the same data, and another for any other."""
        told = "".join(f"{each.doomed}{each.columns}{each.sum}" for each in self.dumps)
        return fitted(plain(self.migration), sha256(told.encode()).hexdigest()[:12])


def doomed(unfolding: Unfolding) -> tuple[Doomed, ...]:
    """Everything that contract gives up."""
    reshaped = [_of_reshape(unfolding.schema, each) for each in unfolding.reshapes if each.dropped]
    hidden = [Doomed(schema=unfolding.schema, table=table) for table in unfolding.hidden]
    return (*reshaped, *hidden)


def _of_reshape(schema: str, reshape: Reshape) -> Doomed:
    if not reshape.key:
        return Doomed(schema=schema, table=reshape.table)
    new = dict(reshape.new)
    return Doomed(
        schema=schema,
        table=reshape.table,
        columns=(*reshape.key, *(each.column for each in reshape.dropped)),
        key=reshape.key,
        later=reshape.new_table,
        later_key=tuple(new[column] for column in reshape.key),
    )


def file_name(number: int, each: Doomed) -> str:
    """The file of the dump of a table; the number tells apart what is the same without special characters."""
    return f"{number:03}_{fitted(plain(each.table), limit=60)}.copy.gz"


def columns(each: Doomed) -> str:
    """Asks for the columns that are dumped, in order, with their types."""
    return (
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute "
        f"WHERE attrelid = {_regclass(each)} AND attnum > 0 AND NOT attisdropped {_among(each, 'attname')} "
        "ORDER BY attnum"
    )


def definitions(each: Doomed) -> str:
    """Asks for the SQL by which columns, constraints and indexes are made anew, by hand."""
    table = literal(qualified(each.schema, each.table))
    return (
        "SELECT concat_ws(' ', 'column', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), "
        "CASE WHEN a.attnotnull THEN 'NOT NULL' END, "
        "'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) FROM pg_catalog.pg_attribute AS a "
        "LEFT JOIN pg_catalog.pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum) "
        f"WHERE a.attrelid = {_regclass(each)} AND a.attnum > 0 AND NOT a.attisdropped {_among(each, 'a.attname')} "
        f"UNION ALL SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', {table}, o.conname, "
        "pg_get_constraintdef(o.oid)) FROM pg_catalog.pg_constraint AS o "
        f"WHERE o.conrelid = {_regclass(each)} {_covers(each, 'o.conkey')} "
        "UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index AS i "
        f"WHERE i.indrelid = {_regclass(each)} {_covers(each, 'i.indkey::int2[]')}"
    )


def room(each: Doomed) -> str:
    """Asks how many bytes a dump may take: twice the mean width of its columns, or the table where nobody knows it."""
    return (
        "SELECT CASE WHEN count(s.avg_width) = 0 OR c.reltuples < 0 THEN pg_table_size(c.oid) "
        "ELSE (c.reltuples * sum(2 * s.avg_width + 8))::bigint END FROM pg_catalog.pg_class AS c "
        f"LEFT JOIN pg_catalog.pg_stats AS s ON s.schemaname = {literal(each.schema)} AND s.tablename = c.relname "
        f"{_among(each, 's.attname')} WHERE c.oid = {_regclass(each)} GROUP BY c.oid, c.reltuples"
    )


def summed(table: str, names: Iterable[str]) -> str:
    """Asks for the sum of a table, as SQL, over some columns."""
    texts = ", ".join(f"{quoted(name)}::text" for name in names)
    hashed = f"pg_catalog.hash_record_extended(ROW(ARRAY[{texts}]::text[]), 0)"
    return f"SELECT count(*), coalesce(sum({hashed}), 0)::text FROM {table}"


def copied_out(dump: Dump) -> str:
    """Writes the rows out."""
    table = qualified(dump.doomed.schema, dump.doomed.table)
    return f"COPY (SELECT {_listed(dump)} FROM {table}) TO STDOUT"


def made(table: str, dump: Dump, *, temporary: bool) -> str:
    """Makes a table, as SQL, that takes the rows of a dump."""
    fields = ", ".join(f"{quoted(name)} {type_}" for name, type_ in dump.columns)
    return f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {table} ({fields})"


def copied_in(table: str, dump: Dump) -> str:
    """Reads the rows into a table, as SQL."""
    return f"COPY {table} ({_listed(dump)}) FROM STDIN"


def restored_table(dump: Dump) -> str:
    """The name, as SQL, under which a table comes back."""
    return qualified(dump.doomed.schema, fitted(RESTORED, dump.doomed.table))


def restored_columns(dump: Dump) -> str:
    """Puts empty columns beside the data."""
    table = qualified(dump.doomed.schema, dump.doomed.later)
    added = [
        f"ADD COLUMN IF NOT EXISTS {quoted(fitted(RESTORED, name))} {type_}"
        for name, type_ in _given_up(dump)
    ]
    return f"ALTER TABLE {table} {', '.join(added)}"


def restored_values(dump: Dump, loaded: str, pages: tuple[int, int]) -> str:
    """Fills them from some pages of the table, as SQL, that a dump was loaded into."""
    values = ", ".join(f"{quoted(fitted(RESTORED, name))} = d.{quoted(name)}" for name, _ in _given_up(dump))
    keys = zip(dump.doomed.later_key, dump.doomed.key, strict=True)
    same = " AND ".join(f"t.{quoted(later)} = d.{quoted(name)}" for later, name in keys)
    first, end = (f"'({page},0)'::tid" for page in pages)
    table = qualified(dump.doomed.schema, dump.doomed.later)
    return f"UPDATE {table} AS t SET {values} FROM {loaded} AS d WHERE {same} AND d.ctid >= {first} AND d.ctid < {end}"


def _given_up(dump: Dump) -> list[tuple[str, str]]:
    return [(name, type_) for name, type_ in dump.columns if name not in dump.doomed.key]


def _listed(dump: Dump) -> str:
    return ", ".join(quoted(name) for name, _ in dump.columns)


def _regclass(each: Doomed) -> str:
    return f"{literal(qualified(each.schema, each.table))}::regclass"


def _among(each: Doomed, field: str) -> str:
    return f"AND {field} = ANY ({_names(each)})" if each.columns else ""


def _covers(each: Doomed, numbers: str) -> str:
    """That some of the columns are among these, by their numbers."""
    wanted = f"SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid = {_regclass(each)} {_among(each, 'attname')}"
    return f"AND {numbers} && ARRAY({wanted})" if each.columns else ""


def _names(each: Doomed) -> str:
    return f"ARRAY[{', '.join(map(literal, each.columns))}]::name[]"


def plain(name: str) -> str:
    """A name that files can have."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
