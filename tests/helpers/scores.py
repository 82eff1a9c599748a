"""Small scores in every kind of file, made on the spot."""

import zipfile
from io import BytesIO

import mido

ABC = "X:1\nT:{title}\nC:{composer}\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\nG A B c|d2 B2|c A F2|G4|]\n"
MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><meiHead/><music><body><mdiv><score>'
    '<scoreDef><staffGrp><staffDef n="1" lines="5"/></staffGrp></scoreDef><section><measure n="1">'
    '<staff n="1"><layer n="1"><note pname="c" oct="4" dur="4"/></layer></staff></measure>'
    "</section></score></mdiv></body></music></mei>"
)
_NOTE = (
    "<note><pitch><step>C</step><octave>{octave}</octave></pitch><duration>4</duration>"
    "<staff>{staff}</staff></note>"
)
MUSICXML = (
    '<?xml version="1.0"?><score-partwise><work><work-title>{title}</work-title></work><part-list>'
    '<score-part id="P"><part-name/></score-part></part-list><part id="P"><measure number="1">'
    "<attributes><divisions>4</divisions><staves>2</staves></attributes>"
    + _NOTE.format(octave=4, staff=1)
    + "<backup><duration>4</duration></backup>"
    + _NOTE.format(octave=3, staff=2)
    + "</measure></part></score-partwise>"
)


def abc(title: str = "Tune", composer: str = "Ada Abel") -> bytes:
    """A tune of four bars in G at 90, for one hand."""
    return ABC.format(title=title, composer=composer).encode()


def musicxml(title: str = "Duet") -> bytes:
    """One bar of two hands."""
    return MUSICXML.format(title=title).encode()


def mxl(title: str = "Packed") -> bytes:
    """The same, packed."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", musicxml(title))
    return file.getvalue()


def midi() -> bytes:
    """Two notes."""
    track = mido.MidiTrack()
    for pitch in (60, 62):
        track.append(mido.Message("note_on", note=pitch, velocity=64))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file, out = mido.MidiFile(tracks=[track]), BytesIO()
    file.save(file=out)
    return out.getvalue()
