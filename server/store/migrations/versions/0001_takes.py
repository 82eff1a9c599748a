"""Takes, their logs and who writes them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "takes",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("writer_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("song", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("tempo_bpm", sa.Double),
        sa.Column("judged_by", sa.String(200), nullable=False),
        sa.Column("score", sa.LargeBinary, nullable=False),
        sa.Column("notes_played", sa.Integer),
        sa.Column("overall_score", sa.Double),
        sa.Column("accuracy", sa.Double),
        sa.Column("grade", sa.String(8)),
        sa.Column("message", sa.Text),
        sa.Column("counts", sa.JSON),
    )
    op.create_index("ix_takes_user_id_id", "takes", ["user_id", "id"])
    op.create_index("ix_takes_status", "takes", ["status"])
    op.create_table(
        "take_chunks",
        sa.Column(
            "take_id",
            sa.String(36),
            sa.ForeignKey("takes.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "take_writers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("machine", sa.String(200), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("take_writers")
    op.drop_table("take_chunks")
    op.drop_table("takes")
