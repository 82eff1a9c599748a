"""What the reading process answers: rows ready to become arrays."""

from typing import NamedTuple

import msgspec


class NoteRow(NamedTuple):
    """One played note; fields as in ``NOTE_DTYPE``."""

    id: str
    pitch: int
    onset_beat: float
    duration_beat: float
    measure: int
    beat: float
    staff: int
    voice: int
    is_grace: bool
    ornament: str = ""
    ornament_upper: int = -1
    ornament_lower: int = -1
    has_fermata: bool = False


class BarRow(NamedTuple):
    """One played bar; fields as in ``BAR_DTYPE``."""

    measure: int
    onset_beat: float
    duration_beat: float
    metre_count: int
    metre_unit: int
    written: int
    is_unrepeated: bool = True


class TempoRow(NamedTuple):
    """One change of tempo; fields as in ``TEMPO_DTYPE``."""

    onset_beat: float
    bpm: float


class Reading(msgspec.Struct, frozen=True):
    """A score as it is played."""

    notes: list[NoteRow]
    bars: list[BarRow]
    tempi: list[TempoRow]
    title: str = ""
    composer: str = ""
