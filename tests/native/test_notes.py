"""The notes' front end and detector beside the NumPy reference, and what breaks a rule."""

import numpy as np
import pytest

from engine import reference_notes as reference
from engine.learned import learned
from native.errors import RangeError
from native.notes import FRAME_DTYPE, MAX_FRAMES, MAX_SAMPLES, N_FEATURES, N_WEIGHTS, Notes

RATE_HZ = 16000.0
HOP_SEC = 0.008


def band_limited(n, seed=3, top_hz=5000.0):
    """Noise that no resampling changes, swelling and falling silent."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    spectrum[np.fft.rfftfreq(n, 1 / RATE_HZ) > top_hz] = 0
    time_sec = np.arange(n) / RATE_HZ
    swell = np.clip(np.sin(2 * np.pi * 1.7 * time_sec), 0, 1) ** 2
    return 0.2 * np.fft.irfft(spectrum, n) / np.sqrt(np.mean(np.abs(spectrum) ** 2) / n) * swell


def some_frames(n, seed=5):
    """A frame every 4 ms, of a pitch that wanders and is not always sure."""
    rng = np.random.default_rng(seed)
    frames = np.zeros(n, FRAME_DTYPE)
    frames["time_sec"] = np.arange(n) * 0.004 + 0.001
    semitones = 60 + np.cumsum(rng.normal(0, 0.5, n))
    frames["f0_hz"] = 440 * 2 ** ((semitones - 69) / 12)
    frames["confidence"] = rng.uniform(0, 1, n)
    frames["is_voiced"] = rng.uniform(0, 1, n) < 0.7
    return frames, semitones


def native_features(sound, frames, block=1000, rate_hz=RATE_HZ):
    notes, rows = Notes(rate_hz, learned("onset")), []
    for at in range(0, len(sound), block):
        here = (frames["time_sec"] >= at / rate_hz) & (frames["time_sec"] < (at + block) / rate_hz)
        rows.append(notes.features(sound[at : at + block], frames[here]))
    return np.concatenate(rows)


def after_a_blow(n):
    """The same, over 40 dB softer than a blow at the microphone before it, and with an offset."""
    level = np.interp(np.arange(n), [1500, 2500], [9.0, 0.04])
    return 0.01 * np.clip(np.arange(n) / 4000, 0, 1) + level * band_limited(n)


@pytest.mark.parametrize("make_sound", [band_limited, after_a_blow])
def test_features_of_sound_are_those_of_the_reference(make_sound):
    sound = make_sound(16000)
    frames, _ = some_frames(250)
    native = native_features(sound.astype(np.float32), frames)
    told = reference.sound_features(sound)
    hops = min(len(native), len(told))
    assert hops > 110
    assert native[:hops, : told.shape[1]] == pytest.approx(told[:hops], abs=6e-3)


@pytest.mark.parametrize("offset", [0.0, 0.02])
def test_a_blow_and_an_offset_are_soon_forgotten(offset):
    sound = band_limited(3 * 16000)
    blow = np.where((np.arange(len(sound)) > 4000) & (np.arange(len(sound)) < 6000), 1.0, 0.0)
    frames, _ = some_frames(750)
    plain, told = (
        native_features(what.astype(np.float32), frames)
        for what in (0.02 * sound, 0.02 * sound + offset + 0.9 * np.sign(sound) * blow)
    )
    later = slice(320, None)  # 2.2 s after the blow, half of it rests
    assert told[later, :146] == pytest.approx(plain[later, :146], abs=0.9)


def test_features_of_pitch_are_those_of_the_reference():
    sound = band_limited(16000)
    frames, semitones = some_frames(250)
    native = native_features(sound.astype(np.float32), frames)[:, -10:]
    frame_sec = (np.arange(1, len(native) + 1) - 3) * HOP_SEC
    row = np.searchsorted(frames["time_sec"], frame_sec + 1e-9) - 1
    late = row >= 0
    confidence = np.where(late, frames["confidence"][row], 0.0)
    voiced = np.where(late, frames["is_voiced"][row] != 0, False)
    told = reference.pitch_features(np.where(late, semitones[row], 0.0), confidence, voiced)
    assert late.sum() > 100
    assert native == pytest.approx(told, abs=1e-5)


def test_bands_begin_where_the_reference_says():
    assert reference.band_edges(*reference.SHORT_BANDS)[-3:].tolist() == [188, 220, 257]
    assert reference.band_edges(*reference.LONG_BANDS)[:4].tolist() == [5, 6, 7, 8]


def test_powers_of_bands_sum_to_the_mean_square():
    edges = reference.band_edges(*reference.SHORT_BANDS)
    sine = np.sin(2 * np.pi * 1000 * np.arange(512) / RATE_HZ)
    assert reference.band_powers(sine, 512, edges).sum() == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("block", [1, 99, 4096])
def test_blocks_change_no_feature(block):
    sound = band_limited(6000).astype(np.float32)
    frames, _ = some_frames(94)
    whole = native_features(sound, frames)
    assert (native_features(sound, frames, block) == whole).all()


def test_an_attack_raises_the_chance_of_an_onset():
    sound = np.zeros(16000)
    sound[8000:] = 0.3 * np.sin(2 * np.pi * 500 * np.arange(8000) / RATE_HZ)
    frames = np.zeros(250, FRAME_DTYPE)
    frames["time_sec"] = np.arange(250) * 0.004
    frames["f0_hz"] = 500.0
    frames["is_voiced"] = frames["time_sec"] >= 0.51
    frames["confidence"] = 0.95 * frames["is_voiced"]
    features = native_features(sound.astype(np.float32), frames)
    chances = reference.onset_chances(features.astype(np.float64), learned("onset"))
    for delay in (5, 8, 14, 20):
        told_sec = (np.arange(1, len(chances) + 1) - delay) * HOP_SEC
        assert chances[:, delay - 5].max() > 0.5
        assert told_sec[np.argmax(chances[:, delay - 5])] == pytest.approx(0.5, abs=0.02)
    notes = Notes(RATE_HZ, learned("onset"))
    for at in range(0, 16000, 1000):
        here = slice(at // 64, (at + 1000) // 64)
        notes.process(sound[at : at + 1000].astype(np.float32), frames[here])
    told = notes.take()
    assert told["onset_sec"] == pytest.approx([0.5], abs=0.02)


@pytest.mark.parametrize("level", [1e-3, 0.5])
def test_the_level_changes_no_note(level):
    rng = np.random.default_rng(1)
    sound = band_limited(16000) + 1e-3 * rng.standard_normal(16000)
    frames, _ = some_frames(250)
    plain = native_features((0.1 * sound).astype(np.float32), frames)[20:]
    other = native_features((level * sound).astype(np.float32), frames)[20:]
    assert np.abs(plain - other).max() < 0.05


def test_frames_that_are_none_do_no_harm():
    frames, _ = some_frames(250)
    frames["f0_hz"][::3], frames["confidence"][1::3] = np.nan, np.nan
    frames["time_sec"][100:104] = [np.nan, np.inf, -np.inf, -5.0]
    features = native_features(band_limited(16000).astype(np.float32), frames)
    assert np.isfinite(features).all()


def test_weights_are_as_many_as_the_core_takes():
    assert N_WEIGHTS == 21968
    assert learned("onset").shape == (N_WEIGHTS,)
    assert N_FEATURES == 156


@pytest.mark.parametrize("rate_hz", [0.0, 15999.0, 96001.0, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_refused(rate_hz):
    with pytest.raises(RangeError) as error:
        Notes(rate_hz, learned("onset"))
    assert str(error.value) == f"sample_rate_hz must be 16000 to 96000, got {rate_hz}"


def test_other_weights_are_refused():
    with pytest.raises(RangeError) as error:
        Notes(RATE_HZ, np.zeros(5, np.float32))
    assert str(error.value) == f"weights must be {N_WEIGHTS} finite numbers, got shape (5,)"
    with pytest.raises(RangeError):
        Notes(RATE_HZ, np.full(N_WEIGHTS, np.nan, np.float32))


def test_a_block_that_is_too_long_is_refused():
    notes, frames = Notes(RATE_HZ, learned("onset")), np.zeros(MAX_FRAMES + 1, FRAME_DTYPE)
    message = f"a call takes at most {MAX_SAMPLES} samples and {MAX_FRAMES} frames, got"
    for process in (notes.process, notes.features):
        with pytest.raises(RangeError) as error:
            process(np.zeros(MAX_SAMPLES + 1, np.float32), frames[:0])
        assert str(error.value) == f"{message} {MAX_SAMPLES + 1} and 0"
        with pytest.raises(RangeError) as error:
            process(np.zeros(3, np.float32), frames)
        assert str(error.value) == f"{message} 3 and {MAX_FRAMES + 1}"
