"""The measures of sound against plain NumPy, and what they say of sounds of known faults."""

import numpy as np
import pytest

from engine.reference_signal import measure_sound
from native.errors import RangeError
from native.sound_check import NIL_DB, SoundCheck, SoundSpan

RATES = [16000, 22050, 44100, 48000, 96000]
CLOSE = {"peak": 1e-7, "dc": 1e-6, "time_sec": 1e-9, "hum_db": 0.05, "cut_4k_db": 0.05}


def spans_of(samples, rate_hz=44100, lengths=None):
    """All spans of a sound, fed in blocks of some lengths in turn."""
    check = SoundCheck(rate_hz)
    samples = np.ascontiguousarray(samples, np.float32)
    if lengths is None:
        return check.process(samples)
    spans, at, turn = [], 0, 0
    while at < len(samples):
        length = lengths[turn % len(lengths)]
        spans += check.process(samples[at : at + length])
        at, turn = at + length, turn + 1
    return spans


def times(seconds, rate_hz=44100):
    return np.arange(round(seconds * rate_hz)) / rate_hz


def music(seconds, rate_hz, seed=1):
    """Notes that decay, in a little noise and hum, with an offset, clipped here and there."""
    rng = np.random.default_rng(seed)
    t = times(seconds, rate_hz)
    sound = 0.003 * rng.standard_normal(len(t)) + 0.01 * np.sin(2 * np.pi * 50 * t + 1) + 0.02
    for onset in np.arange(0.1, seconds, 0.4):
        f0_hz = rng.uniform(60, 900)
        after = np.clip(t - onset, 0, None)
        partials = sum(np.sin(2 * np.pi * k * f0_hz * after) / k for k in range(1, 6))
        sound += (t >= onset) * 0.5 * np.exp(-6 * after) * partials
    return np.clip(sound, -0.6, 0.6).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES)
def test_measures_are_those_of_the_reference(rate_hz):
    sound = music(8.3, rate_hz)
    told, expected = spans_of(sound, rate_hz), measure_sound(sound, rate_hz)
    assert len(told) == len(expected) == 33
    assert sum(span.clipped_blocks for span in told) > 10
    for span, reference in zip(told, expected, strict=True):
        for name, value in reference.items():
            close = CLOSE.get(name, 0.02)
            assert getattr(span, name) == pytest.approx(value, abs=close), (span.time_sec, name)


@pytest.mark.parametrize("rate_hz", [16000, 44100, 96000])
@pytest.mark.parametrize("lengths", [(1,), (256,), (1, 7, 4410, 13), (100_003,)])
def test_block_lengths_change_nothing(rate_hz, lengths):
    sound = music(1.7, rate_hz)
    assert spans_of(sound, rate_hz, lengths) == spans_of(sound, rate_hz)


def test_a_sine_of_full_scale_is_at_0_dbfs():
    span = spans_of(np.sin(2 * np.pi * 500 * times(1)))[-1]
    assert span.level_db == pytest.approx(0, abs=0.01)
    assert span.loudest_db == pytest.approx(0, abs=0.01)
    assert span.band_db == pytest.approx(0, abs=0.05)
    assert span.peak == pytest.approx(1, abs=1e-4)


def test_silence_is_nothing_and_constant():
    for span in spans_of(np.zeros(44100)):
        levels = (span.level_db, span.loudest_db, span.quietest_db, span.noise_db, span.hum_db)
        assert levels == (NIL_DB,) * 5
        assert (span.constant_blocks, span.clipped_blocks, span.gaps, span.gates) == (25, 0, 0, 0)


def test_an_offset_is_not_loudness():
    rng = np.random.default_rng(2)
    span = spans_of(0.5 + 0.001 * rng.standard_normal(5 * 44100))[-1]
    assert span.dc == pytest.approx(0.5, abs=0.001)
    assert span.level_db == pytest.approx(-57, abs=0.5)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("level_db", [-30.0, -60.0])
