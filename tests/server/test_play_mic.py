"""``etude play`` at a microphone: played to, judged, kept; plugged out and in; recordings."""

import asyncio
import csv
import re
import signal
from pathlib import Path
from types import SimpleNamespace

import mido
import numpy as np
import pytest
import soundfile
from melodies import RATE_HZ, mixed
from microphones import NAME, wait_for, write_wav
from midi_ports import stored_events
from terminals import Terminal
from typer.testing import CliRunner

from engine.accompaniment import Cue
from engine.events import Kind
from engine.instruments import instrument_named
from engine.score.hands import share_out
from engine.tuning import Tuning
from native.audio_ring import AudioRing
from server.cli import app
from server.cli.playing.hearing import HearingRequest, instrument_for
from server.cli.playing.setup import Instruments, PlayRequest, _sitting
from server.inputs.microphone import Opened
from server.pieces import catalogue

SONG = "hot-cross-buns"
BEAT_SEC = 0.6
VERDICT = r"^(bar +\d+  beat|  +[+✗])"


def tune(wrong=None, left_out=None, first_sec=1.0, beat_sec=BEAT_SEC, to_bar=None):
    """A piece as sound: one note a semitone too high, one left out."""
    notes = catalogue.find(SONG).score().section(1, to_bar).notes
    rows = []
    for k, note in enumerate(notes):
        pitch = int(note["pitch"]) + (k == wrong)
        onset_sec = first_sec + beat_sec * float(note["onset_beat"])
        if k != left_out:
            rows.append((onset_sec, pitch, beat_sec * float(note["duration_beat"])))
    return mixed(rows, rows[-1][0] + rows[-1][2] + 0.5), rows


def verdicts(lines):
    return [line for line in lines if re.match(VERDICT, line)]


def test_a_tune_at_the_microphone_is_judged_kept_and_replayed(
    virtual_mic, start_etude, etude, tmp_path
):
    samples, rows = tune(wrong=4, left_out=9, first_sec=0.3, beat_sec=0.5, to_bar=3)
    options = ("--mic", "pulse", "--instrument", "sitar", "--to-bar", "3")
    playing = start_etude("play", SONG, *options)
    playing.wait_for_line(rf"^# listening to {re.escape(NAME)}$")
    virtual_mic.play(write_wav(tmp_path / "tune.wav", samples))
    status, errors = playing.end()
    assert (status, errors) == (0, "")
    told = verdicts(playing.lines)
    assert len([line for line in told if "✓ correct" in line]) >= len(rows) - 3
    assert any("✗ wrong      played E♭4" in line for line in told), told
    assert any("○ missed" in line for line in told), told
    assert re.search(r"is kept: see `etude report last`", playing.lines[-1])
    take, events = asyncio.run(stored_events())
    assert take.header.source == "microphone"
    onsets_sec = np.array([event.time_sec for event in events if event.kind == Kind.NOTE_ON])
    played_sec = np.array([row[0] for row in rows]) - rows[0][0]
    off_sec = [onsets_sec[np.abs(onsets_sec - sec).argmin()] - sec for sec in played_sec]
    # The player of a busy machine may pause once, whatever is played after it.
    assert np.median(np.abs(off_sec - np.median(off_sec))) < 0.02, off_sec
    status, out, _ = etude("replay", "last")
    assert status == 0, out
    assert "same result" in out


def test_a_recorded_cello_at_the_microphone_is_judged_by_its_notes(
    virtual_mic, start_etude, shared, tmp_path
):
    item = shared / "data" / "pitch" / "dev_exact_cello_clean"
    samples, rate_hz = soundfile.read(f"{item}.flac", frames=6 * 44_100)
    with Path(f"{item}.notes.csv").open(newline="") as file:
        rows = [(float(r[0]), round(float(r[2]))) for r in csv.reader(file) if float(r[1]) < 5.5]
    track, now_tick = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)]), 0
    for onset_sec, pitch in rows:
        tick = round(960 * onset_sec)
        track.append(mido.Message("note_on", note=pitch, time=tick - now_tick))
        track.append(mido.Message("note_off", note=pitch, time=120))
        now_tick = tick + 120
    mido.MidiFile(tracks=[track]).save(tmp_path / "cello.mid")
    playing = start_etude("play", str(tmp_path / "cello.mid"), "--mic", "--instrument", "cello")
    playing.wait_for_line(r"^# listening to default")
    virtual_mic.play(write_wav(tmp_path / "cello.wav", samples, rate_hz)).wait(30)
    status, _ = playing.end(signal.SIGINT) if playing.process.poll() is None else playing.end()
    assert status in (0, 130)
    right = [line for line in verdicts(playing.lines) if re.search("✓|‹|›", line)]
    assert len(right) >= 0.6 * len(rows), playing.lines


