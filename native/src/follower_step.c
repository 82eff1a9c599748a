/* One note through the beam: what each hypothesis could make of it, and what is kept. */
#include "exact_math.h"
#include "follower.h"
#include "follower_model.h"

/* Remembers a proposal unless it is already hopeless. */
void follower_propose(core_follower *self, candidate proposal)
{
    if (proposal.cost > self->best_cost + KEEP_COST || self->proposed == CANDIDATES)
        return;
    if (proposal.cost < self->best_cost)
        self->best_cost = proposal.cost;
    self->candidates[self->proposed++] = proposal;
}

double follower_miss_cost(const token *t, int notes)
{
    return t->miss_cost * (notes < MISS_CAP ? notes : MISS_CAP);
}

/* The slot of the moment at most a whole tone away, the nearest and lowest first. */
static int slipped_slot(const score *s, int32_t moment, int32_t pitch, uint64_t played)
{
    static const int tones[] = {-1, 1, -2, 2};
    for (int i = 0; i < 4; i++) {
        int32_t meant = pitch + tones[i];
        int slot = meant < 0 || meant >= PITCHES ? -1 : follower_free_slot(s, moment, meant, played);
        if (slot >= 0)
            return slot;
    }
    return -1;
}

static void propose_arrival(core_follower *self, int parent, int32_t moment, int slot, int is_wrong,
                            double left_out, double now)
{
    const double *onset_beat = self->score.onset_beat;
    const token *t = &self->now[parent];
    candidate to = {.cost = t->cost + left_out,
                    .gap_beat = t->moment < 0 ? 0.0 : onset_beat[moment] - onset_beat[t->moment],
                    .played = 1ULL << slot,
                    .moment = moment,
                    .parent = (int16_t)parent,
                    .slot = (int8_t)slot,
                    .is_wrong = (int8_t)is_wrong,
                    .action = ARRIVE};
    arrival a = follower_arrival(&self->score, t, &to, now);
    to.cost += follower_timing_cost(t, &a);
    follower_propose(self, to);
}

/* The note is the first of a moment further on, or a slip in place of one of the next. */
static void propose_going_on(core_follower *self, int parent, int32_t pitch, double now)
{
    const score *s = &self->score;
    const token *t = &self->now[parent];
    double left_out = t->moment < 0 ? 0.0 : follower_miss_cost(t, follower_unplayed(s, t, 0));
    for (int32_t m = t->moment + 1; m <= t->moment + AHEAD && m < s->moments; m++) {
        int slot = follower_free_slot(s, m, pitch, 0);
        if (slot >= 0)
            propose_arrival(self, parent, m, slot, 0, left_out, now);
        else if (m == t->moment + 1) {
            slot = slipped_slot(s, m, pitch, 0);
            if (slot >= 0)
                propose_arrival(self, parent, m, slot, 1, left_out + WRONG_COST, now);
        }
        left_out += follower_miss_cost(t, follower_size(s, m));
        left_out = left_out < LEFT_OUT_CAP ? left_out : LEFT_OUT_CAP;
        if (t->cost + left_out > self->best_cost + KEEP_COST)
            return; /* what comes later costs no less */
    }
}

static void propose_slot(core_follower *self, int parent, int back, int slot, int is_wrong,
                         double cost)
{
    const token *t = &self->now[parent];
    follower_propose(self, (candidate){.cost = t->cost + cost,
                                       .played = t->played[0] | (uint64_t)(back == 0) << slot,
                                       .moment = t->moment,
                                       .parent = (int16_t)parent,
                                       .back = (int8_t)back,
                                       .slot = (int8_t)slot,
                                       .is_wrong = (int8_t)is_wrong,
                                       .action = JOIN});
}

/* What a note costs that comes after others of its moment. */
static double spread_cost(const score *s, const token *t, int back, double now)
{
    double since = t->onset_sec[back] > t->heard_sec[back] ? t->onset_sec[back] : t->heard_sec[back];
    double lag = now > since ? (now - since) / SPREAD_SEC : 0.0;
    double cost = SPREAD_WEIGHT * exact_log1p(lag * lag);
    double cap = s->marks[t->moment - back] & CORE_ROLLED ? ROLL_CAP : back == 0 ? SPREAD_CAP : cost;
    return cost > cap ? cap : cost;
}

