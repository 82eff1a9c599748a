"""Pieces and what they are found by, and progress in the lessons."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# detail=none: words are looked up, never their places. ascii: only spaces part words, as terms are
# folded before they come here.
_SQLITE = (
    """
    CREATE VIRTUAL TABLE song_search USING fts5(
        terms, content='songs', content_rowid='id', tokenize='ascii', columnsize=0, detail='none')
    """,
    """
    CREATE TRIGGER songs_are_found AFTER INSERT ON songs BEGIN
        INSERT INTO song_search (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE TRIGGER songs_are_forgotten AFTER DELETE ON songs BEGIN
        INSERT INTO song_search (song_search, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
    """
    CREATE TRIGGER songs_are_found_anew AFTER UPDATE OF terms ON songs BEGIN
        INSERT INTO song_search (song_search, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO song_search (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
)
_POSTGRES = (
    """
    CREATE INDEX ix_songs_terms ON songs USING gin (array_to_tsvector(string_to_array(terms, ' ')))
    """,
)


def upgrade() -> None:
    """Make the tables of pieces and of lessons."""
    op.create_table(
        "songs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.String(36)),
        sa.Column("audience", sa.String(36), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("composer", sa.String(200), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("hands", sa.String(16), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("tempo_bpm", sa.Double(), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_songs_audience_id", "songs", ["audience", "id"])
    op.create_index("ix_songs_owner_id_digest", "songs", ["owner_id", "digest"], unique=True)
    op.create_table(
        "song_numbers",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_song_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lesson_progress",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("lesson_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "lesson_id"),
        sqlite_with_rowid=False,
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("song_search")
    op.drop_table("lesson_progress")
    op.drop_table("song_numbers")
    op.drop_table("songs")
