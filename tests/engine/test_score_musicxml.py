"""MusicXML, one feature at a time, against notes counted by hand."""

import pytest

from engine import Score
from engine.errors import ScoreError

QUARTER = 12
"""Divisions used throughout."""


def note(pitch, quarters=1.0, *, inside="", **attributes):
    """One note such as note("F#4", 0.5); pitch "R" is a rest. ``inside`` goes before the pitch."""
    named = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    inside, behind = ("", inside) if "<tie" in inside else (inside, "")
    voice_and_staff = ""
    if "@" in pitch:
        pitch, _, place = pitch.partition("@")
        voice, _, staff = place.partition("/")
        voice_and_staff = f"<voice>{voice}</voice>" + (f"<staff>{staff}</staff>" if staff else "")
    if pitch == "R":
        head = "<rest/>"
    else:
        alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(pitch[1], "")
        head = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>"
    length = "" if "<grace" in inside else f"<duration>{round(quarters * QUARTER)}</duration>"
    return f"<note {named}>{inside}{head}{length}{behind}{voice_and_staff}</note>"


def tied(pitch, quarters, *types):
    """A note with ties."""
    return note(pitch, quarters, inside="".join(f'<tie type="{kind}"/>' for kind in types))


def attributes(metre="4/4", more=""):
    """What stands at the beginning of a part."""
    count, _, unit = metre.partition("/")
    time = f"<time><beats>{count}</beats><beat-type>{unit}</beat-type></time>"
    return f"<attributes><divisions>{QUARTER}</divisions>{time}{more}</attributes>"


def move(tag, quarters):
    """A backup or forward."""
    return f"<{tag}><duration>{round(quarters * QUARTER)}</duration></{tag}>"


def left(*content):
    """The barline before a bar."""
    return f'<barline location="left">{"".join(content)}</barline>'


def right(*content):
    """The barline behind a bar."""
    return f'<barline location="right">{"".join(content)}</barline>'


FORWARD = '<repeat direction="forward"/>'
BACKWARD = '<repeat direction="backward"/>'


def ending(numbers, kind):
    """One end of a bracket over first and second endings."""
    return f'<ending number="{numbers}" type="{kind}"/>'


def partwise(*parts, first_number=1):
    """A score; each part is a list of bars, the first of which brings its attributes."""
    names = "".join(f'<score-part id="P{k}"><part-name/></score-part>' for k, _ in enumerate(parts))
    body = "".join(
        f'<part id="P{k}">'
        + "".join(
            f'<measure number="{number}">{bar}</measure>'
            for number, bar in enumerate(bars, first_number)
        )
        + "</part>"
        for k, bars in enumerate(parts)
    )
    return (
        f'<score-partwise version="4.0"><part-list>{names}</part-list>{body}</score-partwise>'
    ).encode()


def read(*parts, **options):
    """Read parts made of bars."""
    return Score.from_bytes(partwise(*parts, **options), "test.musicxml")


def played(score, *fields):
    """Rows of some fields."""
    return list(zip(*(score.notes[name].tolist() for name in fields), strict=True))


def test_notes_have_pitch_onset_duration_bar_and_beat():
    score = read([attributes("3/4") + note("C4") + note("F#4", 2), note("Bb3", 3)])
    assert played(score, "pitch", "onset_beat", "duration_beat", "measure", "beat") == [
        (60, 0.0, 1.0, 1, 0.0),
        (66, 1.0, 2.0, 1, 1.0),
        (58, 3.0, 3.0, 2, 0.0),
    ]


def test_beat_is_counted_in_the_metres_unit_plus_a_fraction_of_a_whole_note():
    score = read([attributes("6/8") + note("C4", 0.75) + note("D4", 0.25) + note("E4", 2)])
    assert played(score, "onset_beat", "beat") == [(0.0, 0.0), (0.75, 1.0625), (1.0, 2.0)]


def test_a_pickup_has_negative_beats():
    score = read([attributes() + note("G4"), note("C5", 4)], first_number=0)
    assert played(score, "onset_beat", "measure", "beat") == [(-1.0, 0, 0.0), (0.0, 1, 0.0)]
    assert score.bars["onset_beat"].tolist() == [-1.0, 0.0]
    assert score.tempi["onset_beat"][0] == -1.0


