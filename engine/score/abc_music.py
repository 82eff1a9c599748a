"""The music lines of ABC: notes, chords, tuplets, broken rhythm, graces, bar lines, endings."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from engine.errors import ScoreError
from engine.score.limits import MAX_BARS

LENGTH = r"(?P<count>\d{0,4})(?P<slashes>/{0,6})(?P<divisor>\d{0,4})"
NOTE = r"(?P<accidental>\^{1,2}|_{1,2}|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']{0,6})"

# No token is longer than 200 characters: what is opened and never closed is not looked for further.
TOKEN = re.compile(
    rf"""
    "(?P<text>[^"]{{0,200}})"
  | [!+](?P<decoration>[^!+\s]{{0,200}})[!+]
  | \[(?P<field>[A-Za-z]):(?P<value>[^\]]{{0,200}})\]
  | \{{(?P<slash>/?)(?P<grace>[^}}]{{0,200}})\}}
  | (?P<bar>:*\|[|\]:]*|::+|\[\|[|\]:]*)[ ]*(?:\[?[ ]*(?P<bar_ending>\d[\d,\-]{{0,200}}))?
  | \[[ ]*(?P<ending>\d[\d,\-]{{0,200}})
  | \((?P<tuplet>[2-9])(?::(?P<tuplet_time>\d?))?(?::(?P<tuplet_notes>\d?))?
  | \[(?P<chord>[^\]|]{{0,200}})\](?P<chord_length>\d{{0,4}}/{{0,6}}\d{{0,4}})(?P<chord_tie>-?)
  | {NOTE}(?P<note_length>\d{{0,4}}/{{0,6}}\d{{0,4}})(?P<tie>-?)
  | (?P<rest>[zxZX])(?P<rest_length>\d{{0,4}}/{{0,6}}\d{{0,4}})
  | (?P<broken>>{{1,3}}|<{{1,3}})
  | (?P<overlay>&)
  | (?P<slur>[()])
  | (?P<shorthand>[~HLMOPST]|\.(?=[A-Ga-g^_=\[]))
  | .
    """,
    re.VERBOSE,
)
CHORD_NOTE = re.compile(rf"{NOTE}(?P<note_length>\d{{0,4}}/{{0,6}}\d{{0,4}})(?P<tie>-?)")
LENGTH_PARTS = re.compile(LENGTH)

SHORTHANDS = {
    "~": "roll",
    ".": "staccato",
    "H": "fermata",
    "L": "accent",
    "M": "lowermordent",
    "O": "coda",
    "P": "uppermordent",
    "S": "segno",
    "T": "trill",
}
"""Decorations that are one letter (ABC 2.1, section 4.14)."""

MAX_SLURS = 6
"""Within each other: MusicXML has no more numbers."""

ALTERATIONS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}


@dataclass(slots=True)
class AbcNote:
    """One head: what is written, and the alteration that then sounds."""

    letter: str
    octave: int  # 4 holds middle C
    accidental: str
    alteration: int = 0
    is_tied_to: bool = False
    is_tied_from: bool = False


@dataclass(slots=True)
class AbcEvent:
    """Heads that sound together, or a rest. ``duration`` is in whole notes, before any tuplet."""

    duration: Fraction
    notes: list[AbcNote] = field(default_factory=list)
    tuplet: tuple[int, int] = (1, 1)  # this many in the time of that many
    is_grace: bool = False
    has_slash: bool = False
    is_hidden: bool = False
    texts: list[str] = field(default_factory=list)
    tempo: tuple[str, Fraction, float] | None = None  # words, beat unit in whole notes, per minute
    lyric: str = ""
    opens_overlay: bool = False
    fills_bar: bool = False  # a rest that stands in the middle of its bar
    is_joined: bool = False  # no space before it: a beam may go on
    tuplet_edges: tuple[str, ...] = ()  # "start", "stop"
    slur_edges: list[tuple[int, str]] = field(default_factory=list)  # number, "start" or "stop"

    @property
    def sounding(self) -> Fraction:
        """Whole notes it really lasts."""
        return Fraction(0) if self.is_grace else self.duration * self.tuplet[1] / self.tuplet[0]


@dataclass(slots=True)
class AbcBar:
    """The music between two bar lines."""

    events: list[AbcEvent] = field(default_factory=list)
    count: int = 0  # 0: no metre
    unit: int = 4
    fifths: int = 0
    starts_repeat: bool = False
    ends_repeat: int = 0  # times in all
    ending: str = ""  # numbers of an ending that begins here
    closes_ending: bool = False
    style: str = ""

    @property
    def duration(self) -> Fraction:
        """Whole notes of its longest overlay."""
        lengths, now = [Fraction(0)], Fraction(0)
        for event in self.events:
            now = Fraction(0) if event.opens_overlay else now
            now += event.sounding
            lengths.append(now)
        return max(lengths)

    @property
    def is_short(self) -> bool:
        """Shorter than its metre, as a pickup is."""
        return self.count > 0 and self.duration < Fraction(self.count, self.unit)


@dataclass
class AbcVoice:
    """Reads the lines of one voice; key, metre and unit length hold from line to line."""

    name: str
    unit_length: Fraction = Fraction(1, 8)
    count: int = 0
    unit: int = 4
    fifths: int = 0
    clef: str = "treble"
    octave_shift: int = 0
    bars: list[AbcBar] = field(default_factory=list)
    line_notes: list[tuple[int, AbcEvent]] = field(default_factory=list)  # of its last line, by bar
    _alterations: dict[tuple[str, int], int] = field(default_factory=dict)
    _ties: dict[tuple[str, int], int] = field(default_factory=dict)
    _tuplet: tuple[int, int] = (1, 1)
    _tuplet_left: int = 0
    _opens_tuplet: bool = False
    _broken: Fraction = Fraction(1)  # what is left for the second of a pair
    _texts: list[str] = field(default_factory=list)
    _tempo: tuple[str, Fraction, float] | None = None
    _opens_overlay: bool = False
    _is_joined: bool = False
    _n_slurs_to_open: int = 0
    _open_slurs: list[AbcEvent] = field(default_factory=list)
    _last_played: AbcEvent | None = None

    @property
    def bar(self) -> AbcBar:
        """The bar now being filled."""
        if not self.bars:
            self._open_bar()
        return self.bars[-1]

    def set_tempo(self, words: str, beat: Fraction, per_minute: float) -> None:
        """Put a tempo mark at the next note."""
        self._tempo = (words, beat, per_minute)

    def set_metre(self, count: int, unit: int) -> None:
        """Change the metre from the bar that has nothing in it yet."""
        self.count, self.unit = count, unit
        if self.bars and not self.bar.events:
            self.bar.count, self.bar.unit = count, unit

    def set_key(self, fifths: int) -> None:
        """Change the key from the bar that has nothing in it yet."""
        self.fifths = fifths
        if self.bars and not self.bar.events:
            self.bar.fifths = fifths

    def read_token(self, token: re.Match[str]) -> None:
        """Take over one token of a music line."""
        match _kind(token):
            case "text":
                self._texts.append(token["text"].lstrip("^_<>@"))
            case "decoration":
                self._texts.append(f"!{token['decoration']}")
            case "shorthand":
                self._texts.append(f"!{SHORTHANDS[token['shorthand']]}")
            case "grace":
                self._read_grace(token["grace"], has_slash=bool(token["slash"]))
            case "bar":
                self._read_bar_line(token["bar"])
                if token["bar_ending"]:
                    self._begin_ending(token["bar_ending"])
            case "ending":
                self._begin_ending(token["ending"])
            case "tuplet":
                self._begin_tuplet(token)
            case "chord":
                self._read_chord(token)
            case "letter":
                notes = [self._note(token, is_tied=bool(token["tie"]))]
                self._add(self._length(token["note_length"]), notes)
            case "rest":
                self._read_rest(token)
            case "broken":
                self._break_rhythm(token["broken"])
            case "overlay":
                self._opens_overlay = True
            case "slur" if token["slur"] == "(":
                self._n_slurs_to_open += 1
            case "slur":
                self._close_slur()
            case _ if token[0].isspace():
                self._is_joined = False

    def _open_bar(self) -> None:
        if len(self.bars) == MAX_BARS:
            raise ScoreError(f"a score must have at most {MAX_BARS} bars")
        self.bars.append(AbcBar(count=self.count, unit=self.unit, fifths=self.fifths))
        self._alterations.clear()
        self._is_joined = False

    def _length(self, text: str) -> Fraction:
        return self.unit_length * length_factor(text)

    def _add(self, duration: Fraction, notes: list[AbcNote], *, is_hidden: bool = False) -> None:
        event = AbcEvent(duration * self._broken, notes, is_hidden=is_hidden)
        self._broken = Fraction(1)
        self._join_tuplet(event)
        event.is_joined, self._is_joined = self._is_joined, True
        self._ties = {(n.letter, n.octave): n.alteration for n in notes if n.is_tied_to}
        event.texts, self._texts = self._texts, []
        event.tempo, self._tempo = self._tempo, None
        event.opens_overlay, self._opens_overlay = self._opens_overlay, False
        self.bar.events.append(event)
        if notes:
            self.line_notes.append((len(self.bars), event))
            self._last_played = event
            self._open_slurs += [event] * self._n_slurs_to_open
            self._n_slurs_to_open = 0

    def _close_slur(self) -> None:
        """Slurs are told from end to beginning, so that one never closed leaves no trace."""
        if not self._open_slurs or self._last_played is None:
            return
        opener, number = self._open_slurs.pop(), len(self._open_slurs) + 1
        if opener is not self._last_played and number <= MAX_SLURS:
            opener.slur_edges.append((number, "start"))
            self._last_played.slur_edges.append((number, "stop"))

    def _join_tuplet(self, event: AbcEvent) -> None:
        if not self._tuplet_left:
            return
        event.tuplet = self._tuplet
        event.tuplet_edges = ("start",) * self._opens_tuplet
        self._opens_tuplet = False
        self._tuplet_left -= 1
        if not self._tuplet_left:
            event.tuplet_edges += ("stop",)

    def _note(self, token: re.Match[str], *, is_tied: bool, is_grace: bool = False) -> AbcNote:
        letter = token["letter"].upper()
        octave = 4 + token["letter"].islower() + token["octave"].count("'")
        octave += self.octave_shift - token["octave"].count(",")
        note = AbcNote(letter, octave, token["accidental"] or "", is_tied_to=is_tied)
        place = (letter, octave)
        if not is_grace and place in self._ties:
            tied_alteration = self._ties.pop(place)
            note.is_tied_from = True
            note.alteration = tied_alteration
        else:
            note.alteration = self._alterations.get(place, key_alteration(letter, self.bar.fifths))
        if note.accidental:
            note.alteration = self._alterations[place] = ALTERATIONS[note.accidental]
        return note

    def _read_chord(self, token: re.Match[str]) -> None:
        """A chord lasts as long as its first note; a tie behind it ties all of it."""
        heads = list(CHORD_NOTE.finditer(token["chord"]))
        if not heads:
            return
        notes = [self._note(h, is_tied=bool(h["tie"] or token["chord_tie"])) for h in heads]
        inner = length_factor(heads[0]["note_length"])
        self._add(self._length(token["chord_length"]) * inner, notes)

    def _read_grace(self, text: str, *, has_slash: bool) -> None:
        heads = list(CHORD_NOTE.finditer(text))
        value = Fraction(1, 8) if len(heads) == 1 else Fraction(1, 16)
        for head in heads:
            note = self._note(head, is_tied=False, is_grace=True)
            self.bar.events.append(AbcEvent(value, [note], is_grace=True, has_slash=has_slash))

    def _read_rest(self, token: re.Match[str]) -> None:
        is_hidden = token["rest"] in "xX"
        if token["rest"] in "zx":
            self._add(self._length(token["rest_length"]), [], is_hidden=is_hidden)
            return
        for number in range(min(max(int(length_factor(token["rest_length"])), 1), 1000)):
            if number:
                self._open_bar()
            self._add(Fraction(self.count or 4, self.unit), [], is_hidden=is_hidden)

    def _begin_tuplet(self, token: re.Match[str]) -> None:
        count = int(token["tuplet"])
        is_compound = self.count % 3 == 0 and self.unit >= 8 and self.count > 0
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(count, 3 if is_compound else 2)
        self._tuplet = (count, int(token["tuplet_time"] or usual) or usual)
        self._tuplet_left = int(token["tuplet_notes"] or count)
        self._opens_tuplet = True

    def _break_rhythm(self, signs: str) -> None:
        """Make the note before longer or shorter and the one behind the reverse."""
        short = Fraction(1, 2 ** len(signs))
        before = [event for event in self.bar.events if not event.is_grace]
        if not before:
            return
        first, second = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        before[-1].duration *= first
        self._broken = second

    def _read_bar_line(self, sign: str) -> None:
        colons_left = len(sign) - len(sign.lstrip(":"))
        colons_right = len(sign) - len(sign.rstrip(":"))
        if set(sign) == {":"}:
            colons_left = colons_right = 1
        if self.bars and self.bar.events:
            self._close_bar(sign, colons_left)
        elif colons_left and len(self.bars) > 1:
            self.bars[-2].ends_repeat = self.bars[-2].ends_repeat or colons_left + 1
        self.bar.starts_repeat |= colons_right > 0

    def finish(self) -> None:
        """Give what stands behind the last bar line to the last bar."""
        if self.bars:
            self._centre_rest()
        filled = [bar for bar in self.bars if bar.events]
        if filled:
            filled[-1].events[-1].texts += self._texts
        self._texts = []

    def _close_bar(self, sign: str, colons: int) -> None:
        self._centre_rest()
        self.bar.events[-1].texts += self._texts
        self._texts = []
        self.bar.ends_repeat = colons + 1 if colons else 0
        self.bar.closes_ending = bool(colons) or "||" in sign or "]" in sign or sign[0] == "["
        self.bar.style = "light-heavy" if "]" in sign else "light-light" if "||" in sign else ""
        self._open_bar()

    def _centre_rest(self) -> None:
        events = self.bar.events
        if len(events) == 1 and not events[0].notes and not self.bar.is_short:
            events[0].fills_bar = self.bar.count > 0

    def _begin_ending(self, numbers: str) -> None:
        if self.bar.events:  # an ending may begin without a bar line of its own
            self._open_bar()
        self.bar.ending = numbers
        if len(self.bars) > 1:
            self.bars[-2].closes_ending = True


def _kind(token: re.Match[str]) -> str:
    """The group that tells what a token is."""
    kinds = ("text", "decoration", "grace", "bar", "ending", "tuplet", "chord", "letter")
    found = (
        kind
        for kind in (*kinds, "rest", "broken", "overlay", "slur", "shorthand")
        if token[kind] is not None
    )
    return next(found, "")


def length_factor(text: str) -> Fraction:
    """Read 3, /, //, 3/2 or /4 as a factor of the unit length."""
    parts = LENGTH_PARTS.match(text)
    if parts is None or not text:
        return Fraction(1)
    count, slashes, divisor = parts["count"], parts["slashes"], parts["divisor"]
    below = int(divisor) if divisor else 2 ** len(slashes)
    if below == 0 or count == "0" * max(len(count), 1):
        raise ScoreError(f"a length must be > 0, got {text!r}")
    return Fraction(int(count or 1), below)


def key_alteration(letter: str, fifths: int) -> int:
    """Semitones by which a key of so many sharps (or, negative, flats) alters a step."""
    if fifths >= 0:
        return int(letter in "FCGDAEB"[:fifths])
    return -int(letter in "BEADGCF"[:-fifths])
