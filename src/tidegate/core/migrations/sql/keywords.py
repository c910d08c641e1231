"""Words that are no column unless they are quoted (PostgreSQL's manual, appendix C, SQL Key Words)."""

_WORDS = """
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
session_user some symmetric system_user table then to trailing true union unique user using variadic when where
window with
authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like
natural notnull outer overlaps right similar tablesample verbose
"""
RESERVED = frozenset(_WORDS.split())
"""Reserved altogether, or but for the names of types and functions; in lower case."""

NO_FUNCTION = RESERVED | {"exists", "values", "row", "grouping", "setof", "within", "filter", "over"}
"""Words before a parenthesis that call nothing."""
