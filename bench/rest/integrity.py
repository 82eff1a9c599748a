"""What a database holds of practice sessions, and whether it is sound: read without the server."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ForeignKeyConstraint, Table, and_, exists, func, not_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.rest.writers import Kept, Writer
from server.store.database import is_sqlite, opening
from server.store.tables import Base

SESSIONS = Base.metadata.tables["practice_sessions"]
TAGS = Base.metadata.tables["session_tags"]
N_TAGS = 2  # of each session that a writer makes
_AMCHECK = """
SELECT bt_index_check(i.indexrelid, true) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.amname = 'btree' AND n.nspname = 'public' AND i.indisvalid
"""


class Held(NamedTuple):
    """What a database holds.

    Attributes
    ----------
    sessions : list of (str, Kept)
        Of each row, its id and what is kept.
    n_tags : dict of str to int
        How many tags each session has.
    problems : list of str
        What its own checks complain of.
    """

    sessions: list[tuple[str, Kept]]
    n_tags: dict[str, int]
    problems: list[str]


class Findings(NamedTuple):
    """How many sessions are not as they have to be.

    Attributes
    ----------
    lost : int
        Acknowledged, and not there or not with their content.
    doubled : int
        There more than once, changed more than once, or sent by nobody.
    halves : int
        Of requests that were carried out in part.
    """

    lost: int
    doubled: int
    halves: int


async def look(url: str) -> Held:
    """Read the practice sessions of a database, and let it check itself."""
    async with opening(url) as engine:
        async with engine.connect() as connection:
            columns = SESSIONS.c
            query = select(columns.id, columns.version, columns.song_name, columns.notes)
            rows = (await connection.execute(query)).all()
            counts = select(TAGS.c.session_id, func.count()).group_by(TAGS.c.session_id)
            n_tags = {row[0]: row[1] for row in await connection.execute(counts)}
            check = _sqlite_problems if is_sqlite(engine.url) else _postgres_problems
            problems = await check(connection)
        await engine.dispose()
    return Held([(row.id, Kept(*row[1:])) for row in rows], n_tags, problems)


def compare(held: Held, writers: Sequence[Writer]) -> Findings:
    """Hold what is there against what the writers know."""
    there = dict(held.sessions)
    lost, known = 0, set[str]()
    for writer in writers:
        known |= writer.acknowledged.keys() | writer.pending.keys()
        lost += sum(there.get(one) != kept for one, kept in writer.acknowledged.items())
    names = Counter(kept.name for _, kept in held.sessions)
    doubled = sum(count - 1 for count in names.values())
    doubled += len(there.keys() - known)
    doubled += sum(
        one in there and there[one].version > kept.version
        for writer in writers
        for one, kept in (writer.acknowledged | writer.pending).items()
    )
    return Findings(lost, doubled, sum(_n_halves(held, there, writer) for writer in writers))


def _n_halves(held: Held, there: dict[str, Kept], writer: Writer) -> int:
    """Of the request under way, all has to be there or nothing; of each session, its tags."""
    made = [there.get(one) == kept for one, kept in writer.pending.items()]
    begun = any(one in there for one in writer.pending)
    halves = made.count(False) if begun else 0
    ours = (writer.acknowledged.keys() | writer.pending.keys()) & there.keys()
    return halves + sum(held.n_tags.get(one) != N_TAGS for one in ours)


async def _sqlite_problems(connection: AsyncConnection) -> list[str]:
    found = (await connection.execute(text("PRAGMA integrity_check"))).scalars().all()
    broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
    return [line for line in found if line != "ok"] + [f"no parent: {row}" for row in broken]


async def _postgres_problems(connection: AsyncConnection) -> list[str]:
    problems = [
        f"{n_broken} rows of {table.name} without their {key.referred_table.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_key_constraints
        if (n_broken := await _n_without_parent(connection, table, key))
    ]
    await connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
    await connection.execute(text(_AMCHECK))  # raises what it finds
    return problems


async def _n_without_parent(
    connection: AsyncConnection, table: Table, key: ForeignKeyConstraint
) -> int:
    parent = key.referred_table.alias()
    pairs = [(element.parent, parent.c[element.column.name]) for element in key.elements]
    found = exists().where(and_(*(child == column for child, column in pairs)))
    query = select(func.count()).select_from(table).where(not_(found))
    query = query.where(*(child.is_not(None) for child, _ in pairs))
    return (await connection.execute(query)).scalar_one()
