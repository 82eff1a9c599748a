"""``etude listen``: needle on a terminal, lines through a pipe, microphones that come and go."""

import csv
import re
import signal
from io import StringIO
from math import nan
from pathlib import Path

import numpy as np
import pytest
import soundfile
from melodies import mixed, one_by_one
from microphones import NAME, RATE_HZ, write_wav
from rich.console import Console
from terminals import Terminal

from engine.notes import HEARD_NOTES
from engine.signal_check import Finding
from engine.tuning import Tuning
from server.cli.listening.ear import HOLD_SEC, NeedleEar, Now
from server.cli.listening.view import (
    KEPT_NOTES,
    NEEDLE_CELLS,
    NeedleView,
    PlainListenView,
    meter,
    needle,
    note_text,
)

PITCHES = [60, 64, 67, 72, 67]
NAMES = ["C4", "E4", "G4", "C5", "G4"]
SILENT = Now(nan, nan, -70.0, (), ())


def note(number=0, pitch=69, cents=-12.4, onset_sec=1.0):
    row = (number, pitch, cents, 437.0, onset_sec, onset_sec + 0.5, 64, 0.9)
    return np.array([row], HEARD_NOTES)[0]


# ---- the ear


def hear(ear, samples, n=960):
    for start in range(0, len(samples), n):
        ear.process(samples[start : start + n])


def test_the_ear_tells_pitch_level_and_notes_as_they_end():
    ear = NeedleEar(RATE_HZ, None, Tuning())
    hear(ear, mixed([(0.0, 69, 1.0)], 0.6))
    now = ear.take()
    assert now.f0_hz == pytest.approx(440.0, rel=0.003)
    assert 0.5 < now.confidence <= 1.0
    assert -30.0 < now.level_db < 0.0
    assert now.notes == ()
    hear(ear, np.zeros(RATE_HZ, np.float32))
    now = ear.take()
    assert [int(note["pitch"]) for note in now.notes] == [69]
    assert np.isnan(now.f0_hz)
    assert ear.take().notes == ()


def test_the_needle_stays_for_a_moment():
    ear = NeedleEar(RATE_HZ, None, Tuning())
    hear(ear, mixed([(0.0, 69, 0.5)], 0.5))
    hear(ear, np.zeros(int((HOLD_SEC - 0.1) * RATE_HZ), np.float32))
    assert not np.isnan(ear.take().f0_hz)
    hear(ear, np.zeros(int(0.3 * RATE_HZ), np.float32))
    assert np.isnan(ear.take().f0_hz)


def test_the_ear_tells_what_is_the_matter():
    ear = NeedleEar(RATE_HZ, None, Tuning())
    hear(ear, np.sign(mixed([(0.0, 57, 4.0)], 4.0)))
    assert "clipping" in [finding.problem for finding in ear.take().findings]


# ---- the needle


@pytest.mark.parametrize(
    ("cents", "cell", "style"),
    [(0.0, 20, "bold green"), (9.9, 24, "bold green"), (-25.0, 10, "bold yellow"),
     (49.0, 40, "bold yellow"), (-49.9, 0, "bold yellow")],
)  # fmt: skip
def test_the_needle_stands_where_the_note_is_off(cents, cell, style):
    f0_hz = 440.0 * 2 ** (cents / 1200)
    words, line = needle(Now(f0_hz, 0.93, -20.0, (), ()), Tuning())
    assert line.plain.index("▲") == cell
    assert len(line.plain) == NEEDLE_CELLS
    assert line.style == style
    assert words.plain.startswith("A4  ")
    assert words.plain.endswith("% sure")


def test_the_needle_names_notes_in_the_tuning():
    (words, _) = needle(Now(294.0, 0.5, -20.0, (), ()), Tuning(440.0, "sargam", "D"))
    assert words.plain.startswith("Sa  +2 cents  294.0 Hz  50 % sure")


def test_without_a_pitch_there_is_no_needle():
    words, line = needle(SILENT, Tuning())
    assert words.plain == "–"
    assert "▲" not in line.plain


@pytest.mark.parametrize(
    ("level_db", "lit", "told", "style"),
    [(0.0, 40, " 0 dB", "red"), (-30.0, 20, " −30 dB", "green"), (-200.0, 0, " −60 dB", "green")],
)
def test_the_meter_shows_the_level(level_db, lit, told, style):
    drawn = meter(level_db)
    assert drawn.plain.count("█") == lit
    assert drawn.plain.endswith(told)
    assert [span.style for span in drawn.spans if span.style != "dim"] == [style] * (lit > 0)


def test_a_note_is_a_line():
    assert note_text(note(), Tuning()) == "    1.00 s  A4    −12 cents    437.0 Hz   0.50 s"


def test_plain_lines_tell_notes_and_findings(capsys):
    with PlainListenView(Tuning()) as view:
        view.notice("listening to Webcam")
        view.show(SILENT, 0.0)
        view.show(SILENT._replace(notes=(note(),), findings=(Finding("hum", -40, "It hums."),)), 1)
    assert capsys.readouterr().out.splitlines() == [
        "# listening to Webcam",
        note_text(note(), Tuning()),
        "# It hums.",
    ]


