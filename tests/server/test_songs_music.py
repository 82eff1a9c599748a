"""The music of the shipped pieces, held against what a musician knows of them."""

from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

from server.pieces import catalogue

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
PIANO_LOW, PIANO_HIGH = 21, 108

# How each piece begins, in the upper staff where it has two: written from memory, not from the
# files. A chord is told by its highest note.
OPENINGS = {
    "hot-cross-buns": "E4 D4 C4 E4 D4 C4 C4 C4 C4 C4 D4 D4 D4 D4 E4 D4 C4",
    "mary-had-a-little-lamb": "E4 D4 C4 D4 E4 E4 E4 D4 D4 D4 E4 G4 G4",
    "au-clair-de-la-lune": "G4 G4 G4 A4 B4 A4 G4 B4 A4 A4 G4 G4 G4 G4 A4 B4",
    "frere-jacques": "G4 A4 B4 G4 G4 A4 B4 G4 B4 C5 D5 B4 C5 D5 D5 E5 D5 C5 B4 G4",
    "ah-vous-dirai-je-maman": "C4 C4 G4 G4 A4 A4 G4 F4 F4 E4 E4 D4 D4 C4 G4 G4 F4 F4 E4 E4 D4",
    "haenschen-klein": "G4 E4 E4 F4 D4 D4 C4 D4 E4 F4 G4 G4 G4",
    "ode-to-joy": "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 E4 D4 D4 E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 "
    "E4 D4 C4 C4 D4 D4 E4 C4 D4 E4 F4 E4 C4",
    "jingle-bells": "E4 E4 E4 E4 E4 E4 E4 G4 C4 D4 E4 F4 F4 F4 F4 F4 E4 E4 E4 E4 E4 D4 D4 E4 D4 G4",
    "when-the-saints": "C4 E4 F4 G4 C4 E4 F4 G4 C4 E4 F4 G4 E4 C4 E4 D4",
    "amazing-grace": "D4 G4 B4 G4 B4 A4 G4 E4 D4 D4 G4 B4 G4 B4 A4 D5",
    "silent-night": "G4 A4 G4 E4 G4 A4 G4 E4 D5 D5 B4 C5 C5 G4 A4 A4 C5 B4 A4",
    "greensleeves": "A4 C5 D5 E5 F5 E5 D5 B4 G4 A4 B4 C5 A4 A4 G#4 A4 B4 G#4 E4",
    "ode-to-joy-two-hands": "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 E4 D4 D4",
    "brahms-lullaby": "A4 A4 C5 A4 A4 C5 A4 C5 F5 E5 D5 D5 C5 G4 A4 Bb4 G4 G4 A4 Bb4",
    "minuet-in-g": "D5 G4 A4 B4 C5 D5 G4 G4 E5 C5 D5 E5 F#5 G5 G4 G4 C5 D5 C5 B4 A4 B4",
    "prelude-in-c": "G4 C5 E5 G4 C5 E5 G4 C5 E5 G4 C5 E5 A4 D5 F5 A4 D5 F5",
    "fuer-elise-theme": "E5 D#5 E5 D#5 E5 B4 D5 C5 A4 C4 E4 A4 B4 E4 G#4 B4 C5 E4 E5 D#5",
    "study-in-c": "E4 F4 E4 D4 E4 D4 C4 D4 E4 F4 G4",
    "question-and-answer": "C4 D4 E4 C4 E4 F4 G4 G4 F4 E4 D4 E4 D4 C4 C4",
    "dance-over-a-drone": "C4 E4 G4 F4 E4 D4 C4 D4 E4 D4",
    "a-walk-in-the-bass-clef": "C3 D3 E3 C3 E3 F3 G3 G3 F3 E3 D3 C3 G3 F3 G3 A3 F3 A3 B3 C4",
    "neighbours": "E4 D#4 E4 G4 F4 F#4 G4 G4 F#4 F4 E4 D4 E4 F4 G4 A4 Bb4 A4 G4 G4 A4 B4 C5",
    "off-the-beat": "C4 D4 E4 G4 G4 E4 D4 C4 C4 D4 E4 F4 G4 G4 F4 E4 D4",
    "easy-swing": "C4 D4 E4 G4 G4 G4 E4 D4 C4 D4",
    "five-finger-right": "C4 D4 E4 F4 G4 F4 E4 D4",
    "five-finger-left": "C3 D3 E3 F3 G3 F3 E3 D3",
    "cadence-in-c": "G4 G4 A4 A4 G4 G4 G4 G4 G4",
    "hanon-1": "C4 E4 F4 G4 A4 G4 F4 E4 D4 F4 G4 A4 B4 A4 G4 F4",
    "scale-c-major-one-octave": "C4 D4 E4 F4 G4 A4 B4 C5 B4 A4 G4 F4 E4 D4 C4",
    "scale-g-major-one-octave": "G3 A3 B3 C4 D4 E4 F#4 G4 F#4",
    "scale-d-major-two-octaves": "D4 E4 F#4 G4 A4 B4 C#5 D5 E5 F#5 G5 A5 B5 C#6 D6 C#6",
    "scale-a-major-one-octave": "A3 B3 C#4 D4 E4 F#4 G#4 A4 G#4",
    "scale-e-major-one-octave": "E4 F#4 G#4 A4 B4 C#5 D#5 E5 D#5",
    "scale-f-major-one-octave": "F4 G4 A4 Bb4 C5 D5 E5 F5 E5",
    "scale-b-flat-major-one-octave": "Bb3 C4 D4 Eb4 F4 G4 A4 Bb4 A4",
    "scale-a-minor-one-octave": "A3 B3 C4 D4 E4 F4 G#4 A4 G#4",
    "scale-e-minor-two-octaves": "E4 F#4 G4 A4 B4 C5 D#5 E5 F#5 G5 A5 B5 C6 D#6 E6 D#6",
    "scale-d-minor-one-octave": "D4 E4 F4 G4 A4 Bb4 C#5 D5 C#5",
    "arpeggio-f-major": "F4 A4 C5 F5 A5 C6 F6 C6 A5 F5 C5 A4 F4",
    "alankar-1": "C4 D4 E4 F4 G4 A4 B4 C5 C5 B4 A4 G4 F4 E4 D4 C4",
    "alankar-3": "C4 D4 E4 D4 E4 F4 E4 F4 G4",
    "alankar-5": "C4 E4 D4 F4 E4 G4 F4 A4 G4 B4 A4 C5 C5 A4 B4 G4",
    "alankar-6": "C4 D4 E4 C4 D4 E4 F4 D4 E4 F4 D4 E4 F4 G4",
    "sarali-varisai-1": "C4 Db4 E4 F4 G4 Ab4 B4 C5 C5 B4 Ab4 G4 F4 E4 Db4 C4",
    "sarali-varisai-2": "C4 Db4 C4 Db4 C4 Db4 E4 F4 C4 Db4 E4 F4 G4 Ab4 B4 C5 C5 B4 C5 B4",
    "janta-varisai-1": "C4 C4 Db4 Db4 E4 E4 F4 F4",
}

