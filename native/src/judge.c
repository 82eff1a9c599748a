/* The judge's contract of core.h: one note, one instant, the end, reset.
 *
 * A played note is the untaken key of its pitch that is nearest in time: nearest to the player, not
 * to the clock. A note looks at what lies within its reach, never at the score.
 */
#include <math.h>
#include <string.h>

#include "judge.h"

enum { NOBODY = -1, MISSING = -2 }; /* who took a key: nobody yet, or its time went by */
enum { OF_A_NOTE = 3 };             /* the most verdicts that one note brings */
enum { ROOM = CORE_VERDICTS - OF_A_NOTE };

#define CHORD_SPREAD_SEC 0.05 /* engine/judging/windows.py says why */
#define LAG_SHARE 0.3         /* of the way to the last note's lag: follows within 3 notes */

static const int32_t POINTS[CORE_RESULTS] = {10, 5, 5, 0, 0, 0};

void core_judge_reset(core_judge *self)
{
    for (int32_t i = 0; i < self->moment_count; i++) {
        self->moments[i].begun_sec = NAN;
        self->moments[i].untaken = self->moments[i + 1].first_key - self->moments[i].first_key;
    }
    for (int32_t i = 0; i < self->key_count; i++) {
        self->keys[i].gap_sec = INFINITY;
        self->keys[i].taken_by = self->keys[i].wrong_by = NOBODY;
        self->keys[i].is_reached = 0;
    }
    self->next_deadline = self->next_end = self->place = 0;
    self->lag_sec = 0.0;
    self->notes_played = self->points = self->n_reached = 0;
    memset(self->counts, 0, sizeof self->counts);
    memset(self->given, 0, sizeof self->given);
}

/* ---- what is told, and counted ---- */

/* A revision replaces what was given before; one too late, or that says nothing new, is dropped. */
static int is_taken_back(core_judge *self, const core_verdict *v)
{
    int32_t old = self->given[v->played_index % REVISABLE_NOTES];
    if (self->notes_played - v->played_index >= REVISABLE_NOTES || old == v->result)
        return 0;
    self->counts[old]--;
    self->points -= POINTS[old];
    return 1;
}

static void tell(core_judge *self, core_judged *out, core_verdict v)
{
    if (v.is_revision && !is_taken_back(self, &v))
        return;
    v.points = POINTS[v.result];
    self->counts[v.result]++;
    self->points += v.points;
    if (v.played_index >= 0)
        self->given[v.played_index % REVISABLE_NOTES] = (uint8_t)v.result;
    out->verdicts[out->verdict_count++] = v;
}

static void tell_of_key(core_judge *self, core_judged *out, key *k, core_verdict v)
{
    self->n_reached += !k->is_reached;
    k->is_reached = 1;
    v.score_index = k->score_index;
    tell(self, out, v);
}

static void tell_extra(core_judge *self, core_judged *out, int32_t played, int32_t pitch)
{
    tell(self, out, (core_verdict){.result = CORE_EXTRA,
                                   .played_index = played,
                                   .score_index = -1,
                                   .pitch = pitch,
                                   .timing_sec = NAN,
                                   .is_revision = played < self->notes_played});
}

/* ---- time goes by ---- */

static double deadline_sec(core_judge *self)
{
    for (; self->next_deadline < self->moment_count; self->next_deadline++) {
        row next = self->deadlines[self->next_deadline];
        if (self->moments[next.at].untaken)
            return next.sec;
    }
    return INFINITY;
}

/* What is left of a moment is missed, but where a wrong note stands.  0: no room for all. */
static int give_up(core_judge *self, moment *m, core_judged *out)
{
    for (int32_t i = m->first_key; i < m[1].first_key; i++) {
        key *k = &self->keys[i];
        if (k->taken_by != NOBODY)
            continue;
        if (k->wrong_by == NOBODY && out->verdict_count == ROOM)
            return 0;
        if (k->wrong_by == NOBODY)
            tell_of_key(self, out, k, (core_verdict){CORE_MISSED, -1, -1, -1, NAN, 0, 0});
        k->taken_by = MISSING;
        k->gap_sec = 0.0; /* nothing is nearer: it stays missed */
        k->wrong_by = NOBODY;
        m->untaken--;
    }
    m->begun_sec = NAN;
    return 1;
}

