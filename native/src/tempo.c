/* The tempo model's contract of core.h: parallel hypotheses about how the last intervals came.
 *
 * Each belief is a Kalman filter of the beat's phase and period (Cemgil, Kappen, Desain, Honing
 * 2000, "On tempo tracking: tempogram representation and Kalman filtering", JNMR 29(4)); they are
 * run for every pair of the last two modes and merged by the last: the generalised pseudo-Bayesian
 * method of order 2 (Bar-Shalom, Li, Kirubarajan 2001, "Estimation with applications to tracking
 * and navigation", section 11.6.5).  So an onset that is off is a slip, a pause or a change of
 * tempo only once the next one tells which.
 */
#include <math.h>
#include <string.h>

#include "tempo.h"
#include "tempo_model.h"

/* What a mode believes of an interval: variances of one second, in relative drift and in spread. */
static const struct {
    double share, drift, spread;
} BELIEF[MODES] = {
    [STEADY] = {STEADY_SHARE, STEADY_DRIFT * STEADY_DRIFT, STEADY_INTERVAL *STEADY_INTERVAL},
    [FREE] = {FREE_SHARE, FREE_DRIFT * FREE_DRIFT, FREE_INTERVAL *FREE_INTERVAL},
    [CHANGE] = {CHANGE_SHARE, CHANGE_DRIFT * CHANGE_DRIFT, CHANGE_INTERVAL *CHANGE_INTERVAL},
    [SLIP] = {SLIP_SHARE, STEADY_DRIFT * STEADY_DRIFT, STEADY_INTERVAL *STEADY_INTERVAL},
    [STOP] = {STOP_SHARE, STEADY_DRIFT * STEADY_DRIFT, STEADY_INTERVAL *STEADY_INTERVAL},
};

size_t core_tempo_size(void)
{
    return sizeof(core_tempo);
}

void core_tempo_reset(core_tempo *self)
{
    memset(self, 0, sizeof *self);
    self->due = (core_prediction){NAN, NAN};
    self->habit_due_sec = NAN;
}

void core_tempo_init(core_tempo *self)
{
    core_tempo_reset(self);
}

/* The chance that a mode follows another. */
static double transition(int from, int to)
{
    if (from < COMMON)
        return (1.0 - STAY) * BELIEF[to].share + (from == to ? STAY : 0.0);
    return to < COMMON ? BELIEF[to].share * (1.0 / (STEADY_SHARE + FREE_SHARE)) : 0.0;
}