def test_steady_noise_is_measured_between_notes_without_rests(rate_hz, level_db):
    rng = np.random.default_rng(3)
    t = times(8, rate_hz)
    in_band = min(8000, 0.45 * rate_hz) / (0.5 * rate_hz)  # of white noise
    noise = 10 ** (level_db / 20) * np.sqrt(0.5 / in_band) * rng.standard_normal(len(t))
    f0_hz = 220 * 2 ** (np.floor(3 * t) % 7 / 12)  # three notes a second, one into the other
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate_hz
    tune = 0.2 * sum(np.sin(k * phase) / k for k in range(1, 8))
    assert spans_of(noise + tune, rate_hz)[-1].noise_db == pytest.approx(level_db, abs=4)
    assert spans_of(noise, rate_hz)[-1].noise_db == pytest.approx(level_db, abs=2)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("drift", [0.998, 1.0, 1.002])
def test_hum_is_found_under_music(rate_hz, mains_hz, drift):
    t = times(6, rate_hz)
    hum = 0.02 * np.sin(2 * np.pi * drift * mains_hz * t) + 0.01 * np.sin(
        4 * np.pi * drift * mains_hz * t + 1
    )
    quiet = np.where(np.floor(t) % 2 == 0, 0.2, 0.0) * np.sin(2 * np.pi * 330 * t)
    span = spans_of(hum + quiet, rate_hz)[-1]
    assert span.hum_hz == mains_hz
    assert span.hum_db == pytest.approx(20 * np.log10(np.hypot(0.02, 0.01)), abs=1)


@pytest.mark.parametrize("f0_hz", [48.9994, 55.0, 61.7354, 97.9989, 123.4708])
def test_held_bass_notes_are_no_hum(f0_hz):
    tone = 0.5 * np.sin(2 * np.pi * f0_hz * times(8))
    assert spans_of(tone)[-1].hum_db < -6 - 20


@pytest.mark.parametrize("f0_hz", [200, 240, 250, 300, 360])
def test_tones_at_upper_harmonics_alone_are_no_hum(f0_hz):
    assert spans_of(0.5 * np.sin(2 * np.pi * f0_hz * times(8)))[-1].hum_db < -6 - 60


def test_upper_harmonics_count_no_more_than_the_loudest_low_one():
    t = times(8)
    hum = sum(0.01 * k * np.sin(2 * np.pi * 50 * k * t) for k in (1, 2, 4, 5))
    span = spans_of(hum)[-1]
    assert span.hum_hz == 50
    assert span.hum_db == pytest.approx(10 * np.log10(0.01**2 + 3 * 0.02**2), abs=0.1)


def test_hum_of_two_seconds_is_not_yet_hum():
    t = times(6)
    span = spans_of(np.where(t < 3, 0.1, 0) * np.sin(2 * np.pi * 50 * t))[-1]
    assert span.hum_db < -80


@pytest.mark.parametrize("f0_hz", [55, 110, 441, 1000])
@pytest.mark.parametrize("gain", [0.1, 0.9])
def test_cut_off_tops_are_seen_after_the_volume_was_turned_down(f0_hz, gain):
    wave = np.clip(1.5 * np.sin(2 * np.pi * f0_hz * times(0.5)), -1, 1)
    clipped = np.round(32767 * gain * wave) / 32768
    assert min(span.clipped_blocks for span in spans_of(clipped)) >= 10


@pytest.mark.parametrize("f0_hz", [27.5, 110, 441, 1000, 4186])
@pytest.mark.parametrize("gain", [0.06, 0.5, 0.99])
def test_smooth_waves_in_16_bits_are_not_cut_off(f0_hz, gain):
    smooth = np.round(32767 * gain * np.sin(2 * np.pi * f0_hz * times(2))) / 32768
    assert sum(span.clipped_blocks for span in spans_of(smooth)) == 0


