"""``etude takes``, ``etude replay`` and ``etude db``, as they are called from a shell."""

import asyncio
import json
import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest
from kept_takes import chunk_of, keep
from sqlalchemy import text

from engine.events import Event, Kind
from engine.score import Score
from server.config import load_settings
from server.store import TakeStore
from server.store.database import opening
from server.store.tables import ChunkRow
from server.store.upgrade import REVISIONS
from server.takes.format import decode_log
from server.takes.take import Take


def kept(url: str | None = None, title: str = "Four", **options) -> Take:
    """Play a take with a slip, and keep it."""
    notes = np.zeros(4, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = [60, 62, 64, 65], range(4)
    take = Take(Score.from_notes(notes, title=title), **options)
    for k, pitch in enumerate((60, 62, 63, 65)):
        take.process(Event(0.5 * k + 0.01, Kind.NOTE_ON, pitch, 64))
    take.process(Event(3.0, Kind.END))
    asyncio.run(keep(url or load_settings().store_url, take))
    return take


async def execute(statement: str) -> None:
    async with opening(load_settings().store_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
        await engine.dispose()


async def alter(take: Take, **changes) -> None:
    """Claim that something else was said of the first note."""
    url = load_settings().store_url
    store = await TakeStore.open(url)
    (entries,) = [decode_log((await store.load(take.id)).chunks)]
    await store.close()
    event, (verdict,) = entries[0]
    entries[0] = (event, [verdict._replace(**changes)])
    async with opening(url) as engine:
        async with engine.begin() as connection:
            data = chunk_of(entries)
            await connection.execute(ChunkRow.__table__.update().values(data=data))
        await engine.dispose()


def test_takes_says_when_there_is_none(etude):
    assert etude("takes") == (0, "no take has been kept yet\n", "")
    assert etude("takes", "--json") == (0, "[]\n", "")


def test_takes_lists_the_newest_first(etude):
    old, new = kept(title="[b]Old[/b]"), kept(title="New", mode="wait", user_id="ana")
    status, out, _ = etude("takes")
    heading, first, second = out.splitlines()
    assert status == 0 and heading.split()[:3] == ["Id", "Date", "Piece"]
    assert first.startswith(new.id[:13]) and "New" in first and "wait" in first
    assert second.startswith(old.id[:13]) and "[b]Old[/b]" in second and "finished" in second
    score = old.performance.summary()
    assert f"{score.overall_score:.1f}" in second and f" {score.grade} " in second


def test_takes_as_json_says_everything_by_user_and_limit(etude):
    kept()
    take = kept(user_id="ana")
    (found,) = json.loads(etude("takes", "--json", "--user", "ana")[1])
    assert found["id"] == take.id and found["notes_played"] == 4
    assert found["summary"] == take.performance.summary()._asdict()
    assert len(json.loads(etude("takes", "--json", "--limit", "1")[1])) == 1
    assert len(json.loads(etude("takes", "--json")[1])) == 2


def test_replay_prints_every_verdict_and_the_same_result(etude):
    take = kept()
    status, out, _ = etude("replay", "last")
    lines = out.splitlines()
    assert (status, lines[-1]) == (0, "same result")
    assert "bar   1" in lines[0] and "correct" in lines[0]
    assert lines[-2].startswith(f"score {take.performance.summary().overall_score:g} %")
    assert etude("replay", take.id[:13]) == (0, out, "")


def test_replay_as_json_has_one_line_a_verdict_and_the_outcome(etude):
    take = kept()
    *verdicts, outcome = map(json.loads, etude("replay", "last", "--json")[1].splitlines())
    assert [verdict["result"] for verdict in verdicts][:2] == ["correct", "correct"]
    assert verdicts[0]["note_id"] == "n0" and verdicts[0]["timing_ms"] == 10.0
    assert (outcome["take"], outcome["same_result"], outcome["differences"]) == (take.id, True, [])
    assert outcome["summary"] == take.performance.summary()._asdict()


def test_replay_shows_differences_with_exit_status_1(etude):
    take = kept()
    asyncio.run(alter(take, result="late", points=5))
    status, out, err = etude("replay", "last")
    assert (status, err) == (1, "")
    told = out[out.index("not the same result as with version") :]
    assert "at 0.010 s" in told and "- bar" in told and "late" in told and "+ bar" in told
    status, out, _ = etude("replay", "last", "--json")
    outcome = json.loads(out.splitlines()[-1])
    assert status == 1 and not outcome["same_result"]
    (difference,) = outcome["differences"]
    assert difference["stored"][0]["result"] == "late"
    assert difference["replayed"][0]["result"] == "correct"


def test_exported_take_replays_anywhere(etude, tmp_path, monkeypatch):
    kept()
    file = tmp_path / "mine.etude"
    assert etude("takes", "export", "last", str(file)) == (0, f"wrote {file}\n", "")
    here = etude("replay", "last")
    monkeypatch.setenv("ETUDE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert etude("replay", str(file)) == here
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", "last"], "there is no take yet"),
        (["replay", "ffff"], "no take is 'ffff'"),
        (["takes", "export", "last", "x.etude"], "there is no take yet"),
        (["takes", "--database-url", "mysql://x"], "the database must be SQLite or PostgreSQL"),
        (["db", "upgrade", "--database-url", "nonsense"], "the database URL must be like"),
    ],
)
def test_expected_error_is_one_line_and_exit_status_1(etude, arguments, message):
    status, out, err = etude(*arguments)
    assert (status, out) == (1, "")
    assert err.startswith(f"etude: {message}") and err.count("\n") == 1


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_stored_take_with_a_verdict_that_is_none_is_one_line(etude, as_json):
    asyncio.run(alter(kept(), result="\x1b[31m"))
    status, out, err = etude("replay", "last", *as_json)
    assert (status, out) == (1, "")
    assert err == "etude: the take's log is damaged: no result is '\\x1b[31m'\n"


@pytest.mark.parametrize(
    "column",
    ["tempo_bpm = 'quick'", "score = 'none'", "counts = '{'", "started_at = 'today'"],
)
def test_stored_take_with_a_damaged_column_is_one_line(etude, column):
    kept()
    asyncio.run(execute(f"UPDATE takes SET {column}"))
    status, out, err = etude("replay", "last")
    assert (status, out) == (1, "")
    assert err.startswith("etude: ") and err.count("\n") == 1 and "amaged" in err


def test_damaged_take_file_is_one_line(etude, tmp_path):
    kept()
    file = tmp_path / "mine.etude"
    etude("takes", "export", "last", str(file))
    file.write_bytes(file.read_bytes()[:-1])
    status, _, err = etude("replay", str(file))
    assert status == 1 and "is damaged or cut off: its checksum does not fit" in err


def test_token_for_nobody_is_refused(etude):
    status, out, err = etude("token", "--name", " ")
    assert (status, out) == (2, "") and "--name must not be empty" in err


@pytest.mark.parametrize("arguments", [["takes", "--limit", "0"], ["replay"], ["takes", "no"]])
def test_usage_error_is_exit_status_2(etude, arguments):
    assert etude(*arguments)[0] == 2


def test_db_upgrade_makes_a_postgresql_usable(etude, empty_postgres_url):
    status, _, err = etude("takes", "--database-url", empty_postgres_url)
    assert status == 1 and "run `etude db upgrade`" in err
    upgrade, newest = ("db", "upgrade", "--database-url", empty_postgres_url), REVISIONS[-1]
    assert etude(*upgrade) == (0, f"upgraded the database from schema none to {newest}\n", "")
    assert etude(*upgrade) == (0, f"the database is at schema {newest} already\n", "")
    kept(empty_postgres_url)
    status, out, _ = etude("replay", "last", "--database-url", empty_postgres_url)
    assert status == 0 and out.endswith("same result\n")
    status, out, _ = etude("takes", "--database-url", empty_postgres_url)
    assert "finished" in out


def test_db_seed_puts_the_shipped_pieces_in(etude, postgres_url):
    seed = ("db", "seed", "--database-url", postgres_url)
    status, out, _ = etude(*seed)
    assert status == 0 and re.fullmatch(r"\d\d pieces were new, changed or gone\n", out)
    assert etude(*seed) == (0, "all pieces are there\n", "")


def test_export_takes_the_database_of_its_group(etude, postgres_url, tmp_path):
    kept(postgres_url)
    file = tmp_path / "x.etude"
    database = ("--database-url", postgres_url)
    assert etude("takes", *database, "export", "last", str(file))[0] == 0
    assert etude("replay", str(file))[0] == 0


BLOCKING = """
import time
from server.cli import slow
slow.PATIENCE_SEC = 0.0
with slow.slow_task("upgrading"):
    time.sleep(0.3)
"""
SLOW = """
from server.cli import slow
slow.PATIENCE_SEC = {patience_sec}
with slow.slow_task("judging") as on_progress:
    for done in range(1, 6401):
        on_progress(done, 6400)
"""


def shown_on_terminal(patience_sec: float, script: str = SLOW) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", script.format(patience_sec=patience_sec)]
    subprocess.run(command, stderr=theirs, check=True, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    try:
        while more := os.read(ours, 65536):
            shown += more
    except OSError:  # how Linux tells the end of a terminal
        pass
    os.close(ours)
    return shown.decode()


def test_progress_is_shown_on_a_terminal_only_where_it_takes_long():
    assert "judging" in shown_on_terminal(0.0)
    assert "judging" not in shown_on_terminal(1e4)
    assert "upgrading" in shown_on_terminal(0.0, BLOCKING)
    piped = [sys.executable, "-c", SLOW.format(patience_sec=0.0)]
    assert subprocess.run(piped, capture_output=True, check=True).stderr == b""