static double square(double x)
{
    return x * x;
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* The parts of its bar that an interval covers: the first, and how many. */
static int parts_of(const core_place *from, double beats, int *first)
{
    double parts = beats / from->bar_beats * HABITS;
    *first = (int)(from->beat_in_bar / from->bar_beats * HABITS);
    return parts < 1.0 ? 1 : parts > HABITS ? HABITS : (int)(parts + 0.5);
}

/* How much longer than the tempo has it an interval from there is by habit, as a factor. */
static double lengthening(const core_tempo *self, const core_place *from, double beats)
{
    if (!(from->bar_beats > 0.0))
        return 1.0;
    int first, count = parts_of(from, beats, &first);
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += self->habit[(first + i) % HABITS];
    return clamp(1.0 + (sum / count - self->habit_sum / HABITS), STRETCH_MIN, STRETCH_MAX);
}

/* The moment is over: what it was late is a little of a habit. */
static void learn_habit(core_tempo *self)
{
    const core_place *from = &self->left;
    if (isnan(self->habit_due_sec) || !(from->bar_beats > 0.0) || from->is_held)
        return;
    double late = (self->onset_sec - self->habit_due_sec) / self->gap_sec;
    late = clamp(late, -HABIT_MAX, HABIT_MAX);
    int first, count = parts_of(from, self->place.beat - from->beat, &first);
    for (int i = 0; i < count; i++) {
        double *habit = &self->habit[(first + i) % HABITS];
        double change = HABIT_GAIN * late - HABIT_LEAK * *habit;
        *habit += change;
        self->habit_sum += change;
    }
}

/* Variance of the time that a pause takes. */
static double stop_var(double gap_sec)
{
    return square(STOP_SEC) + square(STOP_RATIO * gap_sec);
}

/* Where the line leads over an interval, if nothing happens to it. */
static belief carry(const belief *from, double stretched)
{
    belief b = *from;
    b.onset_sec += from->spb * stretched;
    b.onset_var += 2.0 * stretched * from->cross_var + square(stretched) * from->spb_var;
    b.cross_var += stretched * from->spb_var;
    return b;
}

/* What an interval of this mode may have done to time and tempo. */
static void loosen(belief *b, int mode, double gap_sec, double stretched, double held_var)
{
    double drift = BELIEF[mode].drift * square(b->spb) * gap_sec;
    double stop = mode == STOP ? stop_var(gap_sec) : held_var;
    b->onset_var += BELIEF[mode].spread * gap_sec + stop + drift * square(stretched) * (1.0 / 3.0);
    b->cross_var += drift * stretched * 0.5;
    b->spb_var += drift;
}

/* The belief after the onset.  What is too far off for the variance widens it as Student's t has
 * it: of the phase, of the tempo where that changed, of the onset alone where that slipped. */
static void correct(belief *b, int mode, double stretched, double onset_sec)
{
    double slip_var = mode == SLIP ? square(SLIP_SEC) : 0.0;
    double total = b->onset_var + (square(ONSET_SEC) + slip_var);
    double error = onset_sec - b->onset_sec, ratio = square(error) / total;
    double tail = 1.0 + ratio * (1.0 / TEMPO_NU);
    double extra = ratio > 1.0 ? total * ((ratio - 1.0) * (1.0 / (TEMPO_NU + 1.0))) : 0.0;
    b->weight /= square(tail) * sqrt(tail * total);
    if (mode == STOP)
        b->weight *= clamp(error / STOP_SEC, EARLY_STOP, LATE_STOP);
    if (mode != SLIP)
        b->onset_var += extra;
    if (mode == CHANGE) {
        b->cross_var += extra / stretched;
        b->spb_var += extra / square(stretched);
    }
    double scale = 1.0 / (total + extra);
    double gain = b->onset_var * scale, tempo_gain = b->cross_var * scale;
    double spb_var = b->spb_var - tempo_gain * b->cross_var;
    b->onset_sec += gain * error;
    b->spb = clamp(b->spb + tempo_gain * error, fmax(STEP_MIN * b->spb, SPB_MIN), SPB_MAX);
    b->spb_var = spb_var > 0.0 ? spb_var : 0.0;
    b->onset_var *= 1.0 - gain;
    b->cross_var *= 1.0 - gain;
}

/* One belief of the same mean and variance as several of different weights. */
static belief merge(const belief *parts, int count)
{
    belief sum = {0};
    double share[MODES];
    for (int i = 0; i < count; i++)
        sum.weight += parts[i].weight;
    double scale = 1.0 / sum.weight;
    for (int i = 0; i < count; i++) {
        share[i] = parts[i].weight * scale;
        sum.onset_sec += share[i] * parts[i].onset_sec;
        sum.spb += share[i] * parts[i].spb;
    }
    for (int i = 0; i < count; i++) {
        double ahead = parts[i].onset_sec - sum.onset_sec, slower = parts[i].spb - sum.spb;
        sum.onset_var += share[i] * (parts[i].onset_var + square(ahead));
        sum.cross_var += share[i] * (parts[i].cross_var + ahead * slower);
        sum.spb_var += share[i] * (parts[i].spb_var + square(slower));
    }
    return sum;
}

/* Takes the modes of now in one, and as what the next intervals are likely to be. */
static void sum_up(core_tempo *self)
{
    self->all = merge(self->now, MODES);
    self->drift_ahead = self->spread_ahead = 0.0;
    for (int mode = 0; mode < STOP; mode++) {
        double chance = 0.0;
        for (int last = 0; last < MODES; last++)
            chance += self->now[last].weight * transition(last, mode);
        self->drift_ahead += chance * BELIEF[mode].drift;
        self->spread_ahead += chance * BELIEF[mode].spread;
    }
}

/* From the beliefs before the moment to those after it, by its onset as known so far. */
static void update(core_tempo *self)
{
    double beats = self->place.beat - self->left.beat, stretched = self->stretched, total = 0.0;
    double held_var = self->left.is_held ? stop_var(self->gap_sec) : 0.0;
    belief carried[MODES];
    for (int from = 0; from < MODES; from++)
        carried[from] = carry(&self->before[from], stretched);
    for (int mode = 0; mode < MODES; mode++) {
        belief parts[MODES];
        int count = mode < COMMON ? MODES : COMMON;
        for (int from = 0; from < count; from++) {
            parts[from] = carried[from];
            parts[from].weight *= transition(from, mode);
            loosen(&parts[from], mode, beats * carried[from].spb, stretched, held_var);
            correct(&parts[from], mode, stretched, self->onset_sec);
        }
        self->now[mode] = merge(parts, count);
        total += self->now[mode].weight;
    }
    for (int mode = 0; mode < MODES; mode++)
        self->now[mode].weight /= total;
    sum_up(self);
}

/* Variance that intervals to come add. */
static double variance_ahead(const core_tempo *self, double beats, double stretched)
{
    double gap_sec = fabs(beats) * self->all.spb;
    double bend = self->drift_ahead * square(self->all.spb * stretched) * (1.0 / 3.0);
    return gap_sec * (self->spread_ahead + bend) +
           (self->place.is_held ? stop_var(gap_sec) : 0.0) + square(ONSET_SEC);
}

/* When a beat comes if intervals are stretched by a factor. */
static core_prediction predict(const core_tempo *self, double beats, double stretch)
{
    double stretched = beats * stretch;
    belief then = carry(&self->all, stretched);
    double onset_var = then.onset_var > 0.0 ? then.onset_var : 0.0; /* rounding, far back */
    return (core_prediction){then.onset_sec,
                             sqrt(onset_var + variance_ahead(self, beats, stretched))};
}

/* Every mode believes the same: the moment was at its onset, the tempo is this one. */
static void anchor(core_tempo *self, double spb, double spb_var)
{
    for (int mode = 0; mode < MODES; mode++)
        self->now[mode] = (belief){.weight = BELIEF[mode].share,
                                   .onset_sec = self->onset_sec,
                                   .spb = spb,
                                   .onset_var = square(ONSET_SEC),
                                   .spb_var = spb_var};
    sum_up(self);
}

/* A moment that nothing is known to lead to. */
static void begin(core_tempo *self, const core_place *place, double onset_sec, double spb,
                  double spb_var)
{
    self->place = place[0];
    self->onset_sec = onset_sec;
    self->notes = 1;
    self->is_anchor = 1;
    self->due = (core_prediction){NAN, NAN};
    self->habit_due_sec = NAN;
    anchor(self, spb, spb_var);
}

/* The next moment of the line: what was known makes it due. */
static void go_on(core_tempo *self, const core_place *place, double onset_sec)
{
    double beats = place->beat - self->place.beat;
    learn_habit(self);
    if (!self->is_known) {
        double taken_sec = onset_sec - self->onset_sec;
        double spb = clamp(fmax(taken_sec, FIRST_MIN_SEC) / beats, SPB_MIN, SPB_MAX);
        anchor(self, spb, square(FIRST_SPREAD * spb));
    }
    memcpy(self->before, self->now, sizeof self->now);
    double stretch = lengthening(self, &self->place, beats);
    self->stretched = beats * stretch;
    self->gap_sec = beats * self->all.spb;
    int is_due = self->is_known && !self->place.is_held;
    self->due = is_due ? predict(self, beats, 1.0) : (core_prediction){NAN, NAN};
    self->habit_due_sec = is_due ? self->all.onset_sec + self->all.spb * self->stretched : NAN;
    self->left = self->place;
    self->place = place[0];
    self->onset_sec = onset_sec;
    self->notes = 1;
    self->is_known = 1;
    self->is_anchor = 0;
    update(self);
}

/* One more note of the moment: its onset is the mean of them all. */
static void refine(core_tempo *self, double onset_sec)
{
    self->notes++;
    self->onset_sec += (onset_sec - self->onset_sec) / self->notes;
    if (!self->is_anchor) {
        update(self);
        return;
    }
    anchor(self, self->all.spb, self->all.spb_var);
}

static int is_valid(const core_place *place, double onset_sec)
{
    return fabs(place->beat) <= CORE_FOLLOWER_BEATS && fabs(onset_sec) <= CORE_SECONDS &&
           place->bar_beats >= 0.0 && place->bar_beats <= CORE_FOLLOWER_BEATS &&
           place->beat_in_bar >= 0.0 && place->beat_in_bar <= place->bar_beats;
}

int core_tempo_observe(core_tempo *self, const core_place *place, double onset_sec)
{
    if (!is_valid(place, onset_sec))
        return CORE_ERR_RANGE;
    if (self->notes == 0)
        begin(self, place, onset_sec, 1.0, 0.0);
    else if (place->beat - self->place.beat >= SAME_BEAT)
        go_on(self, place, onset_sec);
    else if (self->place.beat - place->beat < SAME_BEAT)
        refine(self, onset_sec);
    return CORE_OK;
}

int core_tempo_jump(core_tempo *self, const core_place *place, double onset_sec)
{
    if (!is_valid(place, onset_sec))
        return CORE_ERR_RANGE;
    learn_habit(self);
    double spb = self->is_known ? self->all.spb : 1.0;
    begin(self, place, onset_sec, spb, self->all.spb_var + square(RESUME_SPREAD * spb));
    return CORE_OK;
}

int core_tempo_shift(core_tempo *self, double beats)
{
    if (!(fabs(beats) <= CORE_FOLLOWER_BEATS))
        return CORE_ERR_RANGE;
    self->place.beat += beats;
    self->left.beat += beats;
    return CORE_OK;
}

int core_tempo_predict(const core_tempo *self, double beat, core_prediction *out)
{
    if (!(fabs(beat) <= CORE_FOLLOWER_BEATS))
        return CORE_ERR_RANGE;
    double beats = beat - self->place.beat;
    *out = (core_prediction){NAN, NAN};
    if (self->is_known)
        *out = predict(self, beats, lengthening(self, &self->place, beats));
    return CORE_OK;
}

core_prediction core_tempo_due(const core_tempo *self)
{
    int is_stop = !self->is_anchor && self->notes > 0 && self->now[STOP].weight > 0.5;
    return is_stop ? (core_prediction){NAN, NAN} : self->due;
}

core_prediction core_tempo_beat(const core_tempo *self)
{
    if (!self->is_known)
        return (core_prediction){NAN, NAN};
    return (core_prediction){self->all.spb, sqrt(self->all.spb_var)};
}
