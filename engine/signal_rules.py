"""When is a microphone's sound at fault? Rules over the measures of the last seconds."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from engine.signal_levelled import Levelled
from engine.signal_own import OwnOutput
from engine.signal_words import FAULTS
from native.sound_check import BLOCKS, NIL_DB, SoundSpan

SPANS_PER_SEC = 4
RECENT = 6 * SPANS_PER_SEC  # as long as the least noise is kept
OVER_NOISE_DB = 9.0  # sound this much over the steady noise is somebody playing ...
VARIES_DB = 6.0  # what is played comes and goes by this, what hums does not
LEAST_DB = -75.0  # ... if it is not below this, where microphones have their own noise
TOO_SOFT_DB = (-52.0, -48.0)  # notes below the one are too soft, above the other no longer
NOISY_DB = (10.5, 13.0)  # the same for notes over noise
LOUD_ROOM_DB = (-35.0, -38.0)  # noise that disturbs whatever is played
QUIET_ROOM_DB = -60.0  # noise that never does
NO_SOUND_DB = -10.0  # noise that is no room's
HUM_DB = -65.0  # hum that may be heard beside notes
LONE_HUM_DB = -55.0  # hum that will be
HUM_BELOW_NOTES_DB = 35.0
HUM_SEC = 5.0  # so long it must stay
HUM_SHARE_DB = 3.0  # sound no more than this over the hum in it is hum
HUM_KNOWN_SEC = 4.5  # from the beginning; before that what stays as even as this may be hum
EVEN_DB = 1.5
HUM_VARIES_DB = 10.0  # as 10 ms of a buzz do
CUT_4K_DB = (35.0, 28.0)  # fall of the spectrum across a telephone's upper end ...
CUT_8K_DB = (26.0, 20.0)  # ... and that of "wideband" speech, as instruments never fall
UNHEARD_DB = -70.0  # a room in which nobody plays may be this quiet


class Recent:
    """The measures of the last six seconds, and what follows from them."""

    def __init__(self) -> None:
        self.spans: deque[SoundSpan] = deque(maxlen=RECENT)
        self.levelled = Levelled()
        self.own_output = OwnOutput()
        self.notes_db = NIL_DB
        self.over_noise_db = 0.0
        self.is_playing = False
        self.has_played = False
        self.gates: deque[float] = deque(maxlen=3)
        self.gap_times: deque[float] = deque(maxlen=2)

    @property
    def now(self) -> SoundSpan:
        return self.spans[-1]

    def last(self, seconds: float) -> list[SoundSpan]:
        """The spans of the last so many seconds; fewer at the beginning."""
        return list(self.spans)[-round(SPANS_PER_SEC * seconds) :]

    @property
    def may_be_hum(self) -> bool:
        """Whether what sounds is the mains' hum, or may be as long as that is not known."""
        if self.now.time_sec > HUM_KNOWN_SEC:
            return self.now.level_db < self.now.hum_db + HUM_SHARE_DB
        levels = [span.level_db for span in self.last(2.0)]
        return max(levels) - min(levels) < EVEN_DB

    def lasts(self, seconds: float, is_so: Callable[[SoundSpan], bool]) -> bool:
        """Whether something has been so for so many seconds."""
        spans = self.last(seconds)
        return len(spans) >= SPANS_PER_SEC * seconds and all(map(is_so, spans))

    def take(self, span: SoundSpan) -> None:
        self.spans.append(span)
        loudest = sorted(past.loudest_db for past in self.spans)
        self.notes_db = loudest[-3:][0]
        self.over_noise_db = sorted(past.band_db for past in self.spans)[-3:][0] - span.noise_db
        is_over = self.over_noise_db >= OVER_NOISE_DB and self.notes_db >= LEAST_DB
        self.is_playing = len(loudest) >= 3 and is_over
        quietest_db = min(past.quietest_db for past in self.spans)
        varies = self.notes_db > quietest_db + VARIES_DB
        self.has_played |= self.is_playing and varies and not self.may_be_hum
        self.gates.extend([span.time_sec] * span.gates)
        self.gap_times.extend([span.time_sec] * span.gaps)
        self.levelled.take(span, self.notes_db)
        self.own_output.take(span)


Verdict = bool | None  # None: as before


def between(value: float, begin: float, end: float) -> Verdict:
    """Begin at one value, end at the other, in between as before."""
    if begin < end:
        return True if value < begin else False if value > end else None
    return True if value > begin else False if value < end else None


def silent(recent: Recent) -> Verdict:
    return recent.lasts(2.0, lambda span: span.constant_blocks == BLOCKS) and not gated(recent)


def own_output(recent: Recent) -> Verdict:
    return recent.own_output.is_seen


def not_heard(recent: Recent) -> Verdict:
    if recent.has_played or recent.now.level_db > UNHEARD_DB:
        return False
    return recent.now.time_sec > 10.0 or None


