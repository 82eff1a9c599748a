"""Real databases, servers, browsers, commands and MIDI ports, as each test needs them."""

import asyncio
import os
import sys
import uuid
from contextlib import contextmanager
from types import SimpleNamespace

import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web
from declared_answers import DeclaredAnswers
from microphones import running_microphone
from midi_ports import Keyboard, Program, Synth, running_jack

from server.app import make_app
from server.cli import main
from server.config import Settings
from server.inputs.midi import list_ports
from server.store.database import opening
from server.store.upgrade import upgrade

POSTGRES = os.environ.get("ETUDE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""


async def run_sql(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    await connection.execute(sql)
    await connection.close()


async def migrated(url: str) -> None:
    async with opening(url) as engine:
        await upgrade(engine)
        await engine.dispose()


@contextmanager
def made_database(name: str):
    """A PostgreSQL database of this run alone, dropped at its end."""
    name = f"{name}_{uuid.uuid4().hex}"
    try:
        asyncio.run(run_sql(POSTGRES, f"CREATE DATABASE {name}"))
    except (OSError, asyncpg.PostgresError) as error:
        pytest.skip(f"no PostgreSQL at {POSTGRES}: {error}")
    yield f"{POSTGRES.rpartition('/')[0]}/{name}"
    asyncio.run(run_sql(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres_database():
    """A PostgreSQL database that tests may empty."""
    with made_database("etude") as url:
        yield url


@pytest.fixture
def second_postgres_url(postgres_database):
    """Another PostgreSQL database, without tables."""
    with made_database("etude_second") as url:
        yield url


@pytest.fixture
async def empty_postgres_url(postgres_database):
    """A PostgreSQL database without tables."""
    await run_sql(postgres_database, EMPTY)
    return postgres_database


@pytest.fixture
async def postgres_url(empty_postgres_url):
    """A PostgreSQL database with the tables of this version."""
    await migrated(empty_postgres_url)
    return empty_postgres_url


@pytest.fixture
def sqlite_url(tmp_path):
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'takes' / 'etude.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request):
    """A database of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(scope="session")
def rest_postgres_url():
    """A PostgreSQL database that all REST tests of this run share: each makes its own people."""
    with made_database("etude_rest") as url:
        asyncio.run(migrated(url))
        yield url


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def rest_settings(request, tmp_path_factory):
    """The settings of a server on each kind of database."""
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("rest_postgres_url") if is_postgres else None
    return Settings(data_dir=tmp_path_factory.mktemp("api"), database_url=url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings):
    """A server for one module; ``await api.person()`` makes people.

    Tests share its loop: ``pytestmark = pytest.mark.asyncio(loop_scope="module")``, and fixtures
    that use it ``@pytest_asyncio.fixture(loop_scope="module")``.
    """
    from rest_people import running_api

    async with running_api(rest_settings) as running:
        yield running


@pytest.fixture
async def start_server(tmp_path):
    """Start the server on a free port, as often as a test asks; gives URL and application."""
    runners, answers = [], []

    async def start(clock=None, **settings):
        settings = Settings(data_dir=tmp_path / "data", **settings)
        app = make_app(settings, clock)
        answers.append(DeclaredAnswers(app))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return SimpleNamespace(
            url=f"http://127.0.0.1:{runner.addresses[0][1]}", app=runner.app, runner=runner
        )

    yield start
    for runner in runners:
        await runner.cleanup()
    for told in answers:
        told.check()


@pytest.fixture
def etude(monkeypatch, capsys):
    """Call the command; returns exit status, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["etude", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture(scope="session")
def page_server(tmp_path_factory, cache_dir):
    """The address of a server of its own process, the same for all pages."""
    from page_driver import running_server  # skips where Playwright is absent

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETUDE_CACHE_DIR", str(cache_dir))
        with running_server(tmp_path_factory.mktemp("page")) as url:
            yield url


@pytest.fixture(scope="session")
def music(tmp_path_factory):
    """A folder of sounds, and of what is none."""
    from room_driver import write_tone

    folder = tmp_path_factory.mktemp("music")
    write_tone(folder / "First tone.wav", 220.0, 90.0)
    write_tone(folder / "Second tone.wav", 330.0, 90.0)
    write_tone(folder / "short.wav", 440.0, 0.5)
    (folder / "broken.wav").write_bytes(b"RIFF, but no more than that")
    return folder


@pytest.fixture(scope="session")
def music_server(music, tmp_path_factory, cache_dir):
    """The address of a server that offers that folder."""
    from page_driver import running_server

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETUDE_CACHE_DIR", str(cache_dir))
        with running_server(tmp_path_factory.mktemp("rooms"), 0, "--music", str(music)) as url:
            yield url


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    from page_driver import running_chromium

    with running_chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chromium):
    """Open pages whose every complaint fails the test, but for those ``expected``."""
    from page_driver import complaining_pages

    complaints = []
    with complaining_pages(chromium, complaints) as open_one:
        yield open_one
    assert complaints == []


@pytest.fixture(scope="module")
def jack(shared):
    """A JACK server of our own; its environment is this process's while it runs."""
    with running_jack(shared) as devices:
        yield devices


@pytest.fixture
def keyboard(jack):
    """A keyboard, plugged in."""
    list_ports()  # with rtmidi2, this chooses the JACK library that serves
    keyboard = Keyboard()
    keyboard.plug()
    yield keyboard
    keyboard.unplug()


@pytest.fixture
def synth(keyboard):
    """An instrument beside the keyboard, plugged in."""
    synth = Synth()
    synth.plug()
    yield synth
    synth.unplug()


@pytest.fixture(scope="module")
def sound_server(shared, tmp_path_factory):
    """A sound server of our own with one virtual microphone."""
    with running_microphone(shared, tmp_path_factory.mktemp("pulse")) as microphone:
        yield microphone


@pytest.fixture
def virtual_mic(sound_server):
    """A microphone, plugged in, in a silent room."""
    sound_server.plug()
    yield sound_server
    sound_server.quiet()


@pytest.fixture
def start_etude():
    """Starts ``etude`` as a program of its own; whatever still runs at the end is ended."""
    programs = []

    def start(*arguments):
        programs.append(Program(*arguments))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
            program.end()
