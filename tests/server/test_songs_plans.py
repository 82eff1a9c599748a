"""Every question to the tables of pieces and lessons is answered by an index."""

import pytest
from settled import settle
from sqlalchemy import Engine, event, select, text

from server.identity.accounts import AccountStore
from server.lessons.progress import ProgressStore
from server.pieces.found_by import has_terms
from server.pieces.library import SONGS, Library
from server.pieces.popular import Popular
from server.pieces.seeding import seed
from server.pieces.song_models import SongsQuery
from server.pieces.study import Study
from server.pieces.uploads import Uploads
from server.practice.search import search_sessions
from server.store import TakeStore
from server.store.transactions import Database

STUDY = Study("Tune", "Ada", 2, "right", "C major", 100.0, "abc")


@pytest.fixture
async def database(database_url):
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def everything_asked(database) -> list[tuple[str, tuple]]:
    """Use all there is to use, and give the statements that it took."""
    ada, bob = [(await AccountStore(database).make(name)).id for name in ("Ada", "Bob")]
    await seed(database)
    await settle(TakeStore(database), ada, bob)
    asked = []

    def note(connection, cursor, statement, parameters, context, executemany):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    library, uploads, progress = Library(database), Uploads(database), ProgressStore(database)
    made = await uploads.add(ada, STUDY, b"1", is_shared=False)
    await uploads.known(ada, b"2")
    await uploads.change(made.slug, ada, title="Other", is_shared=True)
    await library.find(made.id, ada)
    await library.titles(ada, [1, made.id])
    await library.some(ada, [1, made.id])
    for query in (SongsQuery(), SongsQuery(mine=True), SongsQuery(shared=True, q="joy", level=1)):
        await library.page(ada, query)
    await library.search(ada, "beethofen ode")
    await Popular(database).ids()
    await progress.put(ada, 101, 50)
    await progress.one(ada, 101)
    await progress.of(ada)
    assert await search_sessions(database, ada, "slow elsie", 10)
    await uploads.remove(made.slug, ada)
    event.remove(Engine, "before_cursor_execute", note)
    return asked


async def plan_of(database, statement, parameters) -> list[str]:
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN (COSTS OFF)"
    async with database.reading() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SET enable_seqscan = off"))
        rows = (await connection.exec_driver_sql(f"{explain} {statement}", parameters)).all()
        if not database.is_sqlite:
            await connection.execute(text("RESET enable_seqscan"))
    return [str(row[-1]).strip() for row in rows]


def is_scan(step: str) -> bool:
    """Whether a step of a plan reads a whole table."""
    if step.startswith("SCAN"):  # a virtual table's index is no scan, nor is a subquery's result
        return "VIRTUAL TABLE INDEX" not in step and "SUBQUERY" not in step
    return "Seq Scan" in step


async def test_no_question_reads_a_whole_table(database):
    asked = await everything_asked(database)
    kinds = ("SELECT", "UPDATE", "DELETE")
    questions = [(each, given) for each, given in asked if each.startswith(kinds)]
    assert len(questions) > 20
    for statement, parameters in questions:
        plan = await plan_of(database, statement, parameters)
        assert not [step for step in plan if is_scan(step)], (statement, plan)


async def test_a_search_goes_by_the_words(database):
    await seed(database)
    await make_many(database)
    words = "VIRTUAL TABLE INDEX" if database.is_sqlite else "ix_songs_terms"
    for with_slips in (False, True):
        has = has_terms(["beethoven"], database.is_sqlite, with_slips)
        query = select(SONGS.c.id).where(has)
        asked = query.compile(database.engine.sync_engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(await plan_of(database, str(asked), ()))
        assert words in plan, plan


async def make_many(database) -> None:
    """Make so many pieces that looking at each is no way to find one."""
    async with database.writing() as connection:
        row = (await connection.execute(select(SONGS).where(SONGS.c.id == 1))).one()._asdict()
        rows = [row | {"id": 20_000 + k, "terms": f"piece{k}"} for k in range(2000)]
        await connection.execute(SONGS.insert(), rows)
        await connection.execute(text("ANALYZE songs"))
