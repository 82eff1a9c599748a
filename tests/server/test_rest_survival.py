"""kill -9 while practice sessions are written; and that the look after it sees what is wrong."""

import sqlite3

import asyncpg
import numpy as np
import pytest

from bench.rest.integrity import Held, compare, look
from bench.rest.survival import survive
from bench.rest.writers import Kept, Writer
from server.store.database import opening
from server.store.upgrade import upgrade

ROUNDS = 2
ORPHAN = "INSERT INTO session_tags (user_id, session_id, tag) VALUES ('nobody', 'nothing', 'waltz')"
ADA, BEN, EVE = (Kept(1, name, "slower") for name in ("Ada", "Ben", "Eve"))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_acknowledged_outlives_a_kill_and_is_there_once(kind, request):
    if kind == "postgres":
        request.getfixturevalue("postgres_database")  # skips where there is none
    result = survive(kind, ROUNDS)
    assert (result.lost, result.doubled, result.halves, result.problems) == (0, 0, 0, [])
    assert result.halved_answers == 0
    assert (result.is_clean, result.rounds) == (True, ROUNDS)
    assert result.acknowledged > result.cut > 0


def held(*sessions, tags=2, problems=()):
    return Held(list(sessions), {one: tags for one, _ in sessions}, list(problems))


@pytest.fixture
def writer():
    writer = Writer("client", "no token", 2, np.random.default_rng(1))
    writer.acknowledged = {"a": ADA}
    writer.pending = {"b": BEN, "e": EVE}
    return writer


@pytest.mark.parametrize(
    "sessions", [[("a", ADA)], [("a", ADA), ("b", BEN), ("e", EVE)]], ids=["nothing", "all"]
)
def test_of_what_is_under_way_nothing_or_all_may_be_there(writer, sessions):
    assert compare(held(*sessions), [writer]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("sessions", "found"),
    [
        ([], (1, 0, 0)),
        ([("a", ADA._replace(notes="another's"))], (1, 0, 0)),
        ([("a", ADA._replace(version=2))], (1, 1, 0)),
        ([("a", ADA), ("x", EVE)], (0, 1, 0)),
        ([("a", ADA), ("b", BEN), ("e", EVE), ("x", EVE)], (0, 2, 0)),
        ([("a", ADA), ("b", BEN)], (0, 0, 1)),
        ([("a", ADA), ("b", BEN._replace(notes="")), ("e", EVE)], (0, 0, 1)),
    ],
    ids=["lost", "other content", "changed twice", "unknown", "twice", "half", "half a change"],
)
def test_what_is_lost_doubled_or_half_is_counted(writer, sessions, found):
    assert compare(held(*sessions), [writer]) == found


def test_a_session_without_its_tags_is_half(writer):
    assert compare(held(("a", ADA), tags=1), [writer]) == (0, 0, 1)


async def test_a_row_without_its_parent_is_found(database_url):
    async with opening(database_url) as engine:
        await upgrade(engine)
        await engine.dispose()
    assert (await look(database_url)).problems == []
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        connection.execute(ORPHAN)
        connection.commit()
        connection.close()
    else:
        connection = await asyncpg.connect(database_url)
        await connection.execute(f"SET session_replication_role = replica; {ORPHAN}")
        await connection.close()
    (problem,) = (await look(database_url)).problems
    assert "session_tags" in problem and "practice_sessions" in problem
