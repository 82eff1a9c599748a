"""The melody listener: octaves as written, and nothing that the machine itself sounds."""

import numpy as np
from tones import RATE_HZ, melody

from engine.listening.melody import MelodyListener

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
