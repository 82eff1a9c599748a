"""How much a score file may ask for before it is refused."""

MIB = 1 << 20

MAX_FILE_BYTES = 24 * MIB
"""Largest file taken, packed or not: an opera's full score is near 20 MiB of MusicXML."""

MAX_MEMORY_BYTES = 1536 * MIB
"""Address space of the reading process: the largest file taken needs about a third as a tree."""

MAX_CPU_SEC = 20
"""Processor time of the reading process: a sonata takes about one second."""

MAX_WALL_SEC = 30.0
"""Time the reading process may take in all, on a busy machine."""

MAX_ANSWER_BYTES = 128 * MIB
"""Largest answer of the reading process: an engraved hour of piano music is near 30 MiB."""

MAX_NOTES = 200_000
"""Played notes in one score: Wagner's Ring act by act stays below."""

MAX_BARS = 20_000
"""Played bars in one score, which also ends a repeat sign that asks for a million passes."""

MAX_BEATS = 200_000.0
"""Length of a score in quarter notes: a day and a half at 100 a minute."""

MAX_CACHE_BYTES = 256 * MIB
"""Room for results kept on disk; the oldest go first."""

MIN_TEMPO_BPM, MAX_TEMPO_BPM = 5.0, 1000.0
"""Quarter notes per minute that can be meant: slower or faster is a slip, not music."""

DEFAULT_TEMPO_BPM = 100.0
"""Quarter notes per minute where the file names no tempo: a walking pace."""
