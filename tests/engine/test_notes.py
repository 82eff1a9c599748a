"""Notes out of sound: told once, at their own instants, whatever the blocks."""

import numpy as np
import pytest
from tones import RATE_HZ, hz, melody, shaped, tone

from engine.errors import RuleError
from engine.notes import HEARD_NOTES
from engine.pitch import PitchTracker
from engine.tuning import Tuning

SCALE = [(0.3 + 0.4 * k, 0.38, pitch) for k, pitch in enumerate([60, 62, 64, 65, 67, 69, 71, 72])]


def heard(sound, block=256, rate_hz=RATE_HZ, **arguments):
    """All rows told, in order."""
    tracker = PitchTracker(rate_hz, **arguments)
    rows = [np.zeros(0, HEARD_NOTES)]
    for at in range(0, len(sound), block):
        tracker.process(sound[at : at + block])
        rows.append(tracker.take_notes())
    return np.concatenate(rows)


def begun(rows):
    """The first row of each note."""
    return rows[np.unique(rows["id"], return_index=True)[1]]


def test_a_scale_is_told_note_by_note():
    rows = heard(melody(SCALE, 4.0))
    notes = begun(rows)
    assert notes["pitch"].tolist() == [pitch for _, _, pitch in SCALE]
    assert notes["onset_sec"] == pytest.approx([onset for onset, _, _ in SCALE], abs=0.03)
    ended = rows[~np.isnan(rows["offset_sec"])]
    assert ended["id"].tolist() == list(range(len(SCALE)))
    assert (ended["offset_sec"] > ended["onset_sec"] + 0.2).all()


def test_a_note_is_told_soon_after_its_onset():
    tracker, sound = PitchTracker(RATE_HZ), melody([(0.5, 0.5, 69)], 1.2)
    for at in range(0, len(sound), 256):
        tracker.process(sound[at : at + 256])
        if len(told := tracker.take_notes()):
            break
    assert told["pitch"].tolist() == [69]
    assert np.isnan(told["offset_sec"]).all()
    assert (at + 256) / RATE_HZ - 0.5 < 0.1


@pytest.mark.parametrize("rate_hz", [16000.0, 22050.0, 48000.0, 96000.0])
def test_any_rate_tells_the_same_notes(rate_hz):
    notes = begun(heard(melody(SCALE, 4.0, rate_hz=rate_hz), rate_hz=rate_hz))
    assert notes["pitch"].tolist() == [pitch for _, _, pitch in SCALE]
    assert notes["onset_sec"] == pytest.approx([onset for onset, _, _ in SCALE], abs=0.03)


@pytest.mark.parametrize("block", [1, 37, 882, 4096, 4097, 10**6])
def test_block_lengths_change_nothing(block):
    sound = melody(SCALE[:3], 1.6)
    whole, cut = begun(heard(sound, 256)), begun(heard(sound, block))
    for name in ("id", "pitch", "onset_sec"):
        assert whole[name].tolist() == cut[name].tolist()
    ends = [rows[~np.isnan(rows["offset_sec"])] for rows in (heard(sound), heard(sound, block))]
    assert ends[0].tolist() == ends[1].tolist()


def test_repeated_notes_are_told_each():
    notes = [(0.3 + 0.3 * k, 0.3, 67) for k in range(6)]
    told = begun(heard(melody(notes, 2.6, decay_sec=0.25)))
    assert told["pitch"].tolist() == [67] * 6
    assert told["onset_sec"] == pytest.approx([onset for onset, _, _ in notes], abs=0.03)


def test_vibrato_is_one_note():
    time_sec = np.arange(int(1.6 * RATE_HZ)) / RATE_HZ
    contour = 64 + 0.6 * np.sin(2 * np.pi * 5.5 * time_sec) * np.minimum(1, time_sec / 0.4)
    sound = np.concatenate([np.zeros(9000), 0.2 * shaped(tone(contour), 0.05)])
    told = begun(heard(np.concatenate([sound, np.zeros(9000)]).astype(np.float32)))
    assert told["pitch"].tolist() == [64]


