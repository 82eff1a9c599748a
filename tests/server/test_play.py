"""``etude play`` as a program: recordings through a pipe, the computer's keys on a terminal."""

import os
import re
import signal
import subprocess
import sys
import termios

import mido
import pytest
from terminals import WAIT_SEC, Terminal
from typer.testing import CliRunner

from server.cli import app
from server.errors import ServerError
from server.inputs.errors import MidiFileError
from server.pieces import catalogue

SONG = "hot-cross-buns"
REPEATED = "frere-jacques"
NO_MIDI = {  # a JACK server that is not there: whatever keyboards this machine has, none is found
    "ETUDE_MIDI_API": "jack",
    "JACK_DEFAULT_SERVER": "etude-test-none",
    "JACK_NO_START_SERVER": "1",
}


@pytest.fixture
def recording(tmp_path):
    """The piece played from its notes: the first of bar 4 wrong, that of bar 2 left out."""
    notes = catalogue.find(SONG).score().notes
    played = [(float(note["onset_beat"]) * 480, int(note["pitch"])) for note in notes]
    played[14] = (played[14][0], played[14][1] + 1)
    del played[3]
    track, now_tick = mido.MidiTrack(), 0
    for tick, pitch in played:
        track.append(mido.Message("note_on", note=pitch, time=int(tick) - now_tick))
        now_tick = int(tick)
    path = tmp_path / "played.mid"
    mido.MidiFile(tracks=[track]).save(path)
    return path, len(played)


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_SEC,
        env=os.environ | environment,
    )


def test_a_recording_is_judged_line_by_line_kept_and_replayed(recording):
    path, n_notes = recording
    done = run("play", SONG, "--input", path, "--speed", 200)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    verdicts = [line for line in lines if re.match(r"bar +\d+  beat|  +[+✗]", line)]
    assert len([line for line in verdicts if "missed" not in line]) >= n_notes
    assert any("✗ wrong      played F4" in line for line in verdicts)
    assert any("○ missed" in line for line in verdicts)
    assert re.search(r"score \d.* grade [A-F]", done.stdout)
    assert "is kept: see `etude report last`" in lines[-1]
    replayed = run("replay", "last")
    assert replayed.returncode == 0, replayed.stdout
    assert "same result" in replayed.stdout


def test_a_take_file_is_judged_as_the_take_it_is_of(recording, tmp_path):
    first = run("play", SONG, "--input", recording[0], "--speed", 200).stdout.splitlines()
    assert run("takes", "export", "last", tmp_path / "take.etude").returncode == 0
    again = run("play", SONG, "--input", tmp_path / "take.etude", "--speed", 300)
    assert again.stdout.splitlines()[:-1] == first[:-1]


def test_a_section_in_tempo_mode_is_judged_against_its_own_clock(tmp_path):
    score = catalogue.find(SONG).score().section(2, 3)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=600_000)])
    now_tick = 0
    for note in score.notes:
        tick = int((note["onset_beat"] - score.bars["onset_beat"][0]) * 480)
        track.append(mido.Message("note_on", note=int(note["pitch"]), time=tick - now_tick))
        now_tick = tick
    mido.MidiFile(tracks=[track]).save(tmp_path / "section.mid")
    options = ["--mode", "tempo", "--tempo", 100, "--from-bar", 2, "--to-bar", 3, "--speed", 200]
    done = run("play", SONG, *options, "--input", tmp_path / "section.mid")
    assert done.returncode == 0, done.stderr
    assert "score 100 %, accuracy 100 %, grade A+" in done.stdout
    assert f"{len(score.notes)} of {len(score.notes)} notes right" in done.stdout


def test_without_repeats_each_bar_is_to_be_played_once(tmp_path):
    once = catalogue.find(REPEATED).score().section(repeats=False)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    for pitch in once.notes["pitch"].tolist():
        track.append(mido.Message("note_on", note=pitch, time=480))
    mido.MidiFile(tracks=[track]).save(tmp_path / "once.mid")
    options = ["--mode", "wait", "--input", tmp_path / "once.mid", "--speed", 200]
    told = [run("play", REPEATED, *options, *more).stdout for more in (["--no-repeats"], [])]
    n_notes = len(once.notes)
    assert f"{n_notes} of {n_notes} notes right: flawless" in told[0]
    assert "of the piece reached" in told[1]


