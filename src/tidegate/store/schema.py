"""The tables. Times are ISO 8601 text in UTC with microseconds: they sort, and come back byte for byte.

The journal stores text only, since its hashes cover what is stored and a database may rewrite richer types.
"""

from sqlalchemy import JSON, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

rollouts = Table(
    "rollouts",
    metadata,
    Column("id", String, primary_key=True),
    Column("change", String, nullable=False),
    Column("environment", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("created", String(32), nullable=False),
    Column("ended", String(32)),
    Column("requester", String, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("state", JSON(none_as_null=True)),
    Index("rollouts_created", "created"),
)

# Not bound to `rollouts` by a foreign key: evidence must not be lost because a rollout was noted late.
evidence = Table(
    "evidence",
    metadata,
    Column("rollout", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("stage", Integer, nullable=False),
    Column("batch", JSON, nullable=False),
)

journeys = Table(
    "journeys",
    metadata,
    Column("rollout", String, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("batch", JSON, nullable=False),
)

failing = Table(
    "failing",
    metadata,
    Column("rollout", String, primary_key=True),
    Column("trace", String, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("journey", JSON, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("rollout", String),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("summary", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("journal_rollout", "rollout", "sequence"),
)

# One row: the end of the chain. Writers lock it, so the chain cannot fork; the check finds a lost end by it.
journal_head = Table(
    "journal_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

# One row: what is served of flags has changed when the generation has. Writers lock it, so a generation is one state.
# `base` is what is defined, as it was read last, for whoever has no files.
flags_served = Table(
    "flags_served",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("base", JSON(none_as_null=True)),
)

# A row stays when its step was undone (a share of zero): its attempt keeps late commands out. `began` is the generation
# with which it was exposed; of two exposures of a flag the later one counts.
flag_exposures = Table(
    "flag_exposures",
    metadata,
    Column("rollout", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("began", Integer, nullable=False),
    Column("flag", String, nullable=False),
    Column("variant", String, nullable=False),
    Column("share", Float, nullable=False),
    Column("salt", String, nullable=False),
    Column("audience", Text, nullable=False),
)

flag_removals = Table(
    "flag_removals",
    metadata,
    Column("rollout", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("flag", String, nullable=False),
    Column("standing", String, nullable=False),
    Column("definition", JSON(none_as_null=True)),
)

flag_switches = Table(
    "flag_switches",
    metadata,
    Column("flag", String, primary_key=True),
    Column("variant", String, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
)

flag_evaluations = Table(
    "flag_evaluations",
    metadata,
    Column("flag", String, primary_key=True),
    Column("at", Float, nullable=False),
)
