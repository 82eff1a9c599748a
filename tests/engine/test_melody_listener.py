"""The melody listener: octaves as written, and nothing that the machine itself sounds."""

import numpy as np
import pytest
from tones import RATE_HZ, melody

from engine.listening.melody import DOUBT_SEC, MelodyListener
from engine.notes import HEARD_NOTES
from engine.pitch import PITCH_FRAMES

TUNE = [(0.3 + 0.4 * k, 0.38, pitch) for k, pitch in enumerate([60, 64, 67, 72])]


def listen(listener, sound, block=441):
    return [
        note
        for at in range(0, len(sound), block)
        for note in listener.process(sound[at : at + block])
    ]


def begins(told):
    return [note for note in told if note.offset_sec is None]


def test_notes_begin_and_end_once():
    told = listen(MelodyListener(RATE_HZ), melody(TUNE, 2.4))
    assert [note.pitch for note in begins(told)] == [60, 64, 67, 72]
    ended = [note for note in told if note.offset_sec is not None]
    assert [note.note_id for note in ended] == [note.note_id for note in begins(told)]
    assert [note.pitch for note in ended] == [60, 64, 67, 72]
    assert all(1 <= note.velocity <= 127 and 0 < note.confidence <= 1 for note in told)


class ScriptedTracker:
    """Tells rows of notes, some a block."""

    settled_sec = 10.0

    def __init__(self, *script):
        self.script = [np.array(rows, HEARD_NOTES) for rows in script]

    def process(self, samples):
        return np.zeros(0, PITCH_FRAMES)

    def take_notes(self):
        return self.script.pop(0) if self.script else np.zeros(0, HEARD_NOTES)


def row(note_id, pitch, onset_sec, offset_sec=np.nan, confidence=0.9, cents=0.0):
    return (note_id, pitch, cents, 440.0, onset_sec, offset_sec, 70, confidence)


def told_of(expected, *script, block_sec=0.05):
    """(id, pitch, has ended) of all that a listener tells of scripted rows, a list a block."""
    listener = MelodyListener(RATE_HZ, expected=expected)
    listener._tracker = ScriptedTracker(*script)
    block = np.zeros(int(block_sec * RATE_HZ), np.float32)
    told = [listener.process(block) for _ in script]
    return [[(n.note_id, n.pitch, bool(n.offset_sec)) for n in notes] for notes in told]


C_AND_G = ([row(0, 60, 0.0, 0.02)], [row(1, 67, 0.04, 0.06)])  # two notes: the octave is known


def test_a_note_that_settles_on_another_pitch_is_told_again():
    told = told_of(None, [row(0, 63, 0.0)], [row(0, 64, 0.0)], [row(0, 64, 0.0, 0.12)])
    assert told == [[(0, 63, False)], [(0, 64, False)], [(0, 64, True)]]


def test_a_pitch_that_is_known_only_at_the_end_is_told_before_it():
    told = told_of(None, [row(0, 63, 0.0)], [row(0, 64, 0.0, 0.08)])
    assert told == [[(0, 63, False)], [(0, 64, False), (0, 64, True)]]


def test_a_doubted_octave_is_told_once_it_is_sure():
    """The tracker takes G3 for G4 at first."""
    script = [*C_AND_G, [row(2, 67, 0.1)], [], [row(2, 55, 0.1)]]
    told = told_of(lambda t: {60, 67} if t < 0.1 else {55, 57}, *script)
    assert told[2:] == [[], [], [(2, 55, False)]]


def test_a_wrong_octave_that_stays_is_told_as_it_was_played():
    script = [*C_AND_G, [row(2, 67, 0.1)], [], [], [], [], []]
    told = told_of(lambda t: {60, 67} if t < 0.1 else {55, 57}, *script)
    assert told[2:] == [[], [], [], [], [(2, 67, False)], []]


def test_a_short_note_in_a_wrong_octave_is_told_when_it_ends():
    script = [*C_AND_G, [row(2, 67, 0.1)], [row(2, 67, 0.1, 0.18)]]
    told = told_of(lambda t: {60, 67} if t < 0.1 else {55, 57}, *script)
    assert told[2:] == [[], [(2, 67, False), (2, 67, True)]]


