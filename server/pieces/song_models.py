"""What goes over the wire about pieces: questions checked, answers shaped."""

from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from engine import Score
from engine.tempo import ScoreClock
from server.http.paging import PageQuery
from server.live.models import BarNumber, Hands, TempoBpm
from server.pieces.catalogue import MAX_LEVEL, MIN_LEVEL, Song

MIN_WIDTH_PX, MAX_WIDTH_PX, DEFAULT_WIDTH_PX = 320, 4000, 1200
WIDTH_STEP_PX = 40  # windows of about one width share an engraving
MS_PER_SEC = 1000.0
MS_DIGITS = 3

Kind = Literal["tune", "piece", "scale", "exercise", "sargam"]


class SongsQuery(PageQuery):
    """Which pieces to list."""

    kind: Kind | None = None
    level: Annotated[int, Meta(ge=MIN_LEVEL, le=MAX_LEVEL)] | None = None

    def admits(self, song: Song) -> bool:
        """Whether the piece is of the kind and level asked for."""
        return self.kind in (None, song.kind) and self.level in (None, song.level)


class SearchQuery(Struct):
    """Words to look for in title, composer, kind and key."""

    q: Annotated[str, Meta(min_length=1, max_length=200)]


class SectionQuery(Struct):
    """Which part of a piece, how fast; bars are inclusive, by their written numbers."""

    tempo: TempoBpm | None = None
    from_bar: BarNumber | None = None
    to_bar: BarNumber | None = None
    hands: Hands = "both"
    repeats: bool = True


class DrawingQuery(Struct):
    """How wide the engraving is to be."""

    width: Annotated[int, Meta(ge=MIN_WIDTH_PX, le=MAX_WIDTH_PX)] = DEFAULT_WIDTH_PX

    @property
    def width_px(self) -> int:
        """The width, rounded to the next step."""
        return round(self.width / WIDTH_STEP_PX) * WIDTH_STEP_PX


class SongInfo(Struct):
    """A piece of the catalogue; ``tempo`` in quarter notes a minute."""

    id: int
    slug: str
    title: str
    composer: str
    level: int
    kind: str
    hands: str
    key: str
    tempo: float
    first_published: str
    provenance: str

    @classmethod
    def of(cls, song: Song) -> "SongInfo":
        """Describe a piece."""
        return cls(
            id=song.id,
            slug=song.slug,
            title=song.title,
            composer=song.composer,
            level=song.level,
            kind=song.kind,
            hands=song.hands,
            key=song.key,
            tempo=song.tempo_bpm,
            first_published=song.first_published,
            provenance=song.provenance,
        )


class NoteInfo(Struct):
    """A note as it is played, repeats unfolded; 0 ms is the start of the first bar."""

    note_id: str
    pitch: int
    start_ms: float
    duration_ms: float
    onset_beat: float
    duration_beat: float
    measure: int
    beat: float
    staff: int
    voice: int
    is_grace: bool


class BarInfo(Struct):
    """A bar as it is played; ``count`` and ``unit`` are its metre."""

    measure: int
    start_ms: float
    duration_ms: float
    onset_beat: float
    duration_beat: float
    count: int
    unit: int


NOTE_COLUMNS = [
    "id",
    "pitch",
    "onset_beat",
    "duration_beat",
    "measure",
    "beat",
    "staff",
    "voice",
    "is_grace",
]
BAR_COLUMNS = ["measure", "onset_beat", "duration_beat", "count", "unit"]


def note_infos(score: Score, tempo_bpm: float | None = None) -> list[NoteInfo]:
    """Place every note of a score in time."""
    notes = score.notes
    times = _times_ms(score, notes["onset_beat"], notes["duration_beat"], tempo_bpm)
    return [
        NoteInfo(identity, pitch, start, length, onset, duration, measure, beat, *rest)
        for (identity, pitch, onset, duration, measure, beat, *rest), (start, length) in zip(
            notes[NOTE_COLUMNS].tolist(), times, strict=True
        )
    ]


def bar_infos(score: Score, tempo_bpm: float | None = None) -> list[BarInfo]:
    """Place every bar of a score in time."""
    bars = score.bars
    times = _times_ms(score, bars["onset_beat"], bars["duration_beat"], tempo_bpm)
    return [
        BarInfo(measure, start, length, *rest)
        for (measure, *rest), (start, length) in zip(bars[BAR_COLUMNS].tolist(), times, strict=True)
    ]


def _times_ms(
    score: Score,
    onsets: NDArray[np.float64],
    durations: NDArray[np.float64],
    tempo_bpm: float | None,
) -> list[tuple[float, float]]:
    clock = ScoreClock(score.tempi, float(score.bars["onset_beat"][0]), tempo_bpm)
    starts = clock.seconds(onsets)
    lengths = clock.seconds(onsets + durations) - starts
    return [
        (round(start * MS_PER_SEC, MS_DIGITS), round(length * MS_PER_SEC, MS_DIGITS))
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
    ]
