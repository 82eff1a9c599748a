/* Jumps: the player goes back, leaps on or starts over. */
#include "exact_math.h"
#include "follower.h"
#include "follower_model.h"

/* What silence, longer than the score has it, speaks for a jump. */
static double pause_bonus(const core_follower *self, double now)
{
    const token *t = &self->now[0];
    const score *s = &self->score;
    double silence = now - self->last_sec, due = 0.0;
    if (t->moment >= 0 && t->moment + 1 < s->moments)
        due = (s->onset_beat[t->moment + 1] - s->onset_beat[t->moment]) * t->spb;
    double ratio = silence / (due + JITTER_SEC);
    if (silence <= PAUSE_SEC || ratio <= 1.0)
        return 0.0;
    return PAUSE_BONUS * (ratio < PAUSE_RATIO ? exact_log(ratio) : 1.0);
}

static double distance_cost(const score *s, int32_t from, int32_t moment)
{
    int32_t bars = s->bar[moment] - s->bar[from < 0 ? 0 : from];
    return moment == 0 ? -START_BONUS : DISTANCE_COST * exact_log1p(fabs((double)bars));
}

static void propose(core_follower *self, const token *from, action how, int32_t moment,
                    int32_t pitch, double cost)
{
    const score *s = &self->score;
    int slot = follower_free_slot(s, moment, pitch, 0);
    if (slot < 0)
        return;
    uint64_t played = 1ULL << slot;
    int earlier = how == LAND ? -1 : follower_free_slot(s, moment, self->recent[0], played);
    if (earlier >= 0)
        played |= 1ULL << earlier;
    cost = from->cost + cost + distance_cost(s, from->moment, moment);
    follower_propose(self, (candidate){.cost = cost,
                                       .played = played,
                                       .moment = moment,
                                       .slot = (int8_t)slot,
                                       .action = (int8_t)how});
}

/* To the beginning of a bar nearby, or of the score. */
static void propose_bars(core_follower *self, int32_t pitch, double cost)
{
    const score *s = &self->score;
    const token *t = &self->now[0];
    int32_t here = s->bar[t->moment < 0 ? 0 : t->moment];
    for (int32_t bar = here - BARS_BACK; bar <= here + BARS_ON; bar++)
        if (bar > 0 && bar < s->bars && s->bar_moment[bar] != t->moment + 1)
            propose(self, t, LAND, s->bar_moment[bar], pitch, cost);
    if (t->moment >= 0)
        propose(self, t, LAND, 0, pitch, cost);
}

/* The first of the pair's moments, in [lo, hi), that is not before the given one. */
static int32_t find(const score *s, int32_t lo, int32_t hi, int32_t moment)
{
    while (lo < hi) {
        int32_t middle = lo + (hi - lo) / 2;
        if (s->pair_moment[middle] < moment)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

/* To anywhere that the last two pitches lead to, the earlier of them seen anew. */
static void propose_pairs(core_follower *self, int32_t pitch, double cost)
{
    const score *s = &self->score;
    const token *t = &self->previous_best;
    int32_t q = s->rank[self->recent[0]], p = s->rank[pitch];
    if (q < 0 || p < 0)
        return;
    const int32_t *pair = &s->pair_start[q * s->pitches_used + p];
    int32_t here = find(s, pair[0], pair[1], t->moment);
    int32_t lo = here - pair[0] > NEAREST ? here - NEAREST : pair[0];
    int32_t hi = pair[1] - here > NEAREST ? here + NEAREST : pair[1];
    for (int32_t i = lo; i < hi; i++)
        propose(self, t, LAND_EARLIER, s->pair_moment[i], pitch, cost);
}

static int is_hopeless(const core_follower *self, const token *from, double cost)
{
    return from->cost + cost - START_BONUS > self->best_cost + KEEP_COST;
}

void follower_propose_jumps(core_follower *self, int32_t pitch, double now)
{
    double cost = JUMP_COST - pause_bonus(self, now);
    if (!is_hopeless(self, self->now, cost))
        propose_bars(self, pitch, cost);
    cost = JUMP_COST + MIDBAR_COST;
    if (self->played > 0 && !is_hopeless(self, &self->previous_best, cost))
        propose_pairs(self, pitch, cost);
}