def test_a_change_without_an_attack_is_a_new_note():
    half = int(0.6 * RATE_HZ)
    glide = np.interp(np.arange(2 * half), [half - 900, half + 900], [60.0, 62.0])
    sound = np.concatenate([np.zeros(9000), 0.2 * shaped(tone(glide), 0.03), np.zeros(9000)])
    told = begun(heard(sound.astype(np.float32)))
    assert told["pitch"].tolist() == [60, 62]
    assert told["onset_sec"][1] == pytest.approx((9000 + half) / RATE_HZ, abs=0.05)


def test_louder_attacks_have_higher_velocities():
    soft, loud = (begun(heard(melody(SCALE[:1], 1.0, level))) for level in (0.02, 0.4))
    assert 1 <= soft["velocity"][0] < loud["velocity"][0] <= 127


def test_pitch_and_cents_are_those_of_the_tuning():
    sharp = melody([(0.3, 0.8, 69.3)], 1.3, decay_sec=9.0)
    rows = heard(sharp, tuning=Tuning(a4_hz=440.0))
    assert rows["pitch"].tolist() == [69] * len(rows)
    assert rows["cents"][-1] == pytest.approx(30.0, abs=3.0)
    assert rows["f0_hz"][-1] == pytest.approx(hz(69.3), rel=2e-3)
    baroque = heard(sharp, tuning=Tuning(a4_hz=415.0))
    assert baroque["pitch"][-1] == 70
    assert baroque["cents"][-1] == pytest.approx(30.0 + 1200 * np.log2(440 / 415) - 100, abs=3.0)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(60000, np.float32),
        np.full(60000, 0.7, np.float32),
        np.full(60000, np.nan, np.float32),
        np.full(60000, np.inf, np.float32),
        np.zeros(0, np.float32),
        np.zeros(1, np.float32),
    ],
    ids=["silence", "DC", "NaN", "infinite", "empty", "one sample"],
)
def test_nothing_to_hear_is_no_note_and_harms_nothing(sound):
    tracker = PitchTracker(RATE_HZ)
    tracker.process(sound)
    assert len(tracker.take_notes()) == 0
    tracker.process(np.zeros(22050, np.float32))
    tracker.process(melody(SCALE[:3], 1.8))
    assert begun(tracker.take_notes())["pitch"].tolist() == [60, 62, 64]


def test_settled_time_grows_and_no_note_begins_before_it():
    tracker, sound, settled_sec = PitchTracker(RATE_HZ), melody(SCALE, 4.0), -np.inf
    for at in range(0, len(sound), 256):
        tracker.process(sound[at : at + 256])
        for note in begun(tracker.take_notes()):
            if np.isnan(note["offset_sec"]):
                assert note["onset_sec"] >= settled_sec
        assert tracker.settled_sec >= settled_sec
        settled_sec = tracker.settled_sec
    assert 3.7 < settled_sec < 4.0


def test_reset_begins_anew():
    sound = melody(SCALE[:4], 2.2)
    tracker = PitchTracker(RATE_HZ)
    rows = []
    for _ in range(2):
        tracker.process(sound)
        rows.append(tracker.take_notes().tolist())
        tracker.reset()
    assert rows[0] and str(rows[0]) == str(rows[1])


def test_a_bad_rate_is_refused():
    with pytest.raises(RuleError, match=r"sample_rate_hz must be 16000 to 96000, got 0"):
        PitchTracker(0)


