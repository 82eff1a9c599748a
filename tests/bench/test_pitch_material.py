"""What is played to the trackers: models, rooms, noise, and their truth."""

import json

import numpy as np
import pytest

from bench.errors import BenchError
from bench.pitch import material, rooms, synth, synth_chords
from bench.pitch.material import Item

RATE_HZ = 16_000


def model(name, condition="model"):
    return Item(f"{condition}: {name}", "model", condition, name)


def periodicity(samples, f0_hz, rate_hz):
    """How alike the sound is one period later, from -1 to 1, at the best lag within 20 cents."""
    most = -1.0
    for cents in range(-20, 21, 4):
        lag = rate_hz / f0_hz * 2 ** (cents / 1200)
        later = np.interp(np.arange(len(samples) - lag - 1) + lag, np.arange(len(samples)), samples)
        now = samples[: len(later)]
        most = max(most, float(now @ later / np.sqrt((now @ now) * (later @ later))))
    return most


@pytest.mark.parametrize("name", synth.MODELS)
def test_a_model_sounds_at_its_truth_and_nowhere_else(name):
    item = model(name)
    truth, samples = synth.truth(item), synth.sound(item, RATE_HZ).samples.astype(float)
    loud = np.sqrt(np.mean(samples**2))
    alike = []
    for onset, offset, _, _ in truth.notes:
        if offset - onset < 0.2:
            continue
        middle = onset + 0.6 * (offset - onset)
        f0_hz = truth.f0_hz[round(middle / synth.GRID_SEC)]
        width = max(0.03, 3 / f0_hz)
        part = samples[int((middle - width) * RATE_HZ) : int((middle + width) * RATE_HZ)]
        alike.append(periodicity(part, f0_hz, RATE_HZ))
    assert np.median(alike) > 0.85
    still = (truth.f0_hz == 0) & (np.append(truth.f0_hz[1:], 0) == 0)
    silent = np.repeat(still, round(synth.GRID_SEC * RATE_HZ))[: len(samples)]
    assert np.sqrt(np.mean(samples[silent] ** 2)) < 0.02 * loud
    sounding = np.repeat(truth.f0_hz > 0, round(synth.GRID_SEC * RATE_HZ))[: len(samples)]
    assert 0.3 < sounding.mean() < 0.9


@pytest.mark.parametrize("name", synth.MODELS)
def test_the_melody_of_a_model_stays_in_its_range(name):
    truth, wanted = synth.truth(model(name)), synth.MODELS[name]
    assert (
        np.abs(truth.notes[:, 2] - (wanted.low + wanted.high) / 2)
        < 1 + (wanted.high - wanted.low) / 2
    ).all()
    assert (np.diff(truth.notes[:, 0]) > 0.1).all()
    assert (truth.notes[1:, 0] >= truth.notes[:-1, 1]).all()


def test_a_model_is_the_same_each_time_and_at_every_rate():
    item = model("two reeds")
    once = synth.sound(item, RATE_HZ).samples
    synth.played.cache_clear()
    assert np.array_equal(synth.sound(item, RATE_HZ).samples, once)
    high = rooms.resampled(synth.played("two reeds", 2 * RATE_HZ), 2 * RATE_HZ, RATE_HZ)
    low = synth.played("two reeds", RATE_HZ)
    levels = [np.sqrt(np.mean(x.reshape(-1, 1600) ** 2, axis=1)) for x in (high, low)]
    assert np.corrcoef(*levels)[0, 1] > 0.95


def test_the_scoop_of_a_voice_begins_below_its_note():
    truth = synth.truth(model("tenor voice"))
    starts = truth.f0_hz[np.ceil(truth.notes[:, 0] / synth.GRID_SEC).astype(int)]
    cents = 1200 * np.log2(starts / truth.notes[:, 3])
    assert cents.min() < -50


def test_conditions_of_models_differ_as_they_say():
    name = "whistler"
    dry, roomy, noisy = (
        synth.sound(model(name, condition), RATE_HZ).samples.astype(float)
        for condition in synth.CONDITIONS
    )
    truth = synth.truth(model(name))
    silent = np.repeat(truth.f0_hz == 0, round(synth.GRID_SEC * RATE_HZ))[: len(dry)]
    floor = [float(np.sqrt(np.mean(x[silent] ** 2))) for x in (dry, roomy, noisy)]
    assert floor[1] > 3 * floor[0]
    assert floor[2] > 30 * floor[0]


def test_a_room_rings_as_long_as_it_says():
    response = rooms.impulse_response(RATE_HZ, 0.8)
    left = np.cumsum((response[1:] ** 2)[::-1])[::-1]
    level_db = 10 * np.log10(left / left[0])
    first, end = (int(np.argmax(level_db < db)) for db in (-5, -35))
    assert 2 * (end - first) / RATE_HZ == pytest.approx(0.8, rel=0.15)
    assert response[0] == 1
    assert not response[1 : int(0.005 * RATE_HZ)].any()