@pytest.mark.parametrize("heard, meant", [(67, 55), (55, 67), (74, 55), (79, 55)])
def test_of_a_note_that_stays_unsure_the_expected_one_is_told(heard, meant):
    script = [*C_AND_G, [row(2, heard, 0.1, 0.2, confidence=0.4)]]
    told = told_of(lambda t: {60, 67} if t < 0.1 else {meant}, *script)
    assert told[2][0] == (2, meant, False)


def test_no_note_has_begun_before_settled_time_while_one_is_doubted():
    listener = MelodyListener(RATE_HZ, expected=lambda t: {60, 67} if t < 0.1 else {55})
    listener._tracker = ScriptedTracker(*C_AND_G, [row(2, 67, 0.1)])
    for _ in range(3):
        listener.process(np.zeros(500, np.float32))
    assert listener.settled_sec == 0.1
    listener.process(np.zeros(int((DOUBT_SEC + 0.2) * RATE_HZ), np.float32))
    assert listener.settled_sec == 10.0


def test_one_who_goes_on_in_another_octave_is_followed_there():
    script = [[row(k, pitch, k, k + 0.5)] for k, pitch in enumerate([60, 62, 76, 77, 79])]
    told = told_of(lambda t: {60 + 2 * round(t), (60, 62, 64, 65, 67)[round(t)]}, *script)
    assert [notes[0][1] for notes in told] == [60, 62, 76, 65, 67]


def test_a_first_noise_in_another_octave_moves_nobody():
    """A low noise that stands written an octave up, then a wrong note."""
    script = [[row(0, 39, 0.0, 0.05)], [row(1, 49, 0.1, 0.15)], [row(2, 50, 0.2, 0.25)]]
    assert [notes[0][1] for notes in told_of(lambda _: {50, 51}, *script)] == [51, 49, 50]


def test_one_note_in_another_octave_moves_nobody():
    script = [[row(k, pitch, k, k + 0.5)] for k, pitch in enumerate([60, 62, 76, 65, 79])]
    told = told_of(lambda t: {(60, 62, 64, 65, 67)[round(t)]}, *script)
    assert [notes[0][1] for notes in told] == [60, 62, 76, 65, 79]


def test_one_who_sings_an_octave_below_is_told_as_written():
    wanted = {0.3: 72, 0.7: 76, 1.1: 79, 1.5: 84}

    def expected(onset_sec):
        return {pitch for due, pitch in wanted.items() if abs(due - onset_sec) < 0.5}

    listener = MelodyListener(RATE_HZ, expected=expected)
    assert [note.pitch for note in begins(listen(listener, melody(TUNE, 2.4)))] == [72, 76, 79, 84]


def test_a_wrong_note_is_told_in_the_players_octave():
    wrong = [(onset, length, pitch + (k == 2)) for k, (onset, length, pitch) in enumerate(TUNE)]
    listener = MelodyListener(RATE_HZ, expected=lambda _: {72, 76, 79, 84})
    assert [note.pitch for note in begins(listen(listener, melody(wrong, 2.4)))] == [72, 76, 80, 84]


def test_without_a_score_octaves_stay():
    listener = MelodyListener(RATE_HZ, expected=lambda _: ())
    assert [note.pitch for note in begins(listen(listener, melody(TUNE, 2.4)))] == [60, 64, 67, 72]


def test_what_the_machine_plays_is_not_the_player():
    listener = MelodyListener(RATE_HZ)
    listener.machine_plays(64, 0.68, 1.1)
    assert [note.pitch for note in begins(listen(listener, melody(TUNE, 2.4)))] == [60, 67, 72]


def test_the_end_of_a_masked_note_is_not_told():
    listener = MelodyListener(RATE_HZ)
    listener.machine_plays(64, 0.68, 1.1)
    told = listen(listener, melody(TUNE, 2.4))
    assert {note.pitch for note in told} == {60, 67, 72}


