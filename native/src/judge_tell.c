/* What the judge says, and the count of it. */
#include <math.h>

#include "judge.h"

static const int32_t POINTS[GIVEN_RESULTS] = {10, 5, 5, 0, 0, 0, 0};

/* A revision replaces what was given before; one too late, or that says nothing new, is dropped. */
static int is_taken_back(core_judge *self, int32_t played, int32_t result)
{
    int32_t old = self->given[played % REVISABLE_NOTES];
    if (self->notes_played - played >= REVISABLE_NOTES)
        return 0;
    int is_renamed = self->is_renaming && played == self->notes_played;
    if (old == result && !is_renamed)
        return 0;
    self->counts[old]--;
    self->points -= POINTS[old];
    return 1;
}

static void tell(core_judge *self, core_judged *out, core_verdict v)
{
    int32_t result = v.result;
    v.is_revision |= self->is_renaming;
    if (v.is_revision && !is_taken_back(self, v.played_index, result))
        return;
    v.points = POINTS[result];
    self->counts[result]++;
    self->points += v.points;
    if (v.played_index >= 0)
        self->given[v.played_index % REVISABLE_NOTES] = (uint8_t)result;
    v.result = result == ADORNED ? CORE_CORRECT : result;
    out->verdicts[out->verdict_count++] = v;
}

void judge_tell_of_key(core_judge *self, core_judged *out, key *k, core_verdict v)
{
    self->n_reached += !k->is_reached;
    k->is_reached = 1;
    v.score_index = k->score_index;
    tell(self, out, v);
}

void judge_tell_extra(core_judge *self, core_judged *out, int32_t played, int32_t pitch)
{
    tell(self, out, (core_verdict){.result = CORE_EXTRA,
                                   .played_index = played,
                                   .score_index = -1,
                                   .pitch = pitch,
                                   .timing_sec = NAN,
                                   .is_revision = played < self->notes_played});
}

void judge_tell_adorned(core_judge *self, core_judged *out, int32_t played, int32_t pitch,
                        int32_t ornament_index)
{
    const key *k = &self->keys[self->ornaments[ornament_index].key];
    tell(self, out, (core_verdict){.result = ADORNED,
                                   .played_index = played,
                                   .score_index = k->score_index,
                                   .pitch = pitch,
                                   .timing_sec = NAN,
                                   .is_revision = played < self->notes_played});
}
