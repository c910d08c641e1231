"""Questions to the catalogs about all tables of one schema at once; `%(schema)s` is its name.

Each answer begins with the name of the table that it is about. Names of other schemas are written out in full, because
the search path is the schema alone while these are asked.
"""

_BOTH_ENDS = """
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(a.attname::text ORDER BY u.place), '{}') AS names
    FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number
) own
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(a.attname::text ORDER BY u.place), '{}') AS names
    FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number
) there
"""


def _called(relation: str) -> str:
    """What a table or view is called among those of the schema of `c`."""
    other = f"{relation}.relnamespace <> c.relnamespace"
    schema = f"CASE WHEN {other} THEN {relation}.relnamespace::regnamespace || '.' ELSE '' END"
    return f"coalesce({schema} || {relation}.relname, '')"


TABLES = """
SELECT c.relname, c.relkind, c.relispartition, c.relhassubclass OR i.inhrelid IS NOT NULL,
    greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid), c.relreplident, x.relname,
    obj_description(c.oid, 'pg_class')
FROM pg_class c
LEFT JOIN (SELECT DISTINCT inhrelid FROM pg_inherits) i ON i.inhrelid = c.oid
LEFT JOIN pg_index r ON r.indrelid = c.oid AND r.indisreplident
LEFT JOIN pg_class x ON x.oid = r.indexrelid
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p', 'f')
ORDER BY c.relname
"""

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, a.attidentity,
    CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) ELSE '' END,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text ELSE '' END,
    col_description(c.oid, a.attnum)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p', 'f')
ORDER BY c.relname, a.attnum
"""

CONSTRAINTS = f"""
SELECT c.relname, k.conname, k.contype, own.names, pg_get_constraintdef(k.oid),
    {_called("o")}, there.names, k.convalidated
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_class o ON o.oid = k.confrelid
{_BOTH_ENDS}
WHERE c.relnamespace = %(schema)s::regnamespace AND k.contype IN ('p', 'u', 'c', 'f', 'x')
ORDER BY c.relname, k.conname
"""

INDEXES = """
SELECT c.relname, x.relname, read.names, pg_get_indexdef(x.oid), i.indisunique, i.indisvalid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_class x ON x.oid = i.indexrelid
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(
        a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum), a.attnum
    ), '{}') AS names
    FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum IN (
        SELECT d.refobjsubid FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = x.oid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid > 0
    )
) read
WHERE c.relnamespace = %(schema)s::regnamespace
    AND x.oid NOT IN (SELECT k.conindid FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'x'))
ORDER BY c.relname, x.relname
"""

READERS = f"""
SELECT c.relname, {_called("v")},
    coalesce(array_agg(DISTINCT a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{{}}')
FROM pg_depend d
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class v ON v.oid = r.ev_class
JOIN pg_class c ON c.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.oid <> c.oid
    AND c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p', 'f')
    AND v.relnamespace <> ALL (SELECT oid FROM pg_namespace WHERE nspname = ANY (%(versions)s))
GROUP BY c.relname, c.relnamespace, v.oid
ORDER BY c.relname, 2
"""

TRIGGERS = """
SELECT c.relname, t.tgname
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal
ORDER BY c.relname, t.tgname
"""

REFERRERS = f"""
SELECT c.relname, n.nspname || '.' || o.relname, own.names, there.names
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.confrelid
JOIN pg_class o ON o.oid = k.conrelid
JOIN pg_namespace n ON n.oid = o.relnamespace
{_BOTH_ENDS}
WHERE k.contype = 'f' AND c.relnamespace = %(schema)s::regnamespace
ORDER BY c.relname, 2, k.conname
"""

VOLATILE = "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND prokind = 'f'"

THERE = "SELECT FROM pg_namespace WHERE nspname = %(schema)s"