static int give_up_until(core_judge *self, double now_sec, core_judged *out)
{
    while (deadline_sec(self) < now_sec)
        if (!give_up(self, &self->moments[self->deadlines[self->next_deadline].at], out))
            return 0;
    return 1;
}

/* What was due before the end; goes on where it had no room for all. */
static int give_up_ended(core_judge *self, double now_sec, core_judged *out)
{
    for (; self->next_end < self->moment_count; self->next_end++) {
        moment *m = &self->moments[self->next_end];
        if (m->rule.due_sec + m->rule.on_time_sec < now_sec && !give_up(self, m, out))
            return 0;
    }
    self->next_end = 0;
    return 1;
}

/* ---- one note ---- */

/* The untaken key of this pitch, or one that was taken by a note farther off; NULL: none. */
static key *nearest_key(core_judge *self, int32_t pitch, double onset_sec, double *nearest_sec)
{
    key *best = NULL;
    int32_t at = self->of_pitch[pitch], hi = self->of_pitch[pitch + 1];
    const int32_t end = hi;
    while (at < hi) {
        int32_t middle = at + (hi - at) / 2;
        if (self->by_pitch[middle].sec < onset_sec - REACH_MAX_SEC)
            at = middle + 1;
        else
            hi = middle;
    }
    *nearest_sec = INFINITY;
    for (; at < end; at++) {
        double timing_sec = onset_sec - self->by_pitch[at].sec;
        if (timing_sec < -REACH_MAX_SEC)
            break;
        key *k = &self->keys[self->by_pitch[at].at];
        double gap_sec = fabs(timing_sec - self->lag_sec);
        if (gap_sec < *nearest_sec && gap_sec < k->gap_sec &&
            fabs(timing_sec) <= self->moments[k->moment].rule.reach_sec) {
            best = k;
            *nearest_sec = gap_sec;
        }
    }
    return best;
}

static int is_open(const key *k)
{
    return k->taken_by == NOBODY && k->wrong_by == NOBODY;
}

/* The open key of a moment whose pitch is nearest; NULL: none is open. */
static key *open_key(core_judge *self, const moment *m, int32_t pitch)
{
    key *best = NULL;
    int32_t least = PITCHES;
    for (int32_t i = m->first_key; i < m[1].first_key; i++) {
        int32_t off = self->keys[i].pitch - pitch;
        off = off < 0 ? -off : off;
        if (is_open(&self->keys[i]) && off < least) {
            best = &self->keys[i];
            least = off;
        }
    }
    return best;
}

/* The key that a note which is not expected stands in place of; NULL: none. */
static key *meant_key(core_judge *self, int32_t pitch, double onset_sec)
{
    key *best = NULL;
    double least_sec = INFINITY;
    int32_t at = 0, hi = self->moment_count;
    while (at < hi) {
        int32_t middle = at + (hi - at) / 2;
        if (self->moments[middle].rule.due_sec < onset_sec - REACH_MAX_SEC)
            at = middle + 1;
        else
            hi = middle;
    }
    for (; at < self->moment_count; at++) {
        const moment *m = &self->moments[at];
        double gap_sec = fabs(onset_sec - m->rule.due_sec);
        if (m->rule.due_sec > onset_sec + REACH_MAX_SEC)
            break;
        key *k = gap_sec <= m->rule.reach_sec && gap_sec <= least_sec ? open_key(self, m, pitch)
                                                                      : NULL;
        if (k) {
            best = k;
            least_sec = gap_sec;
        }
    }
    return best;
}

