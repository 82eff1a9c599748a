"""The chord verifier's attacks: where something was struck."""

import numpy as np
import pytest

from native.chords import MAX_ATTACKS, N_WEIGHTS, Chords

RATE_HZ = 16000
WEIGHTS = np.zeros(N_WEIGHTS, np.float32)


def struck(onsets_sec, seconds, rate_hz=RATE_HZ, loud=0.3):
    """Notes that decay, over faint noise."""
    rng = np.random.default_rng(5)
    time_sec = np.arange(int(seconds * rate_hz)) / rate_hz
    sound = 3e-4 * rng.standard_normal(len(time_sec))
    for k, onset_sec in enumerate(onsets_sec):
        since = np.maximum(time_sec - onset_sec, 0)
        for partial in range(1, 7):
            hz = partial * 220 * 2 ** ((k * 5 % 12) / 12)
            wave = np.sin(2 * np.pi * hz * since) * np.exp(-6 * since) / partial
            sound += loud * wave * (time_sec >= onset_sec)
    return sound.astype(np.float32)


def attacks(sound, rate_hz=RATE_HZ, block=256):
    verifier = Chords(rate_hz, WEIGHTS)
    found, delays = [], []
    for start in range(0, len(sound), block):
        verifier.process(sound[start : start + block])
        now = verifier.attacks()
        found += now
        delays += [verifier.heard_sec - one.onset_sec for one in now]
    return found, delays


@pytest.mark.parametrize("rate_hz", [16000, 44100, 96000])
def test_what_is_struck_is_found_where_it_was(rate_hz):
    onsets_sec = [0.5, 0.8, 1.25, 1.4, 2.0]
    found, delays = attacks(struck(onsets_sec, 2.5, rate_hz), rate_hz)
    np.testing.assert_allclose([one.onset_sec for one in found], onsets_sec, atol=0.006)
    assert max(delays) < 0.045 + 256 / rate_hz


def test_a_held_tone_is_struck_once():
    time_sec = np.arange(3 * RATE_HZ) / RATE_HZ
    tone = np.where(time_sec > 0.5, 0.3 * np.sin(2 * np.pi * 330 * time_sec), 0)
    rng = np.random.default_rng(1)
    found, _ = attacks((tone + 1e-4 * rng.standard_normal(len(tone))).astype(np.float32))
    assert len(found) == 1


@pytest.mark.parametrize("block", [1, 100, 4000, 100000])
def test_blocks_of_any_length_find_the_same(block):
    sound = struck([0.5, 0.8, 1.25], 1.6)
    assert attacks(sound, block=block)[0] == attacks(sound)[0]


def test_a_louder_attack_has_a_higher_level():
    soft, loud = (attacks(struck([0.5], 1.0, loud=loud))[0][0] for loud in (0.05, 0.5))
    assert loud.level_db - soft.level_db == pytest.approx(20, abs=1)


@pytest.mark.parametrize(
    "sound", [np.zeros(32000), np.full(32000, np.nan), np.zeros(0)], ids=["0", "nan", "none"]
)
def test_in_silence_nothing_is_struck(sound):
    assert attacks(sound.astype(np.float32))[0] == []


def test_of_too_many_the_newest_wait():
    onsets_sec = [0.5 + 0.15 * k for k in range(MAX_ATTACKS + 8)]
    sound = struck(onsets_sec, 7.0)
    each, _ = attacks(sound)
    assert len(each) > MAX_ATTACKS
    verifier = Chords(RATE_HZ, WEIGHTS)
    verifier.process(sound)
    assert verifier.attacks() == each[-MAX_ATTACKS:]
    assert verifier.attacks() == []


def test_reset_forgets_what_waits():
    verifier = Chords(RATE_HZ, WEIGHTS)
    verifier.process(struck([0.5], 1.0))
    verifier.reset()
    assert verifier.attacks() == []
    verifier.process(struck([0.5], 1.0))
    assert verifier.attacks() == attacks(struck([0.5], 1.0))[0]
