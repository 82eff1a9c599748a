"""What an account can read of the log of security events: its own."""

from sqlalchemy import Table, func, select

from server.people.models import AuditEvent, CursorQuery
from server.store.tables import Base
from server.store.transactions import Database

AUDIT: Table = Base.metadata.tables["audit_events"]


async def own_events(
    database: Database, user_id: str, query: CursorQuery
) -> tuple[list[AuditEvent], int]:
    """List the security events of a user, the newest first.

    Returns
    -------
    list of AuditEvent, int
        One more than a page where there is a next one; how many there are in all.
    """
    is_theirs = AUDIT.c.user_id == user_id
    columns = [AUDIT.c[name] for name in AuditEvent.__struct_fields__]
    wanted = select(*columns).where(is_theirs).order_by(AUDIT.c.id.desc()).limit(query.limit + 1)
    if query.cursor:
        wanted = wanted.where(AUDIT.c.id < query.cursor)
    async with database.reading() as connection:
        total = await connection.scalar(select(func.count()).where(is_theirs)) or 0
        rows = (await connection.execute(wanted)).all()
    return [AuditEvent(*row) for row in rows], total
