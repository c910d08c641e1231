"""Journeys: what they came to, look after look, and the failing ones that are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "journeys",
        sa.Column("rollout", sa.String, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("batch", sa.JSON, nullable=False),
    )
    op.create_table(
        "failing",
        sa.Column("rollout", sa.String, primary_key=True),
        sa.Column("trace", sa.String, primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("journey", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("failing")
    op.drop_table("journeys")
