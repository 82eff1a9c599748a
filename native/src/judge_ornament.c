/* What ornaments allow, laid out by pitch, so that a note looks at few of them. */
#include <math.h>

#include "judge.h"

enum { OVERLAPPING = 8 }; /* a note looks at so many ornaments of its pitch that began last */

/* The pitches of an ornament, each once.  Returns how many. */
static int pitches_of(const core_judge *self, const core_ornament *o, int32_t *pitches)
{
    int n = 0;
    pitches[n++] = self->keys[o->key].pitch;
    if (o->upper >= 0 && o->upper != pitches[0])
        pitches[n++] = o->upper;
    if (o->lower >= 0 && o->lower != pitches[0] && o->lower != pitches[n - 1])
        pitches[n++] = o->lower;
    return n;
}

static void count_spans(core_judge *self, const core_ornament *ornaments, int32_t *count)
{
    for (int32_t i = 0; i < self->ornament_count; i++) {
        int32_t pitches[PITCHES_OF_AN_ORNAMENT];
        for (int n = pitches_of(self, &ornaments[i], pitches); n-- > 0;)
            count[pitches[n]]++;
    }
}

void judge_fill_ornaments(core_judge *self, const core_ornament *ornaments)
{
    int32_t end[PITCHES] = {0};
    count_spans(self, ornaments, end);
    self->spans_of[0] = 0;
    for (int32_t p = 0; p < PITCHES; p++) {
        self->spans_of[p + 1] = self->spans_of[p] + end[p];
        end[p] = self->spans_of[p];
    }
    for (int32_t i = 0; i < self->ornament_count; i++) {
        const core_ornament *o = &ornaments[i];
        key *k = &self->keys[o->key];
        k->ornament = i;
        self->ornaments[i] = (ornament){.from_sec = o->from_sec,
                                        .to_sec = o->to_sec,
                                        .due_sec = self->moments[k->moment].rule.due_sec,
                                        .key = o->key};
        int32_t pitches[PITCHES_OF_AN_ORNAMENT];
        for (int n = pitches_of(self, o, pitches); n-- > 0;)
            self->spans[end[pitches[n]]++] = (span){o->from_sec, i};
    }
}

void judge_reset_ornaments(core_judge *self)
{
    for (int32_t i = 0; i < self->ornament_count; i++) {
        self->ornaments[i].begun_sec = NAN;
        self->ornaments[i].latest = NO_ONE;
    }
}

int32_t judge_sounding(const core_judge *self, int32_t pitch, double onset_sec)
{
    int32_t first = self->spans_of[pitch], at = first, hi = self->spans_of[pitch + 1];
    while (at < hi) {
        int32_t middle = at + (hi - at) / 2;
        if (self->spans[middle].from_sec <= onset_sec)
            at = middle + 1;
        else
            hi = middle;
    }
    int32_t early = NO_ONE;
    for (int seen = 0; at-- > first && seen < OVERLAPPING; seen++) {
        int32_t i = self->spans[at].ornament;
        if (onset_sec > self->ornaments[i].to_sec)
            continue;
        if (onset_sec >= self->ornaments[i].due_sec)
            return i;
        early = early == NO_ONE ? i : early;
    }
    return early;
}
