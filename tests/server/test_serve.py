"""``etude serve`` as a program: its line, its errors, its end."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys

import aiohttp
import pytest
from yarl import URL

from server.reachable import url_for_others
from server.secrets import KEY_FILE, make_key_file, new_secret
from server.store import TakeStore

START_SEC = 30
SERVE = [sys.executable, "-m", "server.cli", "serve"]
TUNE = [{"midiNote": 60, "startTime": 0}, {"midiNote": 62, "startTime": 500}]


@pytest.fixture
def start_program(tmp_path):
    """Start the program; gives the process and its URL."""
    processes = []

    def start(*options):
        process = subprocess.Popen(
            [*SERVE, "--port", "0", *options],
            env={**os.environ, "ETUDE_DATA_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        line = process.stdout.readline()
        return process, re.search(r"http://\S+", line)[0], line

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def run_program(tmp_path, *options):
    env = {**os.environ, "ETUDE_DATA_DIR": str(tmp_path)}
    return subprocess.run(
        [*SERVE, *options], env=env, capture_output=True, text=True, timeout=START_SEC
    )


def test_a_port_in_use_is_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_program(tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"etude: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_a_bad_option_is_one_line(tmp_path):
    done = run_program(tmp_path, "--log-level", "loud")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("etude: log_level: expected one of ")


def test_a_database_that_is_none_is_one_line(tmp_path):
    done = run_program(tmp_path, "--port", "0", "--database-url", "nonsense")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_program_and_keeps_running_takes(start_program, tmp_path, number):
    process, url, line = start_program()
    assert "for programs on this machine" in line
    async with aiohttp.ClientSession() as session, session.ws_connect(url + "/api/v1/ws") as ws:
        await ws.send_json({"event": "start_session", "data": {"expectedNotes": TUNE}})
        take_id = (await ws.receive_json())["data"]["sessionId"]
        note = {"midiNote": 60, "timestamp": 0}
        await ws.send_json({"event": "note_played", "data": note})
        assert (await ws.receive_json())["event"] == "feedback"
        process.send_signal(number)
        while (message := await ws.receive(START_SEC)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 1001
    assert await asyncio.to_thread(process.wait, START_SEC) == 0
    assert process.stderr.read() == ""
    store = await TakeStore.open(f"sqlite:///{tmp_path / 'etude.db'}")
    (take,) = await store.list()
    kept = await store.load(take_id)
    await store.close()
    assert (take.id, take.status) == (take_id, "interrupted")
    assert len(kept.chunks) >= 1


def test_others_are_not_served_without_a_secret(tmp_path):
    done = run_program(tmp_path, "--host", "0.0.0.0", "--port", "0")
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (1, 1, "")
    assert "set ETUDE_SECRET to what `etude secret` prints, or run `etude secret --make`" in (
        done.stderr
    )
    assert not (tmp_path / KEY_FILE).exists()


async def test_on_an_address_of_others_a_token_is_demanded(start_program, monkeypatch):
    monkeypatch.setenv("ETUDE_SECRET", new_secret())
    _, url, line = start_program("--host", "0.0.0.0")
    assert "for holders of a token" in line
    async with aiohttp.ClientSession() as session, session.ws_connect(url + "/api/v1/ws") as ws:
        await ws.send_json({"event": "start_session", "data": {"songId": 1}})
        assert (await ws.receive_json())["data"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(("host", "here"), [("0.0.0.0", "localhost"), ("::", "[::1]")])
async def test_the_address_for_other_devices_is_told_and_answers(
    start_program, tmp_path, host, here
):
    if url_for_others(host, 1) is None:
        pytest.skip(f"this machine has no network for {host}")
    make_key_file(tmp_path / KEY_FILE)
    process, url, line = start_program("--host", host)
    assert line.startswith(f"Etude is ready at http://{here}:")
    second = process.stdout.readline()
    found = re.fullmatch(r"Other devices of this network find it at (http://\S+)\n", second)
    assert found[1] == url_for_others(host, URL(url).port)
    assert "https" in process.stdout.readline()
    async with aiohttp.ClientSession() as session:
        for address in (found[1], url):
            async with session.get(address + "/") as page:
                assert (page.status, page.content_type) == (200, "text/html")


async def test_behind_a_proxy_its_address_is_told(start_program, tmp_path, monkeypatch):
    make_key_file(tmp_path / KEY_FILE)
    monkeypatch.setenv("ETUDE_PUBLIC_URL", "https://etude.example")
    process, _, line = start_program("--host", "0.0.0.0")
    assert "http://localhost:" in line
    assert process.stdout.readline() == "Everybody else finds it at https://etude.example\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "192.0.2.7"])
def test_one_address_alone_is_for_no_others(host):
    assert url_for_others(host, 8000) is None


async def test_guests_may_be_let_in_everywhere(start_program, tmp_path):
    make_key_file(tmp_path / KEY_FILE)
    _, url, _ = start_program("--host", "0.0.0.0", "--guests")
    async with aiohttp.ClientSession() as session, session.ws_connect(url + "/api/v1/ws") as ws:
        await ws.send_json({"event": "start_session", "data": {"songId": 1}})
        assert (await ws.receive_json())["event"] == "session_started"
