"""What goes over the wire about pieces: questions checked, answers shaped."""

from typing import Annotated, Literal

import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType
from numpy.typing import NDArray

from engine import Score
from engine.tempo import ScoreClock
from server.http.paging import PageQuery
from server.live.models import BarNumber, Hands, TempoBpm
from server.pieces.catalogue import MAX_LEVEL, MIN_LEVEL
from server.pieces.piece import Piece
from server.pieces.tutorial import Path
from server.store.tables.songs import TITLE_CHARS

MIN_WIDTH_PX, MAX_WIDTH_PX, DEFAULT_WIDTH_PX = 320, 4000, 1200
WIDTH_STEP_PX = 40  # windows of about one width share an engraving
MAX_POPULAR = 50
MS_PER_SEC = 1000.0
MS_DIGITS = 3

Words = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(max_length=TITLE_CHARS)]
SongKey = Annotated[str, Meta(min_length=1, max_length=TITLE_CHARS)]
Kind = Literal["tune", "piece", "scale", "exercise", "sargam"]


class SongsQuery(PageQuery):
    """Which pieces to list: of a kind or level, with some words, one's own, shared by people."""

    kind: Kind | None = None
    level: Annotated[int, Meta(ge=MIN_LEVEL, le=MAX_LEVEL)] | None = None
    q: Words | None = None
    mine: bool = False
    shared: bool = False


class SearchQuery(PageQuery, kw_only=True):
    """Words to look for in title, composer, kind and key; the cursor is a place in what fits."""

    q: Words


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


class PopularQuery(Struct):
    """How many pieces to give."""

    limit: Annotated[int, Meta(ge=1, le=MAX_POPULAR)] = 20


class TutorialQuery(Struct):
    """Which part of a piece is to be learned."""

    from_bar: BarNumber | None = None
    to_bar: BarNumber | None = None


class UploadQuery(Struct):
    """What to call a piece, and who may see it; fields of a form come first.

    ``name`` is the file's, whose ending tells the format where its content does not.
    """

    title: Line = ""
    composer: Line = ""
    shared: bool = False
    name: Line = ""


class SongChange(Struct):
    """What of an own piece is to be otherwise."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_CHARS)] | UnsetType = UNSET
    composer: Line | UnsetType = UNSET
    shared: bool | UnsetType = UNSET


class SongInfo(Struct):
    """A piece; ``tempo`` in quarter notes a minute, ``shared`` where everybody may see it."""

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
    format: str
    shared: bool
    mine: bool

    @classmethod
    def of(cls, song: Piece, user_id: str | None = None) -> "SongInfo":
        """Describe a piece to somebody."""
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
            format=song.format,
            shared=song.is_shared,
            mine=song.owner_id is not None and song.owner_id == user_id,
        )


class TutorialPart(Struct):
    """Some bars that are learned together; ``level`` from 1 (easy) to 5."""

    number: int
    from_bar: int
    to_bar: int
    level: float
    is_hard: bool


class TutorialStep(Struct):
    """One thing to practise; ``tempo`` in quarter notes a minute, ``accuracy`` in percent."""

    number: int
    part: int | None
    task: str
    song_id: int
    from_bar: int
    to_bar: int
    hands: str
    mode: str
    tempo: float
    tempo_percent: int
    minutes: int
    accuracy: int


class Tutorial(Struct):
    """A path through a piece: its parts, and the steps in the order to take them."""

    song_id: int
    title: str
    level: float
    minutes: int
    parts: list[TutorialPart]
    steps: list[TutorialStep]

    @classmethod
    def of(cls, song: Piece, path: Path) -> "Tutorial":
        """Describe the path through a piece."""
        return cls(
            song_id=song.id,
            title=song.title,
            level=path.level,
            minutes=path.minutes,
            parts=[TutorialPart(*part) for part in path.parts],
            steps=[
                TutorialStep(
                    number=step.number,
                    part=step.part,
                    task=step.task,
                    song_id=song.id,
                    from_bar=step.from_bar,
                    to_bar=step.to_bar,
                    hands=step.hands,
                    mode=step.mode,
                    tempo=step.tempo_bpm,
                    tempo_percent=step.tempo_percent,
                    minutes=step.minutes,
                    accuracy=step.accuracy_percent,
                )
                for step in path.steps
            ],
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