def test_a_microphone_that_goes_and_returns_is_told_and_heard_again(
    virtual_mic, start_etude, tmp_path
):
    samples, rows = tune(first_sec=0.3)
    half_sec = rows[4][0] - 0.05
    first = write_wav(tmp_path / "first.wav", samples[: int(half_sec * RATE_HZ)])
    rest = np.concatenate([np.zeros(RATE_HZ), samples[int(half_sec * RATE_HZ) :]])
    second = write_wav(tmp_path / "second.wav", rest)
    playing = start_etude("play", SONG, "--mic", "pulse", "--mode", "wait")
    playing.wait_for_line("^# listening")
    virtual_mic.play(first).wait(30)
    playing.wait_for_line("✓ correct")
    virtual_mic.unplug()
    playing.wait_for_line(rf"^# {re.escape(NAME)} has gone$")
    n_before = len(verdicts(playing.lines))
    virtual_mic.plug()
    playing.wait_for_line(rf"^# {re.escape(NAME)} is connected$")
    virtual_mic.play(second)
    wait_for(lambda: len(verdicts(playing.lines)) > n_before, "more verdicts")
    status, errors = playing.end(signal.SIGINT)
    assert status == 130
    told = [line for line in errors.splitlines() if not line.startswith("Expression '")]
    assert told == []  # PortAudio's own thread tells what it lost, and cannot be silenced
    assert "is kept" in playing.lines[-1]


def test_the_microphone_is_judged_on_a_terminal(virtual_mic, tmp_path):
    samples, _ = tune(first_sec=0.5)
    shown = Terminal("play", SONG, "--mic", "--mode", "wait")
    shown.wait_for("listening to default")
    virtual_mic.play(write_wav(tmp_path / "tune.wav", samples))
    shown.wait_for("We do not hear you yet|The microphone sounds good")
    shown.wait_for("E4✓")
    shown.type("q")
    status, summary = shown.end()
    shown.close()
    assert status == 0
    assert "is kept" in summary


def test_without_a_microphone_one_line_says_so(virtual_mic, start_etude):
    virtual_mic.unplug()
    playing = start_etude("play", SONG, "--mic")
    status, errors = playing.end()
    assert status == 1
    assert errors == "etude: no microphone found: connect one and see `etude devices`\n"
    assert playing.lines == []


# ---- recordings


@pytest.fixture
def invoke(monkeypatch):
    def call(*arguments):
        runner = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "200"})
        return runner.invoke(app, ["play", *map(str, arguments)])

    return call


def test_a_recording_is_judged_as_if_at_the_microphone(etude, tmp_path):
    samples, rows = tune(wrong=4, left_out=9, first_sec=0.2)
    soundfile.write(tmp_path / "tune.flac", samples, RATE_HZ)
    status, out, errors = etude(
        "play", SONG, "--audio", tmp_path / "tune.flac", "--speed", 20, "--instrument", "sitar"
    )
    assert (status, errors) == (0, "")
    told = verdicts(out.splitlines())
    assert len([line for line in told if "✓ correct" in line]) == len(rows) - 1, told
    assert any("✗ wrong      played E♭4" in line for line in told)
    assert any("○ missed" in line for line in told)
    take, _ = asyncio.run(stored_events())
    assert take.header.source == "file"


@pytest.mark.parametrize("instrument", ["piano", "guitar"])
def test_chords_are_judged_note_by_note(etude, tmp_path, instrument):
    """One chord has a note a semitone too high: that is missed, and all others are right."""
    notes = catalogue.find("cadence-in-c").score().notes
    rows = [
        (0.2 + BEAT_SEC * float(note["onset_beat"]), int(note["pitch"]) + (k == 16), 1.0)
        for k, note in enumerate(notes)
    ]
    sound = mixed(rows, rows[-1][0] + 2.0)
    soundfile.write(tmp_path / "chords.flac", sound * (0.5 / np.abs(sound).max()), RATE_HZ)
    status, out, errors = etude(
        "play", "cadence-in-c", "--audio", tmp_path / "chords.flac", "--speed", 10,
        "--instrument", instrument,
    )  # fmt: skip
    assert (status, errors) == (0, "")
    told = verdicts(out.splitlines())
    right = [line for line in told if "✓ correct" in line]
    assert len(notes) - 4 <= len(right) <= len(notes) - 1, out