# Bars and notes as they are played, counted by hand: with every repeat and ending.
PLAYED = {
    "au-clair-de-la-lune": (4 * 4, 4 * 11),
    "frere-jacques": (8, 2 * (4 + 3 + 6 + 3)),
    "ah-vous-dirai-je-maman": (12, 42),
    "ode-to-joy": (4 + 4 + 8 + 8, 15 + 15 + 32 + 32),
    "jingle-bells": (8 + 8, 26 + 25),
    "minuet-in-g": (2 * 16 + 2 * 16, 408),
    "prelude-in-c": (35, 32 * 16 + 16 + 16 + 5),
    "fuer-elise-theme": (1 + 8 + 8, 106),
    "sarali-varisai-4": (4, 32),
    "dots-and-ties": (8, 3 + 3 + 4 + 1 + 2 + 2 + 4 + 1),
    "off-the-beat": (8, 4 + 4 + 5 + 0 + 4 + 4 + 4 + 1),
    "six-to-the-bar": (8, 4 + 3 + 6 + 2 + 4 + 4 + 5 + 1),
}

SONGS = pytest.mark.parametrize("song", catalogue.songs(), ids=lambda song: song.slug)


def pitch_of(name):
    """MIDI pitch of a name like F#4."""
    return 12 * (int(name[-1]) + 1) + STEPS[name[0]] + name.count("#") - name[1:-1].count("b")


def upper_line(score):
    """The highest principal note at each onset of the upper staff."""
    notes = score.notes[~score.notes["is_grace"]]
    notes = notes[notes["staff"] == notes["staff"].min()]
    return [
        int(notes["pitch"][notes["onset_beat"] == onset].max())
        for onset in np.unique(notes["onset_beat"])
    ]


def test_a_name_becomes_its_pitch():
    assert [pitch_of(name) for name in ("C4", "F#4", "Bb4", "B3", "Eb5")] == [60, 66, 70, 59, 75]


