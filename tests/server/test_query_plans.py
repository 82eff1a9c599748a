"""Every query has an index: what each route asks the database is explained by the database."""

import pytest
import pytest_asyncio
from inhabitant import BODIES, Inhabitant, changes_of, paths, routes
from sqlalchemy import Engine, event, text

from server.keys import STORE
from server.practice.models import LONG_COLUMNS

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Tables that hold few rows whatever happens: processes, open rooms, one row, the shipped pieces.
SMALL = {"take_writers", "rooms", "song_numbers", "alembic_version"}
NO_TABLES = ("CONSTANT", "(subquery-1)")  # rows that stand in the statement itself
QUERIES = {
    "/api/v1/sessions": [
        {"tag": "slow"},
        {"instrument": "piano"},
        {"song": "x"},
        {"song_id": "1"},
        {"from": "2026-01-01", "to": "2026-12-31"},
    ],
    "/api/v1/songs": [{"kind": "tune"}, {"level": "1"}, {"mine": "true"}, {"shared": "true"}],
    "/api/v1/songs/search": [{"q": "ode joy"}],
    "/api/v1/search": [{"q": "ode joy"}],
    "/api/v1/sessions/statistics": [{"from": "2026-01-01"}],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(api):
    """Every statement that all the routes send, with parameters of one time."""
    found = {}

    def note(_connection, _cursor, statement, parameters, _context, many):
        found.setdefault(statement, parameters[0] if many else parameters)

    event.listen(Engine, "before_cursor_execute", note)
    await walk(api)
    event.remove(Engine, "before_cursor_execute", note)
    return found


async def walk(api) -> None:
    """Use every route, on what is there."""
    ada, nadia = await api.person("Ada"), await api.person("Nadia", "teacher")
    inhabitant = Inhabitant(ada)
    await inhabitant.settle(api, nadia)
    await inhabitant.look(api)
    for person in (ada, nadia):
        for route in sorted(
            routes(api, with_parts=True), key=lambda route: route.method == "DELETE"
        ):
            body = BODIES.get(route.body.__name__, {}) if route.body else None
            for path in paths(route, inhabitant):
                await person.ask(route.method, path, body)
        for route in routes(api, with_parts=False):
            for query in QUERIES.get(route.path, [{}]) if route.method == "GET" else ():
                await person.get(route.path, params=query)
    for _ in range(2):  # the second time there is something to change
        await ada.post("sessions/batch", BODIES["UncheckedQueue"])
    await ada.post("sessions/batch", changes_of(inhabitant.uuids))
    email = {"email": f"{ada.id}@example.org", "password": "a tune for two hands", "name": "Ada"}
    made = (await api.nobody.post("auth/register", email)).data
    for path in ("auth/login", "auth/password/forgot"):
        await api.nobody.post(path, email)
    token = {"refresh_token": made["refresh_token"]}
    for path in ("auth/refresh", "auth/refresh", "auth/logout"):
        await api.nobody.post(path, token)
    await api.app[STORE].recover()
    await ada.delete("auth/me")


def scans_of_sqlite(plan) -> set[str]:
    """The tables of which every row is looked at."""
    steps = [row[3].split() for row in plan if "VIRTUAL TABLE INDEX" not in row[3]]
    return {step[1] for step in steps if step[0] == "SCAN" and step[1] not in NO_TABLES}


def scans_of_postgres(plan) -> set[str]:
    lines = [row[0].strip().removeprefix("->").split() for row in plan]
    return {line[3] for line in lines if line[:3] == ["Seq", "Scan", "on"]}


async def test_no_statement_looks_at_every_row_of_a_table_that_grows(api, asked):
    database = api.app[STORE].database
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    scans_of = scans_of_sqlite if database.is_sqlite else scans_of_postgres
    wrong, n_explained = {}, 0
    async with database.engine.connect() as connection:
        if not database.is_sqlite:  # tables of a few rows are read whole, were it not for this
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in asked.items():
            if statement.split()[0] not in ("SELECT", "UPDATE", "DELETE", "WITH"):
                continue
            plan = await connection.exec_driver_sql(explain + statement, parameters)
            if scans := scans_of(plan.all()) - SMALL:
                wrong[statement] = scans
            n_explained += 1
    assert wrong == {}
    assert n_explained > 60


async def test_lists_do_not_read_what_they_do_not_show(asked):
    lists = [s for s in asked if "ORDER BY practice_sessions.began_at DESC" in s]
    assert lists
    assert not [s for s in lists if any(f"practice_sessions.{c}" in s for c in LONG_COLUMNS)]
