"""The pitch benchmark from its command line, on recordings made for it."""

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from bench.errors import BenchError
from bench.pitch import synth
from bench.pitch.command import main
from bench.pitch.store import Key, Store, save

soundfile = pytest.importorskip("soundfile")
RATE_HZ = 44_100
SECONDS = 3


@pytest.fixture
def data(tmp_path):
    """A clean melody of a model, cut short, and two chords of sines."""
    folder = tmp_path / "data"
    folder.mkdir()
    name = "stopped pipe"
    samples = synth.played(name, RATE_HZ)[: SECONDS * RATE_HZ]
    truth = synth.truth(synth.Item("", "model", "model", name))
    kept = truth.time_sec < SECONDS
    table = np.column_stack([truth.time_sec[kept], truth.f0_hz[kept]])
    soundfile.write(folder / "pipe.flac", samples, RATE_HZ)
    np.savetxt(folder / "pipe.f0.csv", table, "%.4f", ",")
    notes = truth.notes[truth.notes[:, 1] < SECONDS]
    np.savetxt(folder / "pipe.notes.csv", notes, "%.4f", ",")
    chords = np.array([[0.5, 1.0, 60, 90], [0.5, 1.0, 64, 90], [1.2, 1.8, 67, 90]])
    at = np.arange(2 * RATE_HZ) / RATE_HZ
    tones = sum(
        np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * at) * ((at >= onset) & (at < offset))
        for onset, offset, pitch, _ in chords
    )
    soundfile.write(folder / "chords.flac", 0.2 * tones, RATE_HZ)
    np.savetxt(folder / "chords.notes.csv", chords, "%.3f", ",")
    entries = [
        {"id": "pipe", "kind": "real", "task": "mono", "cond": "clean"},
        {"id": "chords", "kind": "piano_chords", "task": "poly", "cond": "clean"},
    ]
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def run(data, tmp_path):
    """Run the benchmark; gives its page."""

    def run(**options):
        wish = {"data": data, "out": tmp_path / "out", "peers": "etude", "match": "pipe_clean"}
        wish |= options
        main([str(part) for name, value in wish.items() for part in (f"--{name}", value)])
        return (tmp_path / "out/results.md").read_text()

    return run


def raw(tmp_path, section="frames", name="etude", item="pipe_clean"):
    return Store(tmp_path / "out").load(Key(section, name, item))


def test_the_tracker_is_measured_live(run, tmp_path):
    told = run(sections="frames")
    found = raw(tmp_path)
    assert (found["told_sec"] >= found["time_sec"]).all()
    assert (np.diff(found["told_sec"]) >= 0).all()
    assert set(np.round(found["told_sec"] * RATE_HZ)[:-5] % 256) == {0}
    sounding = found["is_voiced"].mean()
    assert 0.3 < sounding < 1
    assert "| Etude | " in told
    assert f"| etude | frames | {found['version']} | none |" in told
    assert (tmp_path / "out/results.svg").exists() == (find_spec("matplotlib") is not None)


def test_notes_are_measured_with_when_they_were_told(run, tmp_path):
    told = run(sections="onsets")
    found = raw(tmp_path, "onsets")
    assert len(found["onset_sec"]) >= 2
    assert (found["told_sec"] > found["onset_sec"]).all()
    assert "## Onsets within 50 ms" in told
    assert "| onset F1 within 50 ms, instruments | >= 92 (>= 90) | " in told


def test_what_this_version_measured_is_not_measured_again(run, tmp_path):
    run(sections="frames")
    before = raw(tmp_path)
    run(sections="frames")
    assert raw(tmp_path)["cpu_sec"] == before["cpu_sec"]
    path = Store(tmp_path / "out").path(Key("frames", "etude", "pipe_clean"))
    save(path, before | {"version": np.array("older"), "f0_hz": np.zeros(len(before["f0_hz"]))})
    run(sections="frames")
    assert np.array_equal(raw(tmp_path)["f0_hz"], before["f0_hz"])


def test_a_damaged_file_is_named(run, tmp_path):
    run(sections="frames")
    path = Store(tmp_path / "out").path(Key("frames", "etude", "pipe_clean"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BenchError, match=r"pipe_clean.npz: no measurement \(.*\); remove it to"):
        run(sections="frames")


def test_a_kept_peer_is_told_without_being_run(run, tmp_path):
    run(sections="frames")
    store = Store(tmp_path / "out")
    mine = store.load(Key("frames", "etude", "pipe_clean"))
    theirs = Key("frames", "librosa-yin", "pipe_clean")
    save(store.path(theirs), mine | {"version": np.array("0.1")})
    broken = interpreter(tmp_path, "exit 1")
    told = run(sections="frames", kept="librosa-yin,swift-f0", python=broken)
    assert "| librosa-yin | frames | 0.1 | none |" in told
    assert "| swift-f0 | frames | - | nothing kept |" in told
    assert "| librosa yin |" in told


def interpreter(tmp_path, does):
    """A stand-in for an interpreter whose peers come to grief."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def test_a_peer_that_is_missing_or_does_not_start_costs_nobody_else(run, tmp_path):
    hello = '{"missing": "not installed (no such peer): pip install it"}'
    python = interpreter(tmp_path, f"echo '{hello}'")
    told = run(sections="frames", peers="etude,librosa-yin", python=python)
    assert "| librosa-yin | frames | - | not installed (no such peer): pip install it |" in told
    assert "| etude | frames | " in told
    told = run(sections="frames", peers="etude,swift-f0", python=interpreter(tmp_path, "exit 4"))
    assert "| did not start: its process ended with 4; see frames-swift-f0.log |" in told


def test_a_crash_costs_one_item(run, tmp_path):
    hello = '{"version": "1"}'
    python = interpreter(tmp_path, f"echo '{hello}'; read task; exit 3")
    told = run(sections="frames", peers="etude,librosa-yin", python=python)
    assert "| librosa-yin | frames | 1 | its process ended with 3: 1 |" in told


def test_nothing_measured_is_an_error(run, tmp_path):
    with pytest.raises(BenchError, match="nothing was measured: see the reasons above"):
        run(peers="librosa-yin", sections="frames", python=interpreter(tmp_path, "exit 1"))


def test_missing_recordings_are_told(run, tmp_path):
    with pytest.raises(BenchError, match=r"no recordings in .*out \(manifest.json is missing\)"):
        run(data=tmp_path / "out")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("peers", "me", "'me' is none of etude"),
        ("sections", "frames,voices", "'voices' is none of frames, onsets, chords, hops"),
        ("conditions", "clean,fog", "'fog' is none of clean, snr30"),
        ("hops", "0", "must be a whole number >= 1, got '0'"),
        ("limit", "-1", "must be a number > 0, got '-1'"),
    ],
)
def test_wrong_options_are_told(capsys, option, value, told):
    with pytest.raises(SystemExit):
        main([f"--{option}={value}"])
    assert told in capsys.readouterr().err


def test_the_worker_speaks_only_json(run, tmp_path, data):
    import subprocess

    from bench.matching.matchers import ROOT

    task = [str(tmp_path / "x.npz"), "pipe_clean", "real", "no such condition", "pipe"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.pitch.worker", "frames", "etude", "--data", str(data)],
        input=json.dumps(task) + "\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    hello, answer = map(json.loads, done.stdout.splitlines())
    assert set(hello) == {"version"}
    assert answer == {"failed": "BenchError: 'no such condition' is no condition"}
    assert "Traceback" in done.stderr
    assert not (tmp_path / "x.npz").exists()
