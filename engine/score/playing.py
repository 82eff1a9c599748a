"""Lay the played bars end to end: notes with beats, ties merged, metres, tempi."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from engine.errors import ScoreError
from engine.score.limits import DEFAULT_TEMPO_BPM, MAX_BEATS, MAX_NOTES
from engine.score.ornaments import ARPEGGIO, settle_ornaments
from engine.score.reading import BarRow, NoteRow, Reading, TempoRow
from engine.score.unfolding import play_order, straight_through
from engine.score.written import WrittenBar, WrittenNote, WrittenScore

TIE_SLACK_BEAT = Fraction(1, 64)
"""Tied notes meet within this many quarters: tuplets are written with rounded durations."""


def play(score: WrittenScore) -> Reading:
    """Unfold a written score.

    Parameters
    ----------
    score : WrittenScore
        The bars as written.

    Returns
    -------
    Reading
        Notes sorted by onset, then pitch; beat 0 is the first full bar's downbeat.

    Raises
    ------
    ScoreError
        If there is no note, or more than the limits allow.
    """
    order = score.order or play_order(score.bars)
    onsets = _bar_onsets(score.bars, order)
    for bar in score.bars:
        settle_ornaments(bar.notes)
    notes = _merge_ties(score.bars, order, onsets)
    if not notes:
        raise ScoreError("a score must have at least one note, got none")
    return Reading(
        notes=[note.row() for note in notes],
        bars=_bar_rows(score.bars, order, onsets),
        tempi=_tempi(score.bars, order, onsets),
        title=score.title,
        composer=score.composer,
    )


def _bar_rows(
    bars: Sequence[WrittenBar], order: Sequence[int], onsets: Sequence[Fraction]
) -> list[BarRow]:
    once = straight_through(bars, order)
    return [
        BarRow(
            measure=bars[index].number,
            onset_beat=float(onset),
            duration_beat=float(bars[index].duration),
            metre_count=bars[index].count,
            metre_unit=bars[index].unit,
            written=index,
            is_unrepeated=place in once,
        )
        for place, (index, onset) in enumerate(zip(order, onsets, strict=True))
    ]


def _bar_onsets(bars: Sequence[WrittenBar], order: Sequence[int]) -> list[Fraction]:
    first = bars[order[0]] if order else None
    now = -first.duration if first and first.is_short and len(order) > 1 else Fraction(0)
    onsets = []
    for index in order:
        onsets.append(now)
        now += bars[index].duration
    if now > MAX_BEATS:
        raise ScoreError(f"a score must last at most {MAX_BEATS:.0f} beats, got {float(now):.0f}")
    return onsets


@dataclass(slots=True)
class _PlayedNote:
    """A sounding note: the first written note of a tie, as long as the whole tie."""

    written: WrittenNote
    bar: WrittenBar
    place: Fraction  # in the bar
    onset: Fraction
    end: Fraction
    ornamented: WrittenNote  # the one of the tied notes whose ornament it has
    has_fermata: bool = False

    def take_over(self, note: WrittenNote) -> None:
        """Take in the signs of the next written note; what is held cannot be broken again."""
        self.has_fermata |= note.has_fermata
        if self.ornamented.sign is None and note.sign and note.sign.kind != ARPEGGIO:
            self.ornamented = note

    def row(self) -> NoteRow:
        note = self.written
        is_grace = note.is_grace and self.end == self.onset
        sign, (upper, lower) = self.ornamented.sign, self.ornamented.auxiliaries
        return NoteRow(
            id=note.id,
            pitch=note.pitch,
            onset_beat=float(self.onset),
            duration_beat=float(self.end - self.onset),
            measure=self.bar.number,
            beat=beat_in_bar(self.place, self.bar.unit),
            staff=note.staff,
            voice=note.voice,
            is_grace=is_grace,
            ornament=sign.kind if sign else "",
            ornament_upper=upper,
            ornament_lower=lower,
            has_fermata=self.has_fermata,
        )


def _place(
    note: WrittenNote, bar: WrittenBar, following: WrittenBar | None
) -> tuple[WrittenBar, Fraction]:
    """The bar a note sounds in: a grace note behind the last beat sounds in the next one."""
    if note.onset >= bar.duration and following is not None:
        return following, Fraction(0)
    return bar, note.onset


def beat_in_bar(onset: Fraction, unit: int) -> float:
    """Whole beats of the metre's unit, and the rest as fraction of a whole note."""
    whole, rest = divmod(onset, Fraction(4, unit))
    return float(whole + rest / 4)


@dataclass(slots=True)
class _Held:
    """A note that waits to be continued, at the latest on the next downbeat."""

    head: _PlayedNote
    voice: int
    latest: Fraction


