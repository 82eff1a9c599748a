"""Passages of chords to train on: what is written is what sounds, and what is asked is true."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from native.chords import LOWEST_PITCH, N_FEATURES, N_PITCHES
from training import mix, soundfont, strings
from training.chords_data import HELD, WAITS_SEC, Asked, ask, joined, truth
from training.mix import PASSAGE_SEC, RATE_HZ, Instrument, Passage, Played, Tone
from training.packages import PackageError
from training.samples import RATE_HZ as SAMPLE_RATE_HZ
from training.true_pitch import hz, measured_f0_hz


@pytest.fixture(scope="module")
def harp():
    """A small synthetic instrument."""
    rng = np.random.default_rng(3)
    character = replace(strings.draw_character(rng), unison_cents=0.0, knock=0.01)
    tones = [
        Tone(pitch, 0, 0.0, strings.RATE_HZ, strings.note(rng, character, pitch, 0.8))
        for pitch in range(30, 100, 8)
    ]
    return Instrument("harp", tones)


@pytest.mark.parametrize("pitch", [33, 45, 60, 72])
def test_a_synthetic_string_has_its_pitch_and_force(pitch):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        character = replace(strings.draw_character(rng), knock=0.003)
        sound = strings.note(rng, character, pitch, 0.5)
        assert sound.dtype == np.float32
        assert 0.4 < np.abs(sound).max() < 0.6
        assert measured_f0_hz(sound, strings.RATE_HZ, pitch) is not None


@pytest.mark.parametrize("shift", [-3.0, -0.2, 0.0, 1.5])
def test_a_tone_is_moved_to_a_pitch(shift):
    time_sec = np.arange(32000) / 32000
    tone = Tone(60, 0, 10.0, 32000, np.sin(2 * np.pi * hz(60.1) * time_sec).astype(np.float32))
    sound = mix.resampled(tone, 60 + shift, 0.8)
    wanted = np.sin(2 * np.pi * hz(60 + shift) * (np.arange(len(sound)) + 0.0) / RATE_HZ)
    spectra = [np.abs(np.fft.rfft(one * np.hanning(len(one)), 1 << 17)) for one in (sound, wanted)]
    assert abs(int(np.argmax(spectra[0])) - int(np.argmax(spectra[1]))) <= 1


def test_a_louder_force_takes_a_louder_layer():
    tones = [Tone(60, layer, 0.0, 16000, np.zeros(100, np.float32)) for layer in (2, 7, 15)]
    rng = np.random.default_rng(0)
    layers = [Instrument("piano", tones).nearest(rng, 61, force).layer for force in (0.1, 0.5, 0.9)]
    assert layers == [2, 7, 15]


def test_chords_are_in_order_and_within_the_passage():
    for seed in range(30):
        chords = mix.draw_chords(np.random.default_rng(seed), seed % 3 == 0)
        assert chords
        onsets = [note.onset_sec for chord in chords for note in chord]
        assert onsets == sorted(onsets)
        assert onsets[0] >= 0.2 and onsets[-1] < PASSAGE_SEC - 0.9
        for chord in chords:
            assert chord[-1].onset_sec - chord[0].onset_sec <= 0.03
            assert len({note.pitch for note in chord}) == len(chord)
            for note in chord:
                assert 21 <= note.pitch <= 108
                assert 0 < note.force < 1
                assert note.offset_sec > note.onset_sec


def test_a_passage_sounds_what_is_written(harp):
    passage = mix.draw_passage(np.random.default_rng(2), harp)
    assert passage.sound.dtype == np.float32
    assert len(passage.sound) == PASSAGE_SEC * RATE_HZ
    assert 0 < np.abs(passage.sound).max() < 1
    first = passage.notes[0]
    before = passage.sound[: int((first.onset_sec - 0.02) * RATE_HZ)]
    after = passage.sound[int(first.onset_sec * RATE_HZ) :][: RATE_HZ // 5]
    assert np.sqrt(np.mean(after**2)) > 1.5 * np.sqrt(np.mean(before**2))


def test_a_pitch_struck_again_ends_first(harp):
    for seed in range(20):
        notes = mix.draw_passage(np.random.default_rng(seed), harp).notes
        for k, note in enumerate(notes):
            again = next((n for n in notes[k + 1 :] if n.pitch == note.pitch), None)
            if again and again.onset_sec > note.onset_sec + 0.03:
                assert note.offset_sec <= again.onset_sec


def test_the_same_seed_gives_the_same_passage(harp):
    one, same, other = (mix.draw_passage(np.random.default_rng(k), harp) for k in (1, 1, 2))
    np.testing.assert_array_equal(one.sound, same.sound)
    assert one.notes == same.notes != other.notes


# ---- questions ----


def passage_of(*notes):
    played = [Played(*note, 0.5) for note in notes]
    chords: list[list[Played]] = []
    for note in played:
        if chords and note.onset_sec - chords[-1][0].onset_sec <= 0.03:
            chords[-1].append(note)
        else:
            chords.append([note])
    return Passage(np.zeros(3 * RATE_HZ, np.float32), played, chords)


def test_truth_tells_what_began_what_is_held_and_what_decoys_are():
    passage = passage_of((0.5, 2.0, 50), (1.0, 2.0, 60), (1.02, 2.0, 64), (1.2, 2.0, 70))
    began, weight, decoy = truth(passage, passage.chords[1], 1.3)
    at = {pitch: pitch - LOWEST_PITCH for pitch in range(21, 109)}
    assert sorted(np.nonzero(began)[0] + LOWEST_PITCH) == [60, 64]
    assert decoy[at[50]] == HELD and weight[at[50]] == 1.0
    assert {pitch: decoy[at[pitch]] for pitch in (48, 59, 61, 63, 72, 76)} == {
        48: -12,
        59: -1,
        61: 1,
        63: -1,
        72: 12,
        76: 12,
    }
    assert decoy[at[70]] == 0 and weight[at[70]] == pytest.approx(0.1)
    assert weight[at[100]] == pytest.approx(0.03)
    assert weight[at[60]] == 1.0


def test_what_is_asked_comes_from_the_sound_up_to_then(harp):
    passage = mix.draw_passage(np.random.default_rng(5), harp)
    asked = ask(np.random.default_rng(1), passage, chance=1.0)
    n = len(asked.features)
    assert len(passage.chords) * len(WAITS_SEC) * 0.9 <= n <= len(passage.chords) * len(WAITS_SEC)
    assert asked.features.shape == (n, N_PITCHES, N_FEATURES)
    assert np.isfinite(asked.features.astype(np.float32)).all()
    assert asked.began.any(axis=1).all()
    assert set(asked.wait) == {0, 1, 2, 3}
    same = ask(np.random.default_rng(1), passage, chance=1.0)
    np.testing.assert_array_equal(asked.features, same.features)


def test_a_passage_without_chords_asks_nothing(harp):
    asked = ask(np.random.default_rng(1), Passage(np.zeros(16000, np.float32)))
    assert asked.features.shape == (0, N_PITCHES, N_FEATURES)
    both = joined([asked, asked])
    assert isinstance(both, Asked) and len(both.began) == 0


# ---- the SoundFont ----


def font(names):
    """A file with one looped tone a name, C4 sounding an octave lower than it is called."""
    rate_hz, n = 32000, 32000
    wave = 0.5 * np.sin(2 * np.pi * hz(48) * np.arange(n) / rate_hz)
    wave += 0.3 * np.sin(4 * np.pi * hz(48) * np.arange(n) / rate_hz)
    sound = np.tile(np.round(wave * 20000).astype("<i2"), len(names)).tobytes()
    rows = b"".join(
        struct.pack("<20s5IBbHH", name.encode(), k * n, (k + 1) * n, 0, 0, rate_hz, 60, 0, 0, 1)
        for k, name in enumerate([*names, "EOS"])
    )
    return (
        b"smpl"
        + struct.pack("<I", len(sound))
        + sound
        + b"shdr"
        + struct.pack("<I", len(rows))
        + rows
    )


def test_notes_of_a_soundfont_are_read_by_their_true_octave(tmp_path):
    path = tmp_path / "fluid/usr/share/sounds/sf2/FluidR3_GM.sf2"
    path.parent.mkdir(parents=True)
    path.write_bytes(font(["P200 Piano C4(L)", "P200 Piano C4(R)", "Oboe C4", "Steel D4"]))
    (note,) = soundfont.load(tmp_path)
    assert (note.instrument, note.pitch) == ("piano-p200", 48)
    assert note.f0_hz == pytest.approx(hz(48), rel=2e-3)
    assert len(note.audio) == pytest.approx(SAMPLE_RATE_HZ, rel=0.01)


def test_a_missing_tool_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(soundfont.shutil, "which", lambda _name: None)
    with pytest.raises(PackageError) as raised:
        soundfont.load(tmp_path)
    assert str(raised.value) == "apt-get must be installed to fetch fluid-soundfont-gm"
