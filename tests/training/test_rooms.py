"""Synthetic rooms, microphones and noise."""

import numpy as np
import pytest

from training import rooms

RATE_HZ = 44100


def decay_sec(response):
    """RT60 from the slope between -5 and -25 dB of the backward integral (Schroeder 1965)."""
    left = np.cumsum(response[1:][::-1].astype(float) ** 2)[::-1]
    level_db = 10 * np.log10(left / left[0] + 1e-30)
    return 3 * (np.argmax(level_db < -25) - np.argmax(level_db < -5)) / RATE_HZ


@pytest.mark.parametrize("rt60_sec", [0.15, 0.45, 0.9])
def test_a_room_decays_about_as_asked(rt60_sec):
    rng = np.random.default_rng(3)
    decays = [decay_sec(rooms.room_response(rng, RATE_HZ, rt60_sec)) for _ in range(8)]
    assert 0.6 * rt60_sec < np.median(decays) < 1.3 * rt60_sec


@pytest.mark.parametrize("direct_db", [-6.0, 0.0, 12.0])
def test_direct_sound_is_as_strong_as_asked(direct_db):
    response = rooms.room_response(np.random.default_rng(4), RATE_HZ, 0.4, direct_db)
    late = np.sum(response[1:].astype(float) ** 2)
    assert response[0] == 1.0
    assert 10 * np.log10(1 / late) == pytest.approx(direct_db, abs=0.01)


def test_minimum_phase_keeps_the_levels():
    level_db = 6 * np.cos(np.linspace(0, 3, 513))
    spectrum = np.fft.rfft(rooms.minimum_phase(level_db, 1024))
    np.testing.assert_allclose(20 * np.log10(np.abs(spectrum)), level_db, atol=0.05)


def test_convolve_is_a_convolution_of_the_same_length():
    rng = np.random.default_rng(5)
    sound, response = rng.standard_normal(700), rng.standard_normal(90)
    got = rooms.convolve(sound, response)
    np.testing.assert_allclose(got, np.convolve(sound, response)[:700], atol=1e-4)


@pytest.mark.parametrize("colour", [*rooms.NOISE_SLOPES, "hum", "room"])
@pytest.mark.parametrize("n", [1, 2, 44100])
def test_noise_has_unit_power(colour, n):
    sound = rooms.noise(np.random.default_rng(6), n, RATE_HZ, colour)
    assert sound.dtype == np.float32
    assert sound.shape == (n,)
    assert np.mean(sound.astype(float) ** 2) == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(("colour", "slope_db"), [("white", 0), ("pink", -3), ("brown", -6)])
def test_noise_falls_by_its_colour(colour, slope_db):
    sound = rooms.noise(np.random.default_rng(7), 1 << 18, RATE_HZ, colour)
    power = np.abs(np.fft.rfft(sound)) ** 2
    freq_hz = np.fft.rfftfreq(1 << 18, 1 / RATE_HZ)
    low = power[(freq_hz >= 500) & (freq_hz < 1000)].mean()
    high = power[(freq_hz >= 4000) & (freq_hz < 8000)].mean()
    assert 10 * np.log10(high / low) / 3 == pytest.approx(slope_db, abs=0.3)


def test_noisy_is_as_noisy_as_asked():
    sound = np.sin(np.arange(RATE_HZ) * 0.05).astype(np.float32)
    heard = rooms.noisy(np.random.default_rng(8), sound, RATE_HZ, 10.0, "pink")
    noise = (heard - sound).astype(float)
    assert 10 * np.log10(np.mean(sound**2) / np.mean(noise**2)) == pytest.approx(10, abs=0.05)


def test_the_same_seed_gives_the_same_room():
    sound = np.sin(np.arange(5000) * 0.05).astype(np.float32)
    first, again, other = (
        rooms.roomed(np.random.default_rng(seed), sound, RATE_HZ, 0.0) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
