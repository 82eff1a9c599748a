/* The judge's contract of core.h: its score, put in order. */
#include <math.h>

#include "judge.h"

size_t core_judge_size(size_t moments, size_t keys, size_t ornaments)
{
    if (moments < 1 || moments > CORE_JUDGE_KEYS || keys < 1 || keys > CORE_JUDGE_KEYS ||
        ornaments > CORE_JUDGE_KEYS)
        return 0;
    return sizeof(core_judge) + (moments + 1) * sizeof(moment) + moments * sizeof(row) +
           keys * (sizeof(key) + sizeof(row)) +
           ornaments * (sizeof(ornament) + PITCHES_OF_AN_ORNAMENT * sizeof(span));
}

static int are_in_range(const core_moment *moments, size_t n_moments, const core_key *keys,
                        size_t n_keys)
{
    for (size_t i = 0; i < n_moments; i++) {
        const core_moment *m = &moments[i];
        int is_sound = isfinite(m->due_sec) && m->reach_sec >= 0.0 &&
                       m->reach_sec <= REACH_MAX_SEC && m->on_time_sec >= 0.0;
        if (!is_sound || !isfinite(m->whole_beat) || (i > 0 && m->due_sec < m[-1].due_sec))
            return 0;
    }
    for (size_t i = 0; i < n_keys; i++) {
        const core_key *k = &keys[i];
        if (k->pitch < 0 || k->pitch >= PITCHES || k->score_index < 0 ||
            k->moment < (i > 0 ? k[-1].moment : 0) || k->moment >= (int32_t)n_moments ||
            !(k->roll_sec >= 0.0 && k->roll_sec <= REACH_MAX_SEC))
            return 0;
    }
    return 1;
}

static int is_pitch_or_none(int32_t pitch)
{
    return pitch >= -1 && pitch < PITCHES;
}

static int are_ornaments(const core_ornament *ornaments, size_t n, size_t n_keys)
{
    for (size_t i = 0; i < n; i++) {
        const core_ornament *o = &ornaments[i];
        if (!isfinite(o->from_sec) || !isfinite(o->to_sec) || o->key < 0 ||
            o->key >= (int32_t)n_keys || !is_pitch_or_none(o->upper) ||
            !is_pitch_or_none(o->lower) || (i > 0 && o->from_sec < o[-1].from_sec))
            return 0;
    }
    return 1;
}

static int comes_after(row a, row b)
{
    return a.sec != b.sec ? a.sec > b.sec : a.at > b.at;
}

static void sift_down(row *rows, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && comes_after(rows[child + 1], rows[child]))
            child++;
        if (!comes_after(rows[child], rows[root]))
            return;
        row kept = rows[root];
        rows[root] = rows[child];
        rows[child] = kept;
    }
}

/* Heapsort: in place and O(n log n) whatever the score. */
static void sort(row *rows, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(rows, i, n);
    for (size_t last = n; last-- > 1;) {
        row greatest = rows[0];
        rows[0] = rows[last];
        rows[last] = greatest;
        sift_down(rows, 0, last);
    }
}

static void fill_by_pitch(core_judge *self)
{
    int32_t end[PITCHES] = {0};
    for (int32_t i = 0; i < self->key_count; i++)
        end[self->keys[i].pitch]++;
    self->of_pitch[0] = 0;
    for (int32_t p = 0; p < PITCHES; p++) {
        self->of_pitch[p + 1] = self->of_pitch[p] + end[p];
        end[p] = self->of_pitch[p];
    }
    for (int32_t i = 0; i < self->key_count; i++) {
        const key *k = &self->keys[i];
        self->by_pitch[end[k->pitch]++] = (row){self->moments[k->moment].rule.due_sec, i};
    }
}

int core_judge_init(core_judge *self, const core_moment *moments, size_t n_moments,
                    const core_key *keys, size_t n_keys, const core_ornament *ornaments,
                    size_t n_ornaments)
{
    if (!core_judge_size(n_moments, n_keys, n_ornaments) ||
        !are_in_range(moments, n_moments, keys, n_keys) ||
        !are_ornaments(ornaments, n_ornaments, n_keys))
        return CORE_ERR_RANGE;
    self->moments = (moment *)(self + 1);
    self->keys = (key *)(self->moments + n_moments + 1);
    self->by_pitch = (row *)(self->keys + n_keys);
    self->deadlines = self->by_pitch + n_keys;
    self->ornaments = (ornament *)(self->deadlines + n_moments);
    self->spans = (span *)(self->ornaments + n_ornaments);
    self->moment_count = (int32_t)n_moments;
    self->key_count = (int32_t)n_keys;
    self->ornament_count = (int32_t)n_ornaments;
    int32_t at = 0;
    for (int32_t i = 0; i < self->moment_count; i++) {
        self->moments[i] = (moment){.rule = moments[i], .first_key = at};
        self->deadlines[i] = (row){moments[i].due_sec + moments[i].reach_sec, i};
        for (; at < self->key_count && keys[at].moment == i; at++)
            self->keys[at] = (key){.roll_sec = keys[at].roll_sec,
                                   .moment = i,
                                   .score_index = keys[at].score_index,
                                   .ornament = NO_ONE,
                                   .pitch = (uint8_t)keys[at].pitch,
                                   .is_grace = keys[at].is_grace != 0};
    }
    self->moments[n_moments] = (moment){.first_key = at};
    fill_by_pitch(self);
    judge_fill_ornaments(self, ornaments);
    sort(self->deadlines, n_moments);
    core_judge_reset(self);
    return CORE_OK;
}
