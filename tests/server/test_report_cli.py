"""``etude report``, as it is called from a shell."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from kept_takes import keep
from sqlalchemy import text

from engine.events import Event, Kind, note_ended
from engine.score import Score
from server.config import load_settings
from server.reports.errors import ReportFileError
from server.reports.files import private_folder
from server.store.database import opening
from server.takes.take import MAX_IDLE_EVENTS, Take

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def kept(slips=(), ends=True, n_notes=16, cents=None, **options) -> Take:
    """Play sixteen notes, some of them wrong, or move the pedal only, and keep the take."""
    notes = np.zeros(16, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = 60 + np.arange(16), range(16)
    score = Score.from_notes(notes, tempo_bpm=120.0)
    options = {"title": "Sixteen", "started_at": AT, "source": "midi"} | options
    take = Take(score, **options)
    for k in range(0 if n_notes else MAX_IDLE_EVENTS + 1):
        take.process(Event(0.001 * k, Kind.CONTROL, 64, 127))
    for k in range(n_notes):
        pitch = 30 if k in slips else 60 + k
        take.process(Event(0.5 * k, Kind.NOTE_ON, pitch, 64))
        for event in [] if cents is None else note_ended(0.5 * k + 0.4, pitch, cents[k]):
            take.process(event)
    if ends:
        take.process(Event(9.0, Kind.END))
    asyncio.run(keep(load_settings().store_url, take))
    return take


async def damage(take: Take) -> None:
    async with opening(load_settings().store_url) as engine:
        async with engine.begin() as connection:
            query = text("UPDATE take_chunks SET data = :data WHERE take_id = :id")
            await connection.execute(query, {"data": b"\xc1", "id": take.id})
        await engine.dispose()


def test_report_tells_marks_mistakes_and_what_to_practise(etude):
    take = kept(slips=(4, 5))
    status, out, err = etude("report", "last")
    lines = out.splitlines()
    assert (status, err, lines[0]) == (0, "", "Sixteen")
    summary = take.performance.summary()
    assert f"score {summary.overall_score:g} %" in out and summary.message in out
    assert any(line.split() == ["2", "1", "120", "✗", "2"] for line in lines)
    assert "1. bar 2: 2 wrong notes" in lines
    assert "   etude play SCORE.musicxml --from-bar 2 --to-bar 2 --hands right --mode wait" in lines
    assert "Against earlier takes" not in out
    assert etude("report", take.id[:13]) == (0, out, "")


def test_flawless_take_has_no_table_of_mistakes(etude):
    kept()
    _, out, _ = etude("report", "last")
    assert "flawless" in out
    assert "Bars with mistakes" not in out and "practise" not in out


def test_report_tells_how_in_tune_a_take_at_a_microphone_was(etude):
    kept(cents=[-12.0] * 14 + [-40.0, 3.0], source="mic")
    status, out, _ = etude("report", "last")
    assert status == 0
    assert (
        "intonation -13 cents, rather flat, the middle half within 0 cents, "
        "1 of 16 notes more than 30 cents off"
    ) in out
    told = json.loads(etude("report", "last", "--json")[1])["totals"]["intonation"]
    assert (told["mean_cents"], told["notes_off"], told["tendency"]) == (-12.8, 1, "flat")


def test_a_take_of_keys_is_not_out_of_tune(etude):
    kept()
    assert "intonation" not in etude("report", "last")[1]
    assert json.loads(etude("report", "last", "--json")[1])["totals"]["intonation"] is None


def test_report_as_json_is_one_document(etude):
    take = kept(slips=(4,))
    status, out, err = etude("report", "last", "--json")
    told = json.loads(out)
    assert (status, err) == (0, "") and told["take"]["id"] == take.id
    assert told["totals"]["counts"] == take.performance.summary().counts


def test_report_is_written_to_files_that_must_not_exist(etude, tmp_path):
    kept(slips=(4,))
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    status, out, _ = etude("report", "last", "--html", page, "--json", data)
    assert (status, out) == (0, f"wrote {data}\nwrote {page}\n")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(data.read_text(encoding="utf-8"))["version"] == 1
    before = page.read_bytes(), data.read_bytes()
    other = tmp_path / "other"
    for arguments in (["--html", page], ["--html", other, "--json", data]):
        status, out, err = etude("report", "last", *arguments)
        assert (status, out) == (1, "") and err.endswith(" exists already\n")
    assert (page.read_bytes(), data.read_bytes()) == before and not other.exists()


def test_page_that_cannot_be_written_is_one_line(etude, tmp_path):
    kept()
    status, _, err = etude("report", "last", "--html", tmp_path / "none" / "x.html")
    assert status == 1 and err.endswith("cannot be written: No such file or directory\n")
    assert err.startswith("etude: ") and err.count("\n") == 1


def test_open_writes_a_page_of_its_own_and_opens_it(tmp_path):
    take = kept()
    program = "import pathlib, sys; pathlib.Path('opened').write_text(sys.argv[1])"
    environment = {"BROWSER": f'{sys.executable} -c "{program}" %s', "PYTHONPATH": _root()}
    for _ in range(2):  # a page of our own making may be written again
        subprocess.run(
            [sys.executable, "-m", "server.cli", "report", "last", "--open"],
            check=True,
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
        )
    page = load_settings().data_dir / "reports" / f"{take.id}.html"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "opened").read_text() == page.as_uri()


def test_pages_without_a_name_are_for_this_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("ETUDE_DATA_DIR", str(tmp_path / "new" / "data"))
    folder = private_folder()
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]
    assert private_folder() == folder
    monkeypatch.setenv("ETUDE_DATA_DIR", __file__)
    with pytest.raises(ReportFileError, match="reports cannot be made: File exists"):
        private_folder()


def _root() -> str:
    return str(Path(__file__).resolve().parents[2])


def test_take_file_is_reported_without_a_database(etude, tmp_path, monkeypatch):
    kept(slips=(4,))
    file = tmp_path / "mine.etude"
    etude("takes", "export", "last", file)
    here = etude("report", "last")
    monkeypatch.setenv("ETUDE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert etude("report", file) == here
    assert not (tmp_path / "elsewhere").exists()


def test_earlier_takes_of_the_piece_are_compared_and_no_others(etude):
    days = [AT + timedelta(days=day) for day in range(8)]
    kept(slips=(0, 1, 2), started_at=days[0])
    kept(slips=(1,), started_at=days[1])
    kept(title="Another", started_at=days[2])
    kept(user_id="ana", started_at=days[3])
    kept(song="scale", started_at=days[4])
    kept(ends=False, started_at=days[5], slips=(2, 4))  # interrupted: it counts
    kept(n_notes=0, started_at=days[5])
    this = kept(slips=(8,), started_at=days[6])
    kept(started_at=days[7])
    told = json.loads(etude("report", this.id, "--json")[1])["progress"]
    started = [datetime.fromisoformat(take["started_at"]) for take in told["takes"]]
    assert started == [days[0], days[1], days[5], days[6]]
    assert [change["measure"] for change in told["better"]] == [1, 2]
    assert [change["measure"] for change in told["worse"]] == [3]
    _, out, _ = etude("report", this.id)
    assert "Better: bar 1 right (1 → 0), bar 2 right (1 → 0)." in out
    told = json.loads(etude("report", this.id, "--json", "--earlier", "1")[1])["progress"]
    assert len(told["takes"]) == 2


def test_take_without_song_or_title_has_no_history(etude):
    kept(title="")
    kept(title="")
    assert len(json.loads(etude("report", "last", "--json")[1])["progress"]["takes"]) == 1


def test_damaged_earlier_take_is_told_and_left_out(etude):
    old = kept()
    kept()
    asyncio.run(damage(old))
    status, out, err = etude("report", "last")
    assert status == 0 and out.startswith("Sixteen")
    assert err.startswith(f"etude: take {old.id} is left out: chunk 0 of the take is damaged")
    assert err.count("\n") == 1


def test_damaged_take_is_one_line(etude):
    asyncio.run(damage(kept()))
    status, out, err = etude("report", "last")
    assert (status, out) == (1, "") and err.startswith("etude: chunk 0 of the take is damaged")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["last"], 1, "there is no take yet"),
        (["ffff"], 1, "no take is 'ffff'"),
        (["last", "x.json"], 2, "a second file needs --json"),
        (["last", "--earlier", "-1"], 2, "--earlier"),
    ],
)
def test_what_cannot_be_reported_says_why(etude, arguments, status, message):
    got, out, err = etude("report", *arguments)
    assert (got, out) == (status, "") and message in err