@dataclass(slots=True)
class _Ties:
    """Notes that wait for their continuation, by part and pitch."""

    lacks_ends: bool = False
    waiting: dict[tuple[int, int], list[_Held]] = field(default_factory=dict)

    def continued_by(self, note: WrittenNote, onset: Fraction) -> _PlayedNote | None:
        """Take out the note that ``note`` goes on from: where it ends, and of its own voice.

        A broken chord held into a full one has notes that wait: its ties leave a gap. In a score
        without ends of ties, only the very next note of the voice can be one.
        """
        if not (note.is_tied_from or self.lacks_ends):
            return None
        candidates = self.waiting.get((note.part, note.pitch), [])
        candidates[:] = [held for held in candidates if onset <= held.latest]
        if not candidates:
            return None
        chosen = min(candidates, key=lambda held: _strain(held, note, onset))
        if self.lacks_ends and any(_strain(chosen, note, onset)[:2]):
            return None
        candidates.remove(chosen)
        return chosen.head

    def hold(self, note: WrittenNote, head: _PlayedNote, downbeat: Fraction) -> None:
        """Let a note wait for the one that continues it."""
        held = _Held(head, note.voice, max(downbeat, head.end) + TIE_SLACK_BEAT)
        self.waiting.setdefault((note.part, note.pitch), []).append(held)


def _lacks_tie_ends(bars: Sequence[WrittenBar]) -> bool:
    """Some programs write where ties begin and never where they end."""
    return not any(note.is_tied_from for bar in bars for note in bar.notes)


def _strain(held: _Held, note: WrittenNote, onset: Fraction) -> tuple[bool, bool, Fraction]:
    """How little two notes look like the two ends of one tie."""
    gap = abs(held.head.end - onset)
    return gap > TIE_SLACK_BEAT, held.voice != note.voice, gap


def _merge_ties(
    bars: Sequence[WrittenBar], order: Sequence[int], onsets: Sequence[Fraction]
) -> list[_PlayedNote]:
    ties, played = _Ties(_lacks_tie_ends(bars)), []
    for k, (index, bar_onset) in enumerate(zip(order, onsets, strict=True)):
        bar = bars[index]
        following = bars[order[k + 1]] if k + 1 < len(order) else None
        for note in sorted(bar.notes, key=lambda note: (note.onset, not note.is_grace)):
            onset = bar_onset + note.onset
            head = ties.continued_by(note, onset)
            if head is None:
                head = _PlayedNote(note, *_place(note, bar, following), onset, onset, note)
                played.append(head)
            head.take_over(note)
            head.end = max(head.end, onset + note.duration)
            if note.is_tied_to:
                ties.hold(note, head, bar_onset + bar.duration)
        if len(played) > MAX_NOTES:
            raise ScoreError(f"a score must have at most {MAX_NOTES} notes, repeats included")
    return sorted(played, key=lambda note: (note.onset, note.written.pitch))


def _tempi(
    bars: Sequence[WrittenBar], order: Sequence[int], onsets: Sequence[Fraction]
) -> list[TempoRow]:
    """Tempo marks as they come up in play; a leap back takes up the tempo written there."""
    at_start = _tempo_at_start(bars)
    rows: list[TempoRow] = []
    for k, (index, onset) in enumerate(zip(order, onsets, strict=True)):
        marks = sorted(bars[index].tempi)
        if k == 0 or index != order[k - 1] + 1:
            marks.insert(0, (Fraction(0), at_start[index]))
        rows += [TempoRow(float(onset + offset), bpm) for offset, bpm in marks]
    return without_repetition(rows)


def _tempo_at_start(bars: Sequence[WrittenBar]) -> list[float]:
    """The tempo in force as each written bar begins.

    A mark at the first full bar's downbeat holds for the pickup before it as well.
    """
    opening = [bar.tempi for bar in bars[:2] if bar.tempi][:1]
    is_early = bool(opening) and (opening[0] is bars[0].tempi or bars[0].is_short)
    now = min(opening[0])[1] if is_early and min(opening[0])[0] == 0 else DEFAULT_TEMPO_BPM
    tempi = []
    for bar in bars:
        tempi.append(now)
        now = max(bar.tempi)[1] if bar.tempi else now
    return tempi


def without_repetition(rows: list[TempoRow]) -> list[TempoRow]:
    """Drop marks overruled at the same beat, then those that change nothing."""
    last = {row.onset_beat: row for row in rows}
    kept: list[TempoRow] = []
    for row in last.values():
        if not kept or row.bpm != kept[-1].bpm:
            kept.append(row)
    return kept