def test_a_pickup_is_completed_by_the_short_bar_at_the_repeat():
    pickup = attributes("3/4") + left(FORWARD) + note("G4")
    score = read([pickup, note("C5", 3), note("D5", 2) + right(BACKWARD)], first_number=0)
    assert played(score, "onset_beat", "measure") == [
        (-1.0, 0),
        (0.0, 1),
        (3.0, 2),
        (5.0, 0),
        (6.0, 1),
        (9.0, 2),
    ]


def test_a_single_short_bar_is_no_pickup():
    assert read([attributes() + note("C4")]).notes["onset_beat"].tolist() == [0.0]


def test_metre_changes_are_in_the_bars():
    change = "<attributes><time><beats>6</beats><beat-type>8</beat-type></time></attributes>"
    score = read([attributes("2/4") + note("C4", 2), change + note("D4", 3), note("E4", 3)])
    assert score.bars[["onset_beat", "duration_beat", "count", "unit"]].tolist() == [
        (0.0, 2.0, 2, 4),
        (2.0, 3.0, 6, 8),
        (5.0, 3.0, 6, 8),
    ]


def test_a_metre_of_sums_is_one_metre():
    sums = attributes("3+2/8").replace("</time>", "<beats>1</beats><beat-type>4</beat-type></time>")
    score = read([sums + note("C4", 3.5)])
    assert score.bars[["count", "unit"]].tolist() == [(7, 8)]


def test_a_bar_without_notes_lasts_its_metre():
    score = read([attributes("3/4") + note("C4", 3), "", note("D4", 3)])
    assert score.notes["onset_beat"].tolist() == [0.0, 6.0]


def test_music_without_a_metre_has_no_pickup():
    plain = f"<attributes><divisions>{QUARTER}</divisions></attributes>"
    score = read([plain + note("C4", 1.5), note("D4", 7)])
    assert score.notes["onset_beat"].tolist() == [0.0, 1.5]
    assert score.bars[["count", "unit"]].tolist() == [(3, 8), (7, 4)]


def test_a_tie_over_the_barline_is_one_note():
    score = read([attributes("2/4") + note("C4") + tied("D4", 1, "start"), tied("D4", 2, "stop")])
    assert played(score, "pitch", "onset_beat", "duration_beat") == [(60, 0, 1), (62, 1, 3)]


def test_a_chain_of_ties_is_one_note_with_the_first_ones_id():
    bars = [
        attributes("2/4") + tied("D4", 2, "start"),
        tied("D4", 2, "stop", "start"),
        tied("D4", 2, "stop"),
    ]
    assert played(read(bars), "id", "duration_beat") == [("n1", 6.0)]


def test_a_tie_into_both_endings_is_held_each_time():
    bars = [
        attributes("2/4") + note("C4") + tied("D4", 1, "start"),
        left(ending("1", "start")) + tied("D4", 2, "stop") + right(ending("1", "stop"), BACKWARD),
        left(ending("2", "start"))
        + tied("D4", 1, "stop")
        + note("E4")
        + right(ending("2", "stop")),
    ]
    assert played(read(bars), "pitch", "onset_beat", "duration_beat") == [
        (60, 0, 1),
        (62, 1, 3),
        (60, 4, 1),
        (62, 5, 2),
        (64, 7, 1),
    ]


def test_a_note_tied_back_over_a_repeat_sign_is_struck_again():
    bars = [
        attributes("2/4") + tied("D4", 2, "start"),
        left(FORWARD) + tied("D4", 1, "stop") + note("E4") + right(BACKWARD),
    ]
    assert played(read(bars), "pitch", "onset_beat", "duration_beat") == [
        (62, 0, 3),
        (64, 3, 1),
        (62, 4, 1),
        (64, 5, 1),
    ]


def test_tied_without_tie_is_a_tie():
    tied_from = note("D4", 2).replace(
        "</note>", '<notations><tied type="start"/></notations></note>'
    )
    tied_to = note("D4", 2).replace("</note>", '<notations><tied type="stop"/></notations></note>')
    assert read([attributes("2/4") + tied_from, tied_to]).notes["duration_beat"].tolist() == [4.0]