def test_the_picture_keeps_the_last_notes_and_the_finding():
    console = Console(force_terminal=True, width=80, height=30, record=True, file=StringIO())
    view = NeedleView(Tuning(), console)
    for k in range(20):
        view.show(SILENT._replace(notes=(note(k, 60 + k, 0.0, float(k)),)), 0.0)
    view.notice("the microphone has gone")
    finding = Finding("too_soft", -50.0, "Too soft: come nearer.")
    console.print(view._frame(SILENT))
    assert "Too soft" not in console.export_text(clear=True)
    view.show(SILENT._replace(findings=(finding,)), 0.0)
    console.print(view._frame(SILENT))
    told = console.export_text()
    assert len(re.findall(r" cents ", told)) == KEPT_NOTES
    assert "G5" in told
    assert "Too soft: come nearer." in told
    assert "the microphone has gone" in told


# ---- the command


def heard_names(lines):
    return [line.split()[2] for line in lines if re.match(r" +[\d.]+ s  ", line)]


def test_a_tune_at_the_microphone_is_told_line_by_line(virtual_mic, start_etude, tmp_path):
    path = write_wav(tmp_path / "tune.wav", mixed(one_by_one(PITCHES), 4.0))
    listening = start_etude("listen", "--mic", "pulse", "--instrument", "guitar")
    listening.wait_for_line(rf"^# listening to {re.escape(NAME)}$")
    virtual_mic.play(path)
    listening.wait_for_line("C5")
    status, errors = listening.end(signal.SIGINT)
    assert (status, errors) == (0, "")
    heard = iter(heard_names(listening.lines))
    assert all(name in heard for name in NAMES[:4]), listening.lines


def test_a_recorded_cello_at_the_microphone_is_told(virtual_mic, start_etude, shared, tmp_path):
    item = shared / "data" / "pitch" / "dev_exact_cello_clean"
    samples, rate_hz = soundfile.read(f"{item}.flac", frames=round(5.5 * 44_100))
    with Path(f"{item}.notes.csv").open(newline="") as file:
        played = {round(float(row[2])) for row in csv.reader(file) if float(row[1]) < 5.0}
    listening = start_etude("listen", "--instrument", "cello")
    listening.wait_for_line("^# listening")
    virtual_mic.play(write_wav(tmp_path / "cello.wav", samples, rate_hz)).wait(30)
    assert listening.end(signal.SIGTERM)[0] == 0
    heard = set(heard_names(listening.lines))
    tuning = Tuning()
    found = {pitch for pitch in played if tuning.name(pitch) in heard}
    assert len(found) >= 0.7 * len(played), (sorted(played), sorted(heard))


def test_a_microphone_that_comes_and_goes_is_told(virtual_mic, start_etude, tmp_path):
    path = write_wav(tmp_path / "tune.wav", mixed(one_by_one(PITCHES), 4.0))
    listening = start_etude("listen", "--mic", "pulse")
    listening.wait_for_line("^# listening")
    virtual_mic.play(path)
    listening.wait_for_line("E4")
    virtual_mic.unplug()
    listening.wait_for_line(rf"^# {re.escape(NAME)} has gone$")
    n_before = len(listening.lines)
    virtual_mic.plug()
    listening.wait_for_line(rf"^# {re.escape(NAME)} is connected$")
    virtual_mic.play(path)
    listening.wait_for_line("C5")
    assert listening.end(signal.SIGINT)[0] == 0
    assert "C4" in heard_names(listening.lines[n_before:])


def test_the_needle_moves_on_a_terminal(virtual_mic, tmp_path):
    tone = write_wav(tmp_path / "a.wav", mixed([(0.0, 69, 6.0)], 6.0, cents=20.0))
    shown = Terminal("listen")
    shown.wait_for("listening to default")
    virtual_mic.play(tone)
    shown.wait_for(r"A4  \+(19|20|21) cents")
    shown.wait_for("▲")
    shown.process.send_signal(signal.SIGINT)
    status, rest = shown.end()
    assert (status, rest.strip()) == (0, "")
    shown.close()


def test_without_a_microphone_one_line_says_so(virtual_mic, start_etude):
    virtual_mic.unplug()
    status, errors = start_etude("listen").end()
    assert (status, errors) == (
        1,
        "etude: no microphone found: connect one and see `etude devices`\n",
    )


def test_a_microphone_that_does_not_fit_is_refused(virtual_mic, etude):
    status, _, errors = etude("listen", "--mic", "studio")
    assert status == 1
    assert errors == (f"etude: no microphone fits 'studio'; there are: {NAME}, default (ALSA)\n")


def test_an_unknown_instrument_is_refused_before_a_microphone_is_opened(etude):
    status, _, errors = etude("listen", "--instrument", "kazoo")
    assert status == 1
    assert errors.startswith("etude: instrument must be one of accordion, ")
    assert errors.endswith(", got 'kazoo'\n")


def test_devices_lists_the_microphones_and_watches_them(virtual_mic, start_etude):
    watching = start_etude("devices", "--watch")
    watching.wait_for_line("1  default")
    assert watching.lines == ["microphones", f"  0  {NAME}", "  1  default (ALSA)"]
    virtual_mic.unplug()
    watching.wait_for_line(rf"^-  {re.escape(NAME)}$")
    virtual_mic.plug()
    watching.wait_for_line(rf"^\+  {re.escape(NAME)}$")
    status, errors = watching.end(signal.SIGINT)
    assert status == 130
    assert re.fullmatch(r"etude: no MIDI on this machine: .*\n", errors)