def scooped(low, high, rise_sec=0.2, length_sec=0.8, at_sec=0.2):
    """One note that comes up to its pitch from below."""
    time_sec = np.arange(int(length_sec * RATE_HZ)) / RATE_HZ
    contour = high - (high - low) * np.clip(1.0 - (time_sec - 0.08) / rise_sec, 0.0, 1.0)
    sung = 0.2 * shaped(tone(contour), 0.04)
    rest = np.zeros(int(at_sec * RATE_HZ))
    return np.concatenate([rest, sung, rest]).astype(np.float32)


@pytest.mark.parametrize("low, high", [(63.0, 64.0), (62.7, 64.1), (63.4, 63.9)])
def test_a_note_scooped_up_to_is_named_by_what_it_settles_on(low, high):
    rows = heard(scooped(low, high))
    assert set(rows["id"]) == {0}
    while_it_sounds = rows[np.isnan(rows["offset_sec"])]
    assert while_it_sounds["pitch"][-1] == 64
    assert rows["pitch"][-1] == 64
    assert rows["cents"][-1] == pytest.approx(100 * (high - 64), abs=12)
    assert (np.abs(rows["cents"]) <= 50.0).all()


def test_the_name_of_a_scooped_note_comes_while_it_sounds_and_once():
    told = heard(scooped(63.0, 64.0), block=64)
    assert told["pitch"].tolist() == [63, 64, 64]
    assert told["onset_sec"].tolist() == [told["onset_sec"][0]] * 3


def test_vibrato_renames_nothing():
    time_sec = np.arange(int(1.5 * RATE_HZ)) / RATE_HZ
    contour = 64.3 + 0.5 * np.sin(2 * np.pi * 5.5 * time_sec) * np.minimum(1, time_sec / 0.3)
    told = heard((0.2 * shaped(tone(contour), 0.03)).astype(np.float32))
    assert set(told["pitch"]) == {64}


@pytest.mark.parametrize("step", [-1.0, -2.0, 1.0, 2.0])
def test_a_short_note_before_another_one_stays_a_note(step):
    first, second = int(0.16 * RATE_HZ), int(0.5 * RATE_HZ)
    contour = np.concatenate([np.full(first, 67.0), np.full(second, 67.0 + step)])
    told = begun(heard((0.2 * shaped(tone(contour), 0.02)).astype(np.float32)))
    assert told["pitch"].tolist() == [67, 67 + step]


def test_broken_octaves_are_notes():
    notes = [(0.3 + 0.15 * k, 0.14, 48 + 12 * (k % 2)) for k in range(8)]
    told = begun(heard(melody(notes, 1.8, decay_sec=0.2)))
    assert told["pitch"].tolist() == [48, 60] * 4


def test_a_pitch_heard_only_in_the_attack_is_no_note():
    """What sounds for 40 ms and glides on without an attack of its own is told as one note."""
    first, second = int(0.05 * RATE_HZ), int(0.5 * RATE_HZ)
    contour = np.concatenate([np.full(first, 69.0), np.full(second, 66.0)])
    told = heard((0.2 * shaped(tone(contour), 0.02)).astype(np.float32))
    assert set(told["id"]) == {0}
    assert told["pitch"][-1] == 66


@pytest.mark.parametrize("phase", [0.0, np.pi])
@pytest.mark.parametrize("depth", [0.3, 0.5, 0.7])
def test_a_vibrato_from_the_start_is_told_at_its_middle(depth, phase):
    time_sec = np.arange(int(2 * RATE_HZ)) / RATE_HZ
    course = 64 + depth * np.sin(2 * np.pi * 5.5 * time_sec + phase)
    sound = 0.1 * shaped(tone(course), attack_sec=0.03, release_sec=0.05)
    heard_sound = 1e-4 * np.random.default_rng(2).standard_normal(int(3 * RATE_HZ))
    heard_sound[int(0.5 * RATE_HZ) :][: len(sound)] += sound
    (note,) = {row["id"]: row for row in heard(heard_sound.astype(np.float32))}.values()
    assert 1200 * np.log2(note["f0_hz"] / hz(64)) == pytest.approx(0, abs=18)