def test_unisons_of_two_voices_are_two_notes_with_their_own_ties():
    begin = tied("D4@1", 2, "start") + move("backup", 2) + note("R@2", 1) + tied("D4@2", 1, "start")
    end = tied("D4@2", 2, "stop") + move("backup", 2) + tied("D4@1", 1, "stop")
    score = read([attributes("2/4") + begin, end])
    assert played(score, "onset_beat", "duration_beat", "voice") == [(0, 3, 1), (1, 3, 2)]


def test_a_broken_chord_held_into_a_full_one_is_struck_note_by_note():
    upper = note("E4", 1, inside="<chord/>").replace("</note>", '<tie type="stop"/></note>')
    broken = tied("C4", 0.5, "start") + tied("E4", 0.5, "start")
    score = read([attributes("2/4") + broken + tied("C4", 1, "stop") + upper])
    assert played(score, "pitch", "onset_beat", "duration_beat") == [(60, 0, 2), (64, 0.5, 1.5)]


def test_the_end_of_no_tie_is_struck():
    score = read([attributes("2/4") + tied("D4", 2, "stop"), tied("D4", 2, "stop")])
    assert len(score.notes) == 2


def test_grace_notes_are_marked_last_nothing_and_sound_at_their_main_note():
    bars = [
        attributes("2/4")
        + note("C4")
        + note("E4", inside='<grace slash="yes"/>')
        + note("D4")
        + note("F4", inside="<grace/>"),
        note("G4", 2),
    ]
    assert played(read(bars), "pitch", "onset_beat", "duration_beat", "measure", "is_grace") == [
        (60, 0.0, 1.0, 1, False),
        (62, 1.0, 1.0, 1, False),
        (64, 1.0, 0.0, 1, True),
        (65, 2.0, 0.0, 2, True),
        (67, 2.0, 2.0, 2, False),
    ]


def test_a_grace_note_tied_to_its_main_note_is_one_struck_note():
    grace = note("D4", inside="<grace/>").replace("</note>", '<tie type="start"/></note>')
    score = read([attributes("2/4") + grace + tied("D4", 2, "stop")])
    assert played(score, "duration_beat", "is_grace") == [(2.0, False)]


def test_tuplets_are_exact():
    triplet = "".join(note(f"{step}4", 1 / 3) for step in "CDE")
    onsets = read([attributes("2/4") + triplet + note("F4")]).notes["onset_beat"]
    assert onsets.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=1e-12)


def test_chords_share_their_onset_and_are_sorted_by_pitch():
    chord = note("G4", 2) + note("C4", 2, inside="<chord/>") + note("E4", 2, inside="<chord/>")
    score = read([attributes("4/4") + chord + note("D4", 2)])
    assert played(score, "pitch", "onset_beat") == [(60, 0), (64, 0), (67, 0), (62, 2)]


def test_voices_and_staves_are_kept_across_staves():
    bars = [
        attributes("2/4", "<staves>2</staves>")
        + note("C5@1/1")
        + note("C4@1/2")
        + move("backup", 2)
        + note("C3@5/2", 2)
    ]
    assert played(read(bars), "pitch", "staff", "voice") == [(48, 2, 5), (72, 1, 1), (60, 2, 1)]


def test_forward_skips_time():
    assert read([attributes() + move("forward", 1.5) + note("C4")]).notes["onset_beat"][0] == 1.5


def test_staff_numbers_run_on_from_part_to_part():
    piano = [attributes("2/4", "<staves>2</staves>") + note("C4@1/1", 2)]
    flute = [attributes("2/4") + note("C5", 2)]
    score = read(piano, flute)
    assert played(score, "pitch", "staff", "id") == [(60, 1, "n1"), (72, 3, "n2")]


def test_parts_with_different_divisions_agree_in_beats():
    coarse = attributes("2/4").replace(f">{QUARTER}<", ">1<")
    slow = (
        coarse
        + "<note><pitch><step>C</step><octave>3</octave></pitch><duration>2</duration></note>"
    )
    score = read([attributes("2/4") + note("C4") + note("D4")], [slow])
    assert played(score, "pitch", "onset_beat", "duration_beat") == [
        (48, 0, 2),
        (60, 0, 1),
        (62, 1, 1),
    ]


