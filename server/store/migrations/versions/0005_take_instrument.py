"""What takes were played on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instrument, unknown of takes that are there."""
    op.add_column("takes", sa.Column("instrument", sa.String(200)))
