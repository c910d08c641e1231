"""Rollouts, evidence and the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, and the end of a chain that has no entries."""
    op.create_table(
        "rollouts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("change", sa.String, nullable=False),
        sa.Column("environment", sa.String, nullable=False),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("ended", sa.String(32)),
        sa.Column("requester", sa.String, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("state", sa.JSON),
    )
    op.create_index("rollouts_created", "rollouts", ["created"])
    op.create_table(
        "evidence",
        sa.Column("rollout", sa.String, primary_key=True),
        sa.Column("step", sa.String, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("stage", sa.Integer, nullable=False),
        sa.Column("batch", sa.JSON, nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("rollout", sa.String),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("journal_rollout", "journal", ["rollout", "sequence"])
    head = op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": "0" * 64}])


def downgrade() -> None:
    """There is no way back: a journal is not thrown away."""
    raise NotImplementedError("restore a backup that was made before the upgrade")
