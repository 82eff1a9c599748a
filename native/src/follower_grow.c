/* A candidate made a hypothesis: where it is now, what it has heard and how fast it goes. */
#include <string.h>

#include "exact_math.h"
#include "follower.h"
#include "follower_model.h"

/* The log ratio of the time taken to the time due, softened: single onsets jitter. */
arrival follower_arrival(const score *s, const token *t, const candidate *to, double now)
{
    arrival a = {.due_sec = NAN};
    if (t->moment < 0)
        return a;
    a.gap_sec = to->gap_beat * t->spb;
    a.taken_sec = now > t->onset_sec[0] ? now - t->onset_sec[0] : 0.0;
    a.error = exact_log((a.taken_sec + JITTER_SEC) / (a.gap_sec + JITTER_SEC));
    a.is_early_grace = a.error < 0.0 && (s->graces[to->moment] >> to->slot & 1);
    a.is_held = a.error > 0.0 && s->marks[t->moment] & CORE_FERMATA;
    a.is_together = now - t->heard_sec[0] < JITTER_SEC && a.gap_sec > TRILL_SEC;
    if (a.error <= STOP_LOG && !a.is_held && t->variance < KNOWN_VARIANCE)
        a.due_sec = t->onset_sec[0] + a.gap_sec;
    return a;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

double follower_timing_cost(const token *t, const arrival *a)
{
    double variance = t->variance + TEMPO_DRIFT * a->taken_sec + TIMING_SIGMA * TIMING_SIGMA;
    double cost = 0.5 * (TIMING_NU + 1.0) *
                  exact_log1p(a->error * a->error / variance / TIMING_NU);
    if (a->error > 0.0)
        cost = least(cost, a->is_held ? FERMATA_CAP : TARDY_CAP);
    if (a->is_early_grace)
        cost = least(cost, GRACE_CAP);
    return a->is_together ? cost + TOGETHER_COST : cost;
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* The first interval is the tempo; then a Kalman step on the log of seconds per beat, weighted as
 * Student's t has it. */
static void learn_tempo(const score *s, token *t, const arrival *a)
{
    double noise = TIMING_SIGMA * TIMING_SIGMA;
    double variance = t->variance + TEMPO_DRIFT * a->taken_sec;
    double weight = 1.0 / (1.0 + a->error * a->error / (TIMING_NU * (variance + noise)));
    double gain = weight * variance / (variance + noise);
    double change = gain * a->error;
    double taken_sec = a->taken_sec > JITTER_SEC ? a->taken_sec : JITTER_SEC;
    double first = exact_log(taken_sec / (a->gap_sec > SHORTEST ? a->gap_sec : SHORTEST));
    if (t->variance >= KNOWN_VARIANCE && fabs(first) < FIRST_LOG) {
        change = first;
        variance = noise;
        gain = 0.0;
    }
    double away = t->log_spb + change - s->first_log_spb;
    t->log_spb = s->first_log_spb + clamp(away, -TEMPO_RANGE, TEMPO_RANGE);
    t->spb = exact_exp(t->log_spb);
    t->variance = clamp((1.0 - gain) * variance, 0.0, TEMPO_VARIANCE);
}

/* Learns how many of the written notes are left out, from the moments gone by. */
static void learn_missing(const score *s, token *t, int32_t moment)
{
    int32_t notes = s->first_slot[moment] - s->first_slot[t->moment];
    int32_t missed = notes - __builtin_popcountll(t->played[0]);
    t->missing = (MISS_NOTES * t->missing + missed) / (MISS_NOTES + notes);
    t->miss_cost = -exact_log(t->missing > MISS_RATE ? t->missing : MISS_RATE);
}

/* The moments left behind move down the trail; those skipped were never heard. */
static void shift_trail(token *t, int32_t steps, double now)
{
    for (int i = TRAIL - 1; i >= 0; i--) {
        int32_t from = i - steps;
        t->onset_sec[i] = from >= 0 ? t->onset_sec[from] : now;
        t->heard_sec[i] = from >= 0 ? t->heard_sec[from] : now;
        t->due_sec[i] = from >= 0 ? t->due_sec[from] : NAN;
        t->played[i] = from >= 0 ? t->played[from] : 0;
    }
}

/* At a moment further on, or elsewhere in the same time. */
static void arrive(const score *s, token *t, const candidate *from, double now)
{
    arrival a = follower_arrival(s, t, from, now);
    int is_stop = a.error > STOP_LOG && !isnan(t->due_sec[0]); /* two in a row are a tempo */
    double in_time_sec = t->onset_sec[0] + a.gap_sec;
    if (t->moment >= 0 && !a.is_early_grace && !a.is_held && !is_stop)
        learn_tempo(s, t, &a);
    if (t->moment >= 0 && from->action == ARRIVE)
        learn_missing(s, t, from->moment);
    shift_trail(t, from->action == TURN ? TRAIL : from->moment - t->moment, now);
    t->moment = from->moment;
    t->played[0] = from->played;
    t->due_sec[0] = a.due_sec;
    if (a.is_early_grace)
        t->onset_sec[0] = in_time_sec;
}

static void turn(const score *s, token *t, const candidate *from, int32_t pass, double now)
{
    arrive(s, t, from, now);
    t->entry = from->moment;
    t->pass = pass;
    t->is_repeat = 1;
}

static void join(const score *s, token *t, const candidate *from, double now)
{
    int back = from->back;
    uint64_t graces = s->graces[t->moment - back];
    int is_first_main = !(t->played[back] & ~graces) && !(graces >> from->slot & 1);
    if (is_first_main && !from->is_wrong)
        t->onset_sec[back] = now;
    if (!from->is_wrong)
        t->heard_sec[back] = now;
    t->played[back] |= 1ULL << from->slot;
}

/* Nothing matched of late: what was learned then, too, is worth nothing. */
static void forget_if_lost(token *t)
{
    for (int i = 0; i < ANSWERS; i++)
        if (t->answer[i] >= 0)
            return;
    t->variance = TEMPO_VARIANCE;
    t->missing = MISS_RATE;
    t->miss_cost = -exact_log(MISS_RATE);
}

static void land(token *t, const candidate *from, int32_t pass, double now)
{
    forget_if_lost(t);
    shift_trail(t, TRAIL, now);
    t->played[0] = from->played;
    t->moment = t->entry = from->moment;
    t->pass = pass;
    t->is_repeat = 0;
}

/* The last note, too, was one of this moment or of the one before. */
static void land_earlier(const core_follower *self, token *t, const candidate *from, double now)
{
    const score *s = &self->score;
    uint64_t earlier = from->played & ~(1ULL << from->slot);
    int back = earlier ? 0 : 1;
    int slot = earlier ? __builtin_ctzll(earlier)
                       : follower_free_slot(s, from->moment - 1, self->recent[0], 0);
    land(t, from, self->played - 1, now);
    t->entry = from->moment - back;
    for (int i = back; i < TRAIL; i++)
        t->onset_sec[i] = t->heard_sec[i] = self->last_sec;
    t->played[back] |= 1ULL << slot;
    memmove(t->answer + 1, t->answer, (ANSWERS - 1) * sizeof *t->answer);
    t->answer[0] = follower_note(s, from->moment - back, slot);
}

void follower_grow(const core_follower *self, const candidate *from, double now, token *out)
{
    const score *s = &self->score;
    *out = from->action == LAND_EARLIER ? self->previous_best : self->now[from->parent];
    switch ((action)from->action) {
    case IGNORE:
        break;
    case JOIN:
        join(s, out, from, now);
        break;
    case ARRIVE:
        arrive(s, out, from, now);
        break;
    case TURN:
        turn(s, out, from, self->played, now);
        break;
    case LAND:
        land(out, from, self->played, now);
        break;
    case LAND_EARLIER:
        land_earlier(self, out, from, now);
        break;
    }
    int is_match = from->slot >= 0 && !from->is_wrong;
    out->cost = from->cost;
    out->sounded = from->moment - from->back;
    memmove(out->answer + 1, out->answer, (ANSWERS - 1) * sizeof *out->answer);
    out->answer[0] = is_match ? follower_note(s, from->moment - from->back, from->slot) : -1;
}