/* The note is one of the current moment, or comes late for one before; that one was paid for. */
static void propose_joining(core_follower *self, int parent, int32_t pitch, double now)
{
    const score *s = &self->score;
    const token *t = &self->now[parent];
    for (int back = 0; back < TRAIL && t->moment - back >= t->entry; back++) {
        int slot = follower_free_slot(s, t->moment - back, pitch, t->played[back]);
        if (slot < 0 || (back > 0 && now - t->onset_sec[back] > LATE_SEC))
            continue;
        double cost = spread_cost(s, t, back, now);
        if (back > 0) {
            int open = follower_unplayed(s, t, back);
            cost += LATE_COST + follower_miss_cost(t, open - 1) - follower_miss_cost(t, open);
        }
        propose_slot(self, parent, back, slot, 0, cost);
    }
    int slot = slipped_slot(s, t->moment, pitch, t->played[0]);
    if (slot >= 0)
        propose_slot(self, parent, 0, slot, 1, WRONG_COST);
}

/* Fast, and a pitch heard just before or beside a written one. */
static int is_trill(const core_follower *self, const token *t, int32_t pitch, double now)
{
    if (now - self->last_sec > TRILL_SEC)
        return 0;
    for (int i = 1; i < ANSWERS; i++)
        if (self->recent[i] == pitch)
            return 1;
    return follower_has(&self->score, t->moment, pitch) ||
           slipped_slot(&self->score, t->moment, pitch, 0) >= 0;
}

static void propose_ignoring(core_follower *self, int parent, int32_t pitch, double now)
{
    const token *t = &self->now[parent];
    double cost = EXTRA_COST;
    if (follower_is_allowed(&self->score, t->moment, pitch))
        cost = self->recent[1] == pitch && now - self->last_sec <= TRILL_SEC ? STROKE_COST
                                                                             : ORNAMENT_COST;
    else if (t->moment >= 0 && is_trill(self, t, pitch, now))
        cost = TRILL_COST;
    follower_propose(self, (candidate){.cost = t->cost + cost,
                                       .played = t->played[0],
                                       .moment = t->moment,
                                       .parent = (int16_t)parent,
                                       .slot = -1,
                                       .action = IGNORE});
}

/* Keeps the best candidate of each place and the best BEAM of those, first in the array. */
static int32_t select_candidates(core_follower *self)
{
    candidate *kept = self->candidates;
    int32_t count = 0;
    for (int32_t c = 0; c < self->proposed; c++) {
        candidate next = self->candidates[c];
        int32_t at = 0;
        if (next.cost > self->best_cost + KEEP_COST)
            continue;
        while (at < count && (kept[at].moment != next.moment || kept[at].played != next.played))
            at++;
        if (at == count && count < BEAM)
            kept[count++] = next;
        else {
            for (int32_t i = at == count ? at = 0 : count; i < count; i++)
                at = kept[i].cost > kept[at].cost ? i : at;
            if (next.cost < kept[at].cost)
                kept[at] = next;
        }
    }
    return count;
}

/* Makes the kept candidates the beam; the best comes first. */
static void grow_beam(core_follower *self, int32_t count, double now)
{
    int32_t best = 0;
    for (int32_t i = 1; i < count; i++)
        best = self->candidates[i].cost < self->candidates[best].cost ? i : best;
    candidate first = self->candidates[best];
    self->candidates[best] = self->candidates[0];
    self->candidates[0] = first;
    for (int32_t i = 0; i < count; i++) {
        follower_grow(self, &self->candidates[i], now, &self->before[i]);
        self->before[i].cost -= first.cost;
    }
}

void follower_step(core_follower *self, int32_t pitch, double now)
{
    self->proposed = 0;
    self->best_cost = INFINITY;
    for (int parent = 0; parent < self->count; parent++) {
        propose_going_on(self, parent, pitch, now);
        if (self->now[parent].moment >= 0) {
            propose_joining(self, parent, pitch, now);
            follower_propose_repeats(self, parent, pitch, now);
        }
        propose_ignoring(self, parent, pitch, now);
    }
    follower_propose_jumps(self, pitch, now);
    int32_t count = select_candidates(self);
    double best_cost = self->best_cost;
    grow_beam(self, count, now);
    token *last = self->now;
    self->previous_best = last[0];
    self->previous_best.cost -= best_cost;
    self->now = self->before;
    self->before = last;
    self->count = count;
}