def no_microphone(recent: Recent) -> Verdict:
    if recent.lasts(1.5, lambda span: span.noise_db > NO_SOUND_DB) and not recent.is_playing:
        return True
    is_hum = recent.lasts(1.5, lambda span: LONE_HUM_DB < span.level_db < span.hum_db + 1.0)
    return is_hum and not recent.has_played


def gaps(recent: Recent) -> Verdict:
    return _lately(recent, recent.gap_times, 5.0, 8.0)


def gated(recent: Recent) -> Verdict:
    return _lately(recent, recent.gates, 15.0, 20.0)


def _lately(recent: Recent, times: deque[float], begin_sec: float, end_sec: float) -> Verdict:
    """Begins with as many as are kept within one time, ends without any for another."""
    if not times or recent.now.time_sec - times[-1] > end_sec:
        return False
    is_full = len(times) == times.maxlen
    return (is_full and times[-1] - times[0] <= begin_sec) or None


def clipping(recent: Recent) -> Verdict:
    if sum(span.clipped_blocks for span in recent.last(2.0)) >= 3:
        return True
    return False if recent.lasts(4.0, lambda span: span.clipped_blocks == 0) else None


def levelled(recent: Recent) -> Verdict:
    return recent.levelled.is_seen


def too_soft(recent: Recent) -> Verdict:
    if not recent.is_playing or (recent.may_be_hum and recent.now.time_sec <= HUM_KNOWN_SEC):
        return None
    return between(recent.notes_db, *TOO_SOFT_DB) if not recent.may_be_hum else False


def noisy(recent: Recent) -> Verdict:
    noise_db = recent.now.noise_db
    if noise_db < QUIET_ROOM_DB:
        return False
    is_loud = between(noise_db, *LOUD_ROOM_DB)
    stands_out = recent.over_noise_db > NOISY_DB[0] / 2
    is_near = between(recent.over_noise_db, *NOISY_DB) if stands_out else None
    if is_loud is False:
        return is_near
    return is_near if is_near is not None and recent.is_playing else is_loud


def hum(recent: Recent) -> Verdict:
    quietest_db = min(span.quietest_db for span in recent.last(3.0))
    hum_db = recent.now.hum_db
    rest_db = min(span.quietest_db for span in recent.last(HUM_SEC))
    if rest_db < hum_db - HUM_VARIES_DB:  # rests are without it: notes that came near the mains
        return False
    if hum_db < max(quietest_db - 6.0, HUM_DB):
        return False
    if hum_db < quietest_db - 3.0:
        return None
    return hum_db > LONE_HUM_DB or recent.notes_db - hum_db < HUM_BELOW_NOTES_DB


def narrow_band(recent: Recent) -> Verdict:
    if not recent.is_playing:
        return None
    cut_4k = between(recent.now.cut_4k_db, *CUT_4K_DB)
    cut_8k = between(recent.now.cut_8k_db, *CUT_8K_DB)
    return True if cut_4k or cut_8k else None if None in (cut_4k, cut_8k) else False


class Rule(NamedTuple):
    """A rule and for how many spans it must say the same before it counts."""

    judge: Callable[[Recent], Verdict]
    begin_spans: int
    end_spans: int


RULES = {
    "own_output": Rule(own_output, 1, 1),
    "silent": Rule(silent, 1, 1),
    "no_microphone": Rule(no_microphone, 1, 4),
    "not_heard": Rule(not_heard, 1, 1),
    "gaps": Rule(gaps, 1, 1),
    "clipping": Rule(clipping, 1, 1),
    "gated": Rule(gated, 1, 1),
    "levelled": Rule(levelled, 1, 1),
    "too_soft": Rule(too_soft, 8, 4),
    "noisy": Rule(noisy, 8, 8),
    "hum": Rule(hum, 8, 8),
    "narrow_band": Rule(narrow_band, 8, 16),
}


class Watch:
    """Which faults there are, with their rules' patience."""

    def __init__(self) -> None:
        self.recent = Recent()
        self._is_on = dict.fromkeys(RULES, False)
        self._count = dict.fromkeys(RULES, 0)

    def take(self, span: SoundSpan) -> None:
        """Know the next quarter of a second."""
        self.recent.take(span)
        for name, rule in RULES.items():
            self._follow(name, rule)

    def _follow(self, name: str, rule: Rule) -> None:
        verdict = rule.judge(self.recent)
        is_change = verdict is not None and verdict != self._is_on[name]
        self._count[name] = self._count[name] + 1 if is_change else 0
        patience = rule.end_spans if self._is_on[name] else rule.begin_spans
        if self._count[name] >= patience:
            self._is_on[name] = not self._is_on[name]
            self._count[name] = 0

    def faults(self) -> list[str]:
        """Names of the faults, the gravest first."""
        return [name for name in FAULTS if self._is_on.get(name)]