@pytest.mark.parametrize("slug", OPENINGS)
def test_piece_begins_as_known(slug):
    expected = [pitch_of(name) for name in OPENINGS[slug].split()]
    assert upper_line(catalogue.find(slug).score())[: len(expected)] == expected


def test_every_tune_and_piece_has_its_opening_checked():
    melodies = {song.slug for song in catalogue.songs() if song.kind in ("tune", "piece")}
    assert melodies <= set(OPENINGS)


@pytest.mark.parametrize("slug", PLAYED)
def test_repeats_are_played_as_written(slug):
    score = catalogue.find(slug).score()
    assert (len(score.bars), len(score.notes)) == PLAYED[slug]


@SONGS
def test_score_agrees_with_its_entry(song):
    score = song.score()
    assert score.title == song.title
    assert score.composer == song.composer
    assert len(score.tempi) == 1
    assert float(score.tempi["bpm"][0]) == pytest.approx(song.tempo_bpm)
    staves = set(score.notes["staff"].tolist())
    assert staves == ({1, 2} if song.hands == "both" else {1})


@SONGS
def test_bars_have_the_length_of_their_metre(song):
    bars = song.score().bars
    full_beats = 4.0 * bars["count"] / bars["unit"]
    is_pickup = bars["onset_beat"] < 0
    is_last = np.arange(len(bars)) == len(bars) - 1
    assert is_pickup.sum() <= 1
    np.testing.assert_allclose(bars["duration_beat"][~is_pickup & ~is_last], full_beats[0])
    if is_pickup.any() and song.slug != "fuer-elise-theme":  # there it returns with the repeat
        assert bars["duration_beat"][[0, -1]].sum() == pytest.approx(full_beats[0])
    elif not is_pickup.any():
        assert bars["duration_beat"][-1] == pytest.approx(full_beats[0])


@SONGS
def test_every_voice_of_the_file_fills_its_bars(song):
    part = ElementTree.fromstring(song.data()).find("part")
    divisions = int(part.findtext("measure/attributes/divisions"))
    beats, unit = (
        int(part.findtext(f"measure/attributes/time/{x}")) for x in ("beats", "beat-type")
    )
    full = Fraction(4 * beats, unit) * divisions
    for measure in part.findall("measure"):
        sums = voice_lengths(measure)
        assert len(set(sums.values())) == 1, (measure.get("number"), sums)
        is_short = measure.get("implicit") == "yes"
        assert (set(sums.values()) == {full}) != is_short, measure.get("number")


def voice_lengths(measure):
    """Divisions that each voice of a bar takes, forwards included."""
    sums = {}
    for element in measure:
        if element.tag in ("note", "forward") and element.find("chord") is None:
            voice = element.findtext("voice")
            sums[voice] = sums.get(voice, 0) + int(element.findtext("duration") or 0)
    return sums


@SONGS
def test_notes_lie_on_a_piano_and_under_one_hand(song):
    notes = song.score().notes
    assert notes["pitch"].min() >= PIANO_LOW
    assert notes["pitch"].max() <= PIANO_HIGH
    for staff in np.unique(notes["staff"]):
        own = notes[notes["staff"] == staff]
        for onset in np.unique(own["onset_beat"]):
            chord = own["pitch"][own["onset_beat"] == onset]
            assert len(np.unique(chord)) == len(chord), (onset, "a key is struck twice")
            assert np.ptp(chord) <= 12 or len(chord) == 2, (onset, "wider than an octave")


@SONGS
def test_no_key_is_struck_while_the_same_hand_holds_it(song):
    notes = song.score().notes
    for staff, pitch in {(int(note["staff"]), int(note["pitch"])) for note in notes}:
        same = notes[(notes["staff"] == staff) & (notes["pitch"] == pitch)]
        ends = same["onset_beat"] + same["duration_beat"]
        assert (same["onset_beat"][1:] >= ends[:-1] - 1e-9).all(), (staff, pitch)


@SONGS
def test_sargam_has_its_syllable_under_every_note(song):
    lyrics = [element.text for element in ElementTree.fromstring(song.data()).iter("text")]
    if song.kind == "sargam":
        assert len(lyrics) == len(song.score().notes)
        assert lyrics[0] == "Sa"
        assert "Ṡa" in lyrics


def test_minuet_keeps_the_appoggiatura_of_bar_8():
    notes = catalogue.find("minuet-in-g").score().notes
    graces = notes[notes["is_grace"]]
    assert graces["measure"].tolist() == [8, 8]
    assert graces["pitch"].tolist() == [pitch_of("B4")] * 2
