"""What the onset detector is trained on: the truth is where the sound has it."""

import numpy as np
import pytest

from training import voices
from training.onset_features import targets_of
from training.onset_pieces import Piece, played_piece
from training.samples import RATE_HZ, Sample


def sample(pitch, instrument="cello"):
    """A tone of two seconds with a quick attack, as a decoded sample."""
    time_sec = np.arange(2 * RATE_HZ) / RATE_HZ
    f0_hz = 440 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * k * f0_hz * time_sec) / k for k in range(1, 6))
    sound = wave / np.abs(wave).max() * np.minimum(1, time_sec / 0.005)
    return Sample(instrument, 0, pitch, f0_hz, 0, (32767 * sound).astype(np.int16))


NOTES = [sample(pitch) for pitch in (48, 52, 56, 60, 64)]
PIANO = [sample(pitch, "piano") for pitch in (40, 52, 64)]


@pytest.fixture(scope="module")
def piece():
    return played_piece(np.random.default_rng(4), NOTES, PIANO, 6.0)


def test_a_piece_is_the_same_for_the_same_seed(piece):
    again = played_piece(np.random.default_rng(4), NOTES, PIANO, 6.0)
    assert (again.sound == piece.sound).all()
    assert (again.onset_sec == piece.onset_sec).all()
    assert np.isfinite(piece.sound).all()
    assert np.abs(piece.sound).max() <= 8.0


def test_onsets_ascend_within_the_instruments_range(piece):
    assert len(piece.onset_sec) == len(piece.pitch) >= 4
    assert (np.diff(piece.onset_sec) > 0.05).all()
    assert piece.pitch.min() >= 48 and piece.pitch.max() <= 64
    assert piece.onset_sec[-1] < len(piece.sound) / piece.rate_hz


def test_the_first_note_sounds_from_its_onset_on():
    for seed in range(20):
        piece = played_piece(np.random.default_rng(seed), NOTES, PIANO, 3.0)
        at = int(piece.onset_sec[0] * RATE_HZ)
        before = np.mean(np.square(piece.sound[max(0, at - 4410) : at - 441]))
        after = np.mean(np.square(piece.sound[at + 441 : at + 4410]))
        assert after > 1.5 * before


def test_targets_stand_where_an_onset_is_told():
    piece = Piece("cello", np.zeros(16000, np.float32), 16000.0, np.array([0.4]), np.array([60.0]))
    targets = targets_of(piece, 125)
    for delay in (0, 7, 15):
        told_sec = (np.arange(1, 126) - 5 - delay) * 0.008
        row = targets[:, delay]
        assert told_sec[np.argmax(row)] == pytest.approx(0.4)
        assert row.max() == pytest.approx(1.0)
        assert row.sum() == pytest.approx(2.0)
        assert (row[np.abs(told_sec - 0.4) > 0.017] == 0).all()


def test_targets_stand_at_the_nearest_onset():
    onsets = np.array([0.2, 0.4, 0.41])
    piece = Piece("cello", np.zeros(16000, np.float32), 16000.0, onsets, np.full(3, 60.0))
    told_sec = (np.arange(1, 126) - 5) * 0.008
    off_sec = np.abs(told_sec[:, None] - onsets).min(axis=1)
    assert targets_of(piece, 125)[:, 0] == pytest.approx(np.maximum(0, 1 - off_sec / 0.016))


def syllables(seed):
    rng = np.random.default_rng(seed)
    rows = voices._syllables(rng, 12, (45, 70))
    for row in rows:
        row.said = (0.3, 0.36, 0.5)
        row.lead_sec = 0.06 if row.consonant else 0.0
    return rng, rows


@pytest.mark.parametrize("seed", range(8))
def test_the_voice_sounds_from_each_onset_on(seed):
    rng, rows = syllables(seed)
    frames = int((rows[-1].end_sec + 0.6) / voices.FRAME_SEC)
    f0_hz, is_voiced = voices._contour(rng, rows, frames)
    for row in rows:
        at = int(np.ceil(voices._onset_sec(row) / voices.FRAME_SEC))
        assert is_voiced[at : at + 8].all()
        if row.consonant in voices.UNVOICED:
            assert not is_voiced[at - 8 : at - 1].any()
        held = slice(at + 16, int(row.end_sec / voices.FRAME_SEC) - 16)
        semitones = 69 + 12 * np.log2(f0_hz[held] / 440)
        if len(semitones) > 20:
            assert np.median(semitones) == pytest.approx(row.pitch, abs=0.8)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_said_goes_on_while_a_note_is_held(seed):
    rng, rows = syllables(seed)
    frames = int((rows[-1].end_sec + 0.6) / voices.FRAME_SEC)
    source_sec, level = voices._time_map(rng, rows, frames)
    for row in rows:
        held = slice(int(row.start_sec / 0.005) + 8, int(row.end_sec / 0.005) - 40)
        assert (np.diff(source_sec[held]) >= 0).all()
        assert (level[held] > 0.2).all()
    assert level[: int((rows[0].start_sec - 0.2) / 0.005)].max(initial=0.0) < 0.01


def test_flite_of_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(voices, "FLITE_VERSION", "flite-9.9")
    with pytest.raises(SystemExit, match=r"flite (is missing|must be flite-9\.9, got)"):
        voices.check_flite()
