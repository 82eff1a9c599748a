"""The laboratory drives the engine through the adapter, and hears what the benchmark hears."""

import importlib
import sys

import numpy as np
import pytest

from bench.pitch import chord_engines, engines, onset_engines, synth
from bench.pitch.lab_adapter import Tracker, Verifier, onsets
from bench.pitch.material import Sound

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def sound():
    return Sound(synth.played("saxophone", RATE_HZ)[: 3 * RATE_HZ], RATE_HZ)


def test_frames_are_those_of_the_benchmark(sound):
    tracker = Tracker()
    tracker.start(RATE_HZ)
    rows = [row for block, _ in engines.blocks(sound.samples) for row in tracker.process(block)]
    expected = engines.etude(sound)
    assert [row[0] for row in rows] == expected.time_sec.tolist()
    assert [row[1] for row in rows] == expected.f0_hz.tolist()
    assert [row[2] for row in rows] == expected.confidence.tolist()
    assert [row[3] for row in rows] == expected.is_voiced.tolist()
    assert {type(value) for value in rows[0]} == {float, bool}


def test_onsets_are_those_of_the_benchmark(sound):
    found, told, cpu_sec = onsets(*sound)
    expected = onset_engines.etude(sound)
    assert found.tolist() == expected.onset_sec.tolist()
    assert told == pytest.approx(expected.told_sec, abs=256 / RATE_HZ)
    assert len(found) >= 3
    assert cpu_sec > 0


def test_chords_are_about_those_of_the_benchmark(sound):
    lab, bench = Verifier(), chord_engines.Etude()
    lab.prepare(*sound)
    bench.begin(sound)
    chord = chord_engines.Chord(1.0, 1.0, (60,), (chord_engines.Decoy(61, 60, 1),))
    told, _ = bench.scores(chord, 0.1)
    found = lab.score(1.0, 1.0, [60, 61], 0.1)
    assert found == pytest.approx(told, abs=0.05)
    assert lab.name == "etude"


def test_the_laboratory_runs_it(shared, monkeypatch, sound):
    for path in (shared / "pitch_lab", importlib.import_module("bench.pitch").__path__[0]):
        monkeypatch.syspath_prepend(path)
    pytest.importorskip("soundfile")
    run_mono = importlib.import_module("run_mono")
    found = run_mono.run("lab_adapter:Tracker", sound.samples, RATE_HZ, 256)
    sys.modules.pop("lab_adapter")
    assert np.array_equal(found["f0"], engines.etude(sound).f0_hz)
    assert (found["n"] % 256 == 0)[:-4].all()