def test_a_room_keeps_the_level_and_the_length():
    samples = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)
    wet, rate_hz = rooms.in_room(samples, RATE_HZ, 0.4)
    assert (rate_hz, wet.dtype, len(wet)) == (RATE_HZ, np.float32, len(samples))
    assert np.mean(wet**2) == pytest.approx(np.mean(samples**2), rel=1e-4)
    assert not np.allclose(wet, samples, atol=0.1)


@pytest.mark.parametrize("wanted", [22_050, 48_000, 96_000])
def test_another_rate_keeps_a_tone(wanted):
    tone = np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100).astype(np.float32)
    found = rooms.resampled(tone, 44_100, wanted)
    expected = np.sin(2 * np.pi * 440 * np.arange(wanted) / wanted)
    assert np.abs(found - expected)[1000:-1000].max() < 0.01


def test_pink_noise_has_as_much_power_in_every_octave():
    noise = material.pink(10 * RATE_HZ, RATE_HZ, np.random.default_rng(3))
    power = np.abs(np.fft.rfft(noise)) ** 2
    freq_hz = np.fft.rfftfreq(len(noise), 1 / RATE_HZ)
    octaves = [power[(freq_hz >= f) & (freq_hz < 2 * f)].sum() for f in (100, 400, 1600, 3200)]
    assert np.ptp(10 * np.log10(octaves)) < 0.5
    assert np.mean(noise**2) == pytest.approx(1)


def test_what_is_mixed_lies_that_far_below():
    tone = np.sin(np.arange(RATE_HZ) / 3).astype(np.float32) * 0.1
    other = np.random.default_rng(1).standard_normal(RATE_HZ)
    both = material.mixed(tone, other, 20, RATE_HZ)
    rest = both - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(rest**2)) == pytest.approx(20, abs=0.5)


def test_only_what_sounds_counts_as_its_level():
    tone = np.sin(np.arange(RATE_HZ) / 3)
    padded = np.concatenate([tone, np.zeros(5 * RATE_HZ)])
    assert material.active_rms(padded, RATE_HZ) == pytest.approx(np.sqrt(0.5), rel=0.01)


@pytest.fixture
def recorded(tmp_path):
    """A folder of recordings with one exact item, one real one, and chords."""
    kinds = {"a_clean": ("exact", "mono"), "b": ("real", "mono"), "c": ("piano_chords", "poly")}
    entries = [{"id": n, "kind": k, "task": t, "cond": "clean"} for n, (k, t) in kinds.items()]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    return tmp_path


def test_exact_items_are_played_under_all_conditions_and_real_ones_as_they_are(recorded):
    items = material.make_items(recorded, harder=False)
    assert [(i.source, i.condition) for i in items if i.kind == "exact"] == [
        ("a_clean", condition) for condition in material.CONDITIONS
    ]
    assert [i.name for i in items if i.kind == "real"] == ["b_clean"]
    harder = material.make_items(recorded)
    assert len(harder) == len(items) + 2 * len(material.HARDER)
    assert len({item.name for item in harder}) == len(harder)
    chords = material.chord_items(recorded)
    assert [item.condition for item in chords] == list(material.CHORD_CONDITIONS)
    assert [item.name for item in chords][:2] == ["c_clean", "c_small_room"]


def test_recordings_that_are_not_there_are_asked_for(tmp_path):
    told = r"no recordings in .* \(manifest.json is missing\): give their folder with --data; they"
    with pytest.raises(BenchError, match=told):
        material.make_items(tmp_path)


@pytest.mark.parametrize("name", synth_chords.WHERE)
def test_modelled_chords_sound_at_their_pitches_from_their_onsets(name):
    item = Item("x", "model", "model", name)
    notes, samples = synth_chords.notes(item), synth_chords.sound(item, RATE_HZ).samples
    low, high = synth_chords.WHERE[name]
    assert len(notes) > 60
    assert notes[:, 2].min() >= low
    assert notes[:, 2].max() <= high
    firsts = notes[np.diff(notes[:, 0], prepend=-1) > 0.1]
    assert len(firsts) > 30
    rises = []
    for onset, *_ in firsts:
        at = int(onset * RATE_HZ)
        before, after = samples[at - 160 : at], samples[at : at + 800]
        rises.append(np.mean(after**2) > 1.5 * np.mean(before**2))
    assert np.mean(rises) > 0.8
    louder = []
    for onset, offset, pitch, _ in notes:
        f0_hz = 440 * 2 ** ((pitch - 69) / 12)
        part = samples[int(onset * RATE_HZ) : int(min(offset, onset + 0.4) * RATE_HZ)]
        at = np.arange(len(part)) / RATE_HZ
        wave = part * np.hanning(len(part))
        here, beside = (
            abs(np.sum(wave * np.exp(-2j * np.pi * f * at)))
            for f in (f0_hz, f0_hz * 2 ** (0.5 / 12))
        )
        louder.append(here > beside)
    assert np.mean(louder) > 0.7
    again = synth_chords.played.__wrapped__(name, RATE_HZ)
    assert np.array_equal(again, synth_chords.played(name, RATE_HZ))