def test_transposing_instruments_sound():
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    guitar = "<transpose><chromatic>0</chromatic><octave-change>-1</octave-change></transpose>"
    score = read(
        [attributes("2/4", clarinet) + note("D4", 2)], [attributes("2/4", guitar) + note("E4", 2)]
    )
    assert sorted(score.notes["pitch"].tolist()) == [52, 60]


def test_percussion_chord_symbols_and_lyrics_are_no_notes():
    drum = (
        "<note><unpitched><display-step>E</display-step><display-octave>4</display-octave>"
        f"</unpitched><duration>{QUARTER}</duration></note>"
    )
    harmony = "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>"
    sung = note("C4").replace("</note>", "<lyric><text>la</text></lyric></note>")
    score = read([attributes("2/4") + harmony + drum + sung])
    assert played(score, "pitch", "onset_beat") == [(60, 1.0)]


def test_hidden_notes_are_notes():
    hidden = note("C4", 2, **{"print-object": "no"})
    assert len(read([attributes("2/4") + hidden]).notes) == 1


def test_cues_of_another_player_are_left_out():
    cue = note("C5", 2, inside="<cue/>")
    score = read([attributes("2/4") + note("C4", 2), cue, note("D4", 2)])
    assert played(score, "pitch", "onset_beat") == [(60, 0), (62, 4)]


def test_small_notes_written_as_cues_beside_the_parts_own_are_played():
    bars = [
        attributes("2/4") + note("C4", 2) + move("backup", 0.5) + note("E4", 0.5, inside="<cue/>")
    ]
    assert played(read(bars), "pitch", "onset_beat") == [(60, 0), (64, 1.5)]


def test_ids_of_the_file_are_kept_and_the_others_numbered_around_them():
    bars = [
        attributes()
        + note("C4", id="n2")
        + note("D4")
        + note("E4", id="n2")
        + note("F4", id='has "quotes"'.replace('"', "&quot;"))
    ]
    assert read(bars).notes["id"].tolist() == ["n2", "n1", "n3", "n4"]


def test_bar_numbers_are_as_written():
    data = partwise([attributes("2/4") + note("C4", 2)] + [note("D4", 2)] * 3)
    data = data.replace(b'number="2"', b'number="7a"').replace(b'number="3"', b'number="X1"')
    data = data.replace(b'number="4"', b'number="9"')
    assert Score.from_bytes(data).bars["measure"].tolist() == [1, 7, 7, 9]


def test_a_tempo_mark_at_the_first_downbeat_holds_for_the_pickup():
    bars = [attributes() + note("G4"), '<sound tempo="80"/>' + note("C5", 4)]
    assert read(bars).tempi.tolist() == [(-1.0, 80.0)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("<octave>4<", "<octave>x<"), "octave must be a number, got 'x'"),
        (("<step>C<", "<step>H<"), "step must be A to G, got 'H' (bar 1)"),
        ((">12</divisions", ">0</divisions"), "divisions must be a whole number from 1 to 1000000"),
        (("<octave>4<", "<octave>10<"), "pitch must be 0..127, got 132 (bar 1)"),
        (("<beats>4<", "<beats>1e9<"), "beats must be a number, got '1e9'"),
        ((">12</duration", ">1e999999</duration"), "duration must be a number, got '1e999999'"),
    ],
)
def test_a_damaged_number_is_named(change, message):
    data = partwise([attributes() + note("C4")]).decode().replace(*change).encode()
    with pytest.raises(ScoreError) as caught:
        Score.from_bytes(data, "broken.musicxml")
    assert str(caught.value).startswith(f"broken.musicxml: {message}")


def test_ties_of_a_program_that_never_writes_their_ends_are_merged():
    bars = [
        attributes("2/4") + note("D4", 1) + tied("D4", 1, "start"),
        note("D4", 1) + note("D4", 1),
    ]
    assert played(read(bars), "onset_beat", "duration_beat") == [(0, 1), (1, 2), (3, 1)]


def test_rests_too_many_in_one_part_do_not_lengthen_the_bar_of_all():
    rests = [attributes("2/4") + note("R", 2) + note("R", 2), note("C3", 2)]
    score = read([attributes("2/4") + note("C4", 2), note("D4", 2)], rests)
    assert score.bars["onset_beat"].tolist() == [0, 2]
