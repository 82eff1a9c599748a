"""The weights that ship: they fit the core, and say where they come from and how sure they are."""

import json
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.errors import RuleError
from engine.pitch import PitchTracker, _weights
from native.errors import RangeError
from native.pitch import WEIGHTS, Pitch

FOLDER = Path(engine.__file__).parent / "weights"
DESCRIBED = json.loads((FOLDER / "pitch.json").read_text(encoding="utf-8"))
LEFT_OUT = ("trumpet", "contrabass", "oboe", "bassoon", "saxophone", "tonejs-instrument-piano")


def test_the_weights_fit_the_core_and_are_finite():
    weights = np.load(FOLDER / "pitch.npy")
    assert weights.dtype == np.float32 and weights.shape == (WEIGHTS,)
    assert np.isfinite(weights).all()
    assert np.abs(weights).max() < 100


def test_trackers_share_weights_that_nobody_can_change():
    assert _weights() is _weights()
    with pytest.raises(ValueError, match="read-only"):
        _weights()[0] = 1.0


@pytest.mark.parametrize("given", [np.zeros(WEIGHTS - 1, np.float32), np.zeros(WEIGHTS)])
def test_weights_of_another_shape_are_refused(given):
    with pytest.raises(RangeError) as raised:
        Pitch(44100.0, 27.5, 4186.0, given)
    said = f"weights must be ({WEIGHTS},) float32, got {given.shape} {given.dtype}"
    assert str(raised.value) == said


def test_a_damaged_file_is_told_by_name(tmp_path, monkeypatch):
    (tmp_path / "weights").mkdir()
    np.save(tmp_path / "weights" / "pitch.npy", np.zeros(3, np.float32))
    monkeypatch.setattr("engine.pitch.__file__", str(tmp_path / "pitch.py"))
    _weights.cache_clear()
    try:
        with pytest.raises(RuleError) as raised:
            PitchTracker(44100)
    finally:
        _weights.cache_clear()
    assert str(raised.value) == f"pitch.npy must hold {WEIGHTS} weights, got shape (3,)"


def test_the_weights_say_where_they_come_from():
    assert DESCRIBED["recipe"] == "python -m training.pitch"
    assert DESCRIBED["seeds"] == {"training": 1, "validation": 2, "voicing": 3}
    assert all("CC BY 3.0" in row["licence"] for row in DESCRIBED["data"])
    packages = [row["package"] for row in DESCRIBED["data"]]
    assert len(packages) == len(set(packages)) > 10
    assert not [name for name in packages if any(other in name for other in LEFT_OUT)]


def test_of_the_frames_said_to_be_so_sure_as_many_are_right():
    """On instruments that were held out of the training."""
    curve = DESCRIBED["figures_on_held_out_instruments"]["calibration"]
    assert sum(row["frames"] for row in curve) > 50_000
    for row in curve:
        assert row["right"] == pytest.approx(row["said"], abs=0.08)
