"""Feature flags: what rollouts expose and remove, what is switched off, what was evaluated, which generation it is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and the generation before the first."""
    served = op.create_table(
        "flags_served",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("base", sa.JSON),
    )
    op.bulk_insert(served, [{"id": 1, "generation": 0, "base": sa.null()}])
    op.create_table(
        "flag_exposures",
        *_effect(),
        sa.Column("began", sa.Integer, nullable=False),
        sa.Column("flag", sa.String, nullable=False),
        sa.Column("variant", sa.String, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("salt", sa.String, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
    )
    op.create_table(
        "flag_removals",
        *_effect(),
        sa.Column("flag", sa.String, nullable=False),
        sa.Column("standing", sa.String, nullable=False),
        sa.Column("definition", sa.JSON),
    )
    op.create_table(
        "flag_switches",
        sa.Column("flag", sa.String, primary_key=True),
        sa.Column("variant", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "flag_evaluations",
        sa.Column("flag", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )


def _effect() -> tuple[sa.Column[object], ...]:
    """A step's effect: whose it is, and the newest command that was obeyed."""
    return (
        sa.Column("rollout", sa.String, primary_key=True),
        sa.Column("step", sa.String, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Forget them."""
    for table in ("flag_evaluations", "flag_switches", "flag_removals", "flag_exposures", "flags_served"):
        op.drop_table(table)