def test_what_both_play_is_told_where_the_score_expects_it():
    listener = MelodyListener(RATE_HZ, expected=lambda _: {60, 64, 67, 72})
    listener.machine_plays(64, 0.68, 1.1)
    assert [note.pitch for note in begins(listen(listener, melody(TUNE, 2.4)))] == [60, 64, 67, 72]


def test_the_machine_an_octave_below_what_is_written_is_not_a_player_who_sings_there():
    listener = MelodyListener(RATE_HZ, expected=lambda _: {76, 79, 84})
    for onset_sec, length_sec, pitch in TUNE:
        listener.machine_plays(pitch, onset_sec, onset_sec + length_sec)
    assert listen(listener, melody(TUNE, 2.4)) == []


def test_what_the_machine_played_long_ago_masks_nothing():
    listener = MelodyListener(RATE_HZ)
    listener.machine_plays(64, -1.0, -0.5)
    assert [note.pitch for note in begins(listen(listener, melody(TUNE, 2.4)))] == [60, 64, 67, 72]


def test_clicks_are_no_notes_and_hide_none():
    sound = melody(TUNE, 2.4)
    for beat in range(6):
        at = int((0.3 + 0.4 * beat) * RATE_HZ)
        click = np.sin(2 * np.pi * 1500 * np.arange(int(0.03 * RATE_HZ)) / RATE_HZ)
        sound[at : at + len(click)] += (0.05 * click).astype(np.float32)
    listener = MelodyListener(RATE_HZ)
    for beat in range(6):
        listener.machine_plays(None, 0.3 + 0.4 * beat)
    told = begins(listen(listener, sound))
    assert [note.pitch for note in told] == [60, 64, 67, 72]


def test_frames_are_those_since_the_last_call():
    listener = MelodyListener(RATE_HZ)
    listen(listener, melody(TUNE, 2.4))
    frames = listener.frames()
    assert len(frames) > 400
    assert (np.diff(frames["time_sec"]) >= 0).all()
    assert len(listener.frames()) == 0


def test_frames_that_nobody_asks_for_are_not_kept_for_ever():
    listener = MelodyListener(RATE_HZ)
    for _ in range(5000):
        listener.process(np.zeros(64, np.float32))
    frames = listener.frames()
    assert frames["time_sec"][0] > (5000 - 4096 - 500) * 64 / RATE_HZ
    assert frames["time_sec"][-1] > 5000 * 64 / RATE_HZ - 0.1


def hum(hz, seconds=1.5, shares=(1.0, 0.4, 0.6, 0.2, 0.3)):
    time_sec = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    waves = (share * np.sin(2 * np.pi * (k + 1) * hz * time_sec) for k, share in enumerate(shares))
    return (0.01 * sum(waves)).astype(np.float32)


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
@pytest.mark.parametrize("shares", [(1.0, 0.4, 0.6, 0.2, 0.3), (0.3, 1.0, 0.2, 0.6)])
def test_hum_is_no_note(mains_hz, shares):
    assert listen(MelodyListener(RATE_HZ), hum(mains_hz, shares=shares)) == []


@pytest.mark.parametrize("pitch", [31.0, 30.9, 35.0, 35.1])
def test_low_notes_in_tune_are_no_hum(pitch):
    told = listen(MelodyListener(RATE_HZ), melody([(0.2, 0.8, pitch)], 1.2))
    assert begins(told)[0].pitch == round(pitch)


def test_a_note_where_the_mains_are_is_told_if_it_is_expected():
    plucked = melody([(0.2, 0.8, 31.35)], 1.2)  # 50 Hz
    assert listen(MelodyListener(RATE_HZ), plucked) == []
    told = listen(MelodyListener(RATE_HZ, expected=lambda _: {31}), plucked)
    assert [note.pitch for note in begins(told)] == [31]


def test_a_note_played_an_octave_too_high_is_told_there():
    high = [*TUNE[:2], (1.1, 0.38, 79), TUNE[3]]
    listener = MelodyListener(RATE_HZ, expected=lambda _: {60, 64, 67, 72})
    assert [note.pitch for note in begins(listen(listener, melody(high, 2.4)))] == [60, 64, 79, 72]