def test_full_scale_is_cut_off_however_it_was_coded():
    rng = np.random.default_rng(4)
    wave = np.clip(1.5 * np.sin(2 * np.pi * 441 * times(0.5)), -1, 1)
    blurred = wave + 0.0004 * rng.standard_normal(len(wave))  # no longer flat
    assert min(span.clipped_blocks for span in spans_of(blurred)) == 25


@pytest.mark.parametrize("hole", [48, 256, 1024, 4000])
def test_holes_in_a_tone_are_gaps(hole):
    tone = 0.2 * np.sin(2 * np.pi * 440 * times(1))
    for start in (5000, 20_000, 37_001):
        tone[start : start + hole] = 0
    spans = spans_of(tone)
    assert sum(span.gaps for span in spans) == 3
    assert sum(span.gates for span in spans) == 0
    assert spans == spans_of(tone, lengths=(17, 64, 3))


@pytest.mark.parametrize("hole", [10, 31, 5000])
def test_shorter_and_longer_holes_are_none(hole):
    tone = 0.2 * np.sin(2 * np.pi * 440 * times(1))
    tone[20_000 : 20_000 + hole] = 0
    assert sum(span.gaps for span in spans_of(tone)) == 0


def test_a_cut_tone_is_gated_and_a_faded_one_is_not():
    tone = 0.2 * np.sin(2 * np.pi * 440 * times(1.0))
    cut, faded = tone.copy(), tone * np.clip(1 - 1.2 * times(1.0), 0, None)
    cut[30_000:] = 0
    faded = np.round(32768 * faded) / 32768
    assert [sum(span.gates for span in spans_of(sound)) for sound in (cut, faded)] == [1, 0]


@pytest.mark.parametrize(("cut_hz", "name"), [(4000, "cut_4k_db"), (8000, "cut_8k_db")])
def test_narrow_transmission_shows_as_a_fall_of_the_spectrum(cut_hz, name):
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(44100))
    hz = np.fft.rfftfreq(44100, 1 / 44100)
    spectrum /= np.maximum(hz, 100)  # 6 dB an octave, as instruments have it
    wide = np.fft.irfft(spectrum)
    narrow = np.fft.irfft(np.where(hz < cut_hz, spectrum, 0))
    wide_fall, fall = (
        getattr(spans_of(0.1 * sound / sound.std())[-1], name) for sound in (wide, narrow)
    )
    assert wide_fall < 10
    assert fall > 50


def test_what_is_not_finite_counts_as_nothing():
    sound = music(2, 44100)
    broken, mended = sound.copy(), sound.copy()
    for place, bad in ((100, np.nan), (5000, np.inf), (70_000, -np.inf)):
        broken[place : place + 3], mended[place : place + 3] = bad, 0
    assert spans_of(broken) == spans_of(mended)


def test_a_reset_check_is_a_new_one():
    check, sound = SoundCheck(44100), music(3, 44100)
    check.process(np.full(50_000, np.nan, np.float32))
    check.process(np.full(50_001, 1e30, np.float32))
    check.reset()
    assert check.process(sound) == spans_of(sound)


def test_a_span_ends_every_quarter_of_a_second_and_not_before():
    check = SoundCheck(44100)
    assert check.process(np.zeros(11_024, np.float32)) == []
    (span,) = check.process(np.zeros(1, np.float32))
    assert isinstance(span, SoundSpan)
    assert span.time_sec == 0.25
    assert check.process(np.zeros(0, np.float32)) == []


@pytest.mark.parametrize("rate_hz", [0, -1, 15_999, 96_001, float("nan"), float("inf")])
def test_rates_outside_the_range_are_refused(rate_hz):
    with pytest.raises(RangeError) as caught:
        SoundCheck(rate_hz)
    assert str(caught.value) == f"sample_rate_hz must be 16000..96000, got {rate_hz}"