def test_without_keyboard_and_terminal_one_line_says_so():
    done = run("play", SONG, **NO_MIDI)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"etude: no MIDI .*\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--speed", "2"], "--speed needs --input"),
        (["--midi", "x", "--input", "y"], "--midi and --input exclude each other"),
        (["--speed", "0", "--input", "y"], "'--speed'"),
        (["--mode", "swing"], "'swing' is not one of"),
        (["--hands", "three"], "'three' is not one of"),
        (["--other-hand", "machine"], "--other-hand needs --hands left or right"),
        (["--hands", "left", "--midi-out", "x"], "--midi-out needs --other-hand machine"),
        ([], "Missing argument"),
    ],
)
def test_a_wrong_use_is_status_2_and_says_why(arguments, message):
    song = [SONG] if arguments else []
    result = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "200"}).invoke(
        app, ["play", *song, *arguments]
    )
    assert result.exit_code == 2
    assert message in result.output


def test_a_recording_that_is_none_is_refused(tmp_path):
    path = tmp_path / "noise.mid"
    path.write_bytes(b"noise")
    result = CliRunner().invoke(app, ["play", SONG, "--input", str(path)])
    assert isinstance(result.exception, MidiFileError)


def test_devices_without_midi_and_microphones_says_so(monkeypatch):
    monkeypatch.setenv("ETUDE_MIDI_API", "oss")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    result = CliRunner().invoke(app, ["devices"])
    assert isinstance(result.exception, ServerError)
    assert str(result.exception) == (
        "the MIDI API must be one of alsa, jack, coremidi, winmm, got 'oss';"
        " no microphone can be used: pip install sounddevice"
    )


@pytest.fixture
def terminal():
    """Starts ``etude`` on a terminal; whatever still runs at the end is ended."""
    started = []

    def start(*arguments):
        started.append(Terminal(*arguments, **NO_MIDI))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_the_computer_s_keys_play_on_a_terminal_and_verdicts_take_colour(terminal):
    shown = terminal("play", SONG, "--mode", "wait")
    shown.wait_for("a s d f g h j k l ; '")
    shown.wait_for("waiting for the first note")
    assert "Hot Cross Buns" in shown.plain
    for key, verdict in [("d", "E4✓"), ("s", "D4✓"), ("d", "✗ wrong"), ("a", "C4[✓✗]")]:
        shown.type(key)
        shown.wait_for(re.escape(verdict) if "[" not in verdict else verdict)
    assert re.search(r"\x1b\[32m[^\x1b]*E4✓|\x1b\[32;[^m]*mE4✓", shown.text), "E4 is not green"
    shown.type("q")
    status, summary = shown.end()
    assert status == 0
    assert re.search(r"score \d.*grade", summary)
    assert "bar   1  1 wrong" in summary
    assert "is kept" in summary
    assert termios.tcgetattr(shown.master) == shown.settings


def test_ctrl_c_keeps_the_take_and_sums_up(terminal):
    shown = terminal("play", SONG, "--mode", "wait")
    shown.wait_for("waiting for the first note")
    shown.type("d")
    shown.wait_for("E4✓")
    shown.process.send_signal(signal.SIGINT)
    status, summary = shown.end()
    assert status == 130
    assert "1 of 1 notes right" in summary
    assert "is kept" in summary
    assert termios.tcgetattr(shown.master) == shown.settings
    assert "interrupted" in run("takes", "--json").stdout


def test_the_count_in_is_seen_and_q_ends_it(terminal):
    shown = terminal("play", SONG, "--mode", "tempo", "--tempo", "240")
    for beat in range(1, 5):
        lamps = " ".join("●" if k == beat else "○" for k in range(1, 5))
        shown.wait_for(f"{lamps}  {beat}")
    shown.wait_for(r"▶ +2 +1 +E4")  # the place goes on with the clock, played or not
    shown.type("q")
    status, summary = shown.end()
    assert status == 0
    assert "Nothing was played." in summary or "missed" in summary