static void refuse(core_judge *self, int32_t pitch, double onset_sec, core_judged *out)
{
    key *k = meant_key(self, pitch, onset_sec);
    if (!k) {
        tell_extra(self, out, self->notes_played, pitch);
        return;
    }
    k->wrong_by = self->notes_played;
    k->wrong_pitch = (uint8_t)pitch;
    double timing_sec = onset_sec - self->moments[k->moment].rule.due_sec;
    tell_of_key(self, out, k,
                (core_verdict){CORE_WRONG_NOTE, self->notes_played, -1, pitch, timing_sec, 0, 0});
}

/* A chord is one moment: its later notes are judged by its first, within the spread. */
static int32_t time_result(const key *k, moment *m, double timing_sec, double onset_sec)
{
    if (isnan(m->begun_sec))
        m->begun_sec = onset_sec;
    double spread_sec = fmin(fmax(onset_sec - m->begun_sec, 0.0), CHORD_SPREAD_SEC);
    if (k->is_grace || fabs(timing_sec - spread_sec) <= m->rule.on_time_sec)
        return CORE_CORRECT;
    return timing_sec < 0.0 ? CORE_EARLY : CORE_LATE;
}

static void accept(core_judge *self, key *k, double gap_sec, double onset_sec, core_judged *out)
{
    moment *m = &self->moments[k->moment];
    int32_t before = k->taken_by, slip = k->wrong_by;
    m->untaken -= before == NOBODY;
    k->taken_by = self->notes_played;
    k->gap_sec = gap_sec;
    k->wrong_by = NOBODY;
    double timing_sec = onset_sec - m->rule.due_sec;
    self->lag_sec += LAG_SHARE * (timing_sec - self->lag_sec);
    if (m->rule.whole_beat > self->moments[self->place].rule.whole_beat)
        self->place = k->moment;
    int32_t result = time_result(k, m, timing_sec, onset_sec);
    tell_of_key(self, out, k,
                (core_verdict){result, self->notes_played, -1, k->pitch, timing_sec, 0, 0});
    if (before != NOBODY) /* a key struck twice: the better of the two is the note */
        tell_extra(self, out, before, k->pitch);
    if (slip != NOBODY) /* the slip was put right in time: it cost a note too many */
        tell_extra(self, out, slip, k->wrong_pitch);
}

/* ---- verbs ---- */

static int answer(core_judge *self, int is_done, core_judged *out)
{
    out->has_more = !is_done;
    out->deadline_sec = deadline_sec(self);
    out->place = self->place;
    out->notes_played = self->notes_played;
    out->points = self->points;
    out->n_reached = self->n_reached;
    memcpy(out->counts, self->counts, sizeof out->counts);
    return CORE_OK;
}

int core_judge_note_on(core_judge *self, int32_t pitch, double onset_sec, double now_sec,
                       core_judged *out)
{
    if (pitch < 0 || pitch >= PITCHES || !isfinite(onset_sec) || !isfinite(now_sec))
        return CORE_ERR_RANGE;
    out->verdict_count = 0;
    if (!give_up_until(self, now_sec, out))
        return answer(self, 0, out);
    double gap_sec;
    key *k = nearest_key(self, pitch, onset_sec, &gap_sec);
    if (k)
        accept(self, k, gap_sec, onset_sec, out);
    else
        refuse(self, pitch, onset_sec, out);
    self->notes_played++;
    return answer(self, 1, out);
}

int core_judge_advance(core_judge *self, double now_sec, core_judged *out)
{
    if (!isfinite(now_sec))
        return CORE_ERR_RANGE;
    out->verdict_count = 0;
    return answer(self, give_up_until(self, now_sec, out), out);
}

int core_judge_finish(core_judge *self, double now_sec, core_judged *out)
{
    if (!isfinite(now_sec))
        return CORE_ERR_RANGE;
    out->verdict_count = 0;
    int is_done = give_up_until(self, now_sec, out) && give_up_ended(self, now_sec, out);
    return answer(self, is_done, out);
}