@pytest.mark.parametrize(
    ("first_sec", "told_sec", "options", "late_ms"),
    [
        (0.0, 0.0, [], 0),
        (3.4, 3.4, [], 0),  # longer than the count-in
        (0.4, 0.3, ["--first-note", 0.3], 100),
    ],
)
def test_where_the_metronome_leads_it_begins_with_the_first_note(
    etude, tmp_path, first_sec, told_sec, options, late_ms
):
    samples, rows = tune(first_sec=first_sec)
    soundfile.write(tmp_path / "tune.wav", samples, RATE_HZ)
    status, out, errors = etude(
        "play", SONG, "--audio", tmp_path / "tune.wav", "--speed", 20,
        "--mode", "tempo", "--tempo", 60.0 / BEAT_SEC, *options,
    )  # fmt: skip
    assert (status, errors) == (0, "")
    found = re.search(r"^# the first note belongs (\S+) s into the recording", out, re.M)
    assert float(found[1]) == pytest.approx(told_sec, abs=0.03)
    right = [line for line in verdicts(out.splitlines()) if "✗" not in line and "○" not in line]
    assert len(right) >= len(rows) - 1, out
    timings_ms = [int(line.split()[-2]) for line in right if line.endswith(" ms")]
    assert np.median(timings_ms) == pytest.approx(late_ms, abs=20)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mic", "x", "--midi", "y"], "--midi and --mic exclude each other"),
        (["--mic", "--input", "y"], "--input and --mic exclude each other"),
        (["--audio", "x", "--mic"], "--mic and --audio exclude each other"),
        (["--mic", "--speed", "2"], "--speed needs --input or --audio"),
        (["--instrument", "violin"], "--instrument needs --mic or --audio"),
        (["--a4", "442"], "--a4 needs --mic or --audio"),
        (["--channel", "2", "--input", "x"], "--channel needs --mic or --audio"),
        (["--mic-delay", "200"], "--mic-delay needs --mic"),
        (["--audio", "x", "--first-note", "2"], "--first-note needs --audio and --mode tempo"),
        (["--mic", "--mic-delay", "2000"], "'--mic-delay'"),
        (["--mic", "--tonic", "D"], "--tonic needs --tuning just or sargam"),
    ],
)
def test_a_wrong_use_is_status_2_and_says_why(invoke, arguments, message):
    done = invoke(SONG, *arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_what_cannot_be_heard_is_refused(etude, tmp_path):
    (tmp_path / "a.wav").write_text("no sound")
    status, _, errors = etude("play", SONG, "--audio", tmp_path / "a.wav")
    assert status == 1
    assert errors.startswith(f"etude: {tmp_path / 'a.wav'} is no audio that can be read: ")
    status, _, errors = etude("play", SONG, "--audio", tmp_path / "a.wav", "--instrument", "kazoo")
    assert status == 1
    assert errors.endswith(", got 'kazoo'\n")


def test_the_instrument_is_the_one_named_else_one_that_can_play_the_music():
    def request(name):
        return HearingRequest(None, None, name, Tuning(), None)

    melody, chords = (catalogue.find(s).score() for s in (SONG, "cadence-in-c"))
    assert instrument_for(request(None), melody) is None
    assert instrument_for(request(None), chords) == instrument_named("piano")
    assert instrument_for(request("violin"), chords) == instrument_named("violin")


def test_a_microphone_is_told_what_the_machine_plays():
    """Without it the other hand, loud in the room, would count as the player's."""
    score = catalogue.find("five-finger-both").score()
    parts = share_out(score, "right", "machine")
    request = PlayRequest(
        parts.score, "", "", "follow", None, parts.machine_notes, None, None, None, 1.0,
        HearingRequest(None, None, "flute", Tuning(), None),
    )  # fmt: skip
    opened = Opened(AudioRing(1 << 16), RATE_HZ, 0.01)
    room = SimpleNamespace(opened=opened, name="Room", n_gaps=0)
    keys = SimpleNamespace(name="Piano", note_on=lambda *_: None, note_off=lambda *_: None)
    sitting = _sitting(request, Instruments(microphone=room, output=keys), None)
    opened.ring.push(np.zeros(RATE_HZ // 10, np.float32))
    sitting._step(sitting.clock_sec())
    told = []
    sitting.inputs[0]._ear.machine_plays = lambda *sounded: told.append(sounded)
    sitting._accompanist.take([Cue(48, 60, 0.0, 0.5, "n1")], sitting.clock_sec())
    sitting._accompanist.play(sitting.clock_sec())
    ((pitch, onset_sec, offset_sec),) = told
    assert pitch == 48
    assert offset_sec - onset_sec == pytest.approx(0.5, abs=0.05)
