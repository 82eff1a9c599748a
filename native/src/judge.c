/* The judge's contract of core.h: one note, one instant, the end, reset.
 *
 * A played note is the untaken key of its pitch that is nearest in time: nearest to the player, not
 * to the clock. A note looks at what lies within its reach, never at the score.
 */
#include <math.h>
#include <string.h>

#include "judge.h"

enum { OF_A_NOTE = 3 }; /* the most verdicts that one note brings */
enum { ROOM = CORE_VERDICTS - OF_A_NOTE };

#define CHORD_SPREAD_SEC 0.05   /* engine/judging/windows.py says why */
#define LAG_SHARE 0.3           /* of the way to the last note's lag: follows within 3 notes */
#define ORNAMENT_START_SEC 0.25 /* from the first note of a trill or turn to its main note */

void core_judge_reset(core_judge *self)
{
    for (int32_t i = 0; i < self->moment_count; i++) {
        self->moments[i].begun_sec = NAN;
        self->moments[i].untaken = self->moments[i + 1].first_key - self->moments[i].first_key;
    }
    for (int32_t i = 0; i < self->key_count; i++) {
        self->keys[i].gap_sec = INFINITY;
        self->keys[i].taken_by = self->keys[i].wrong_by = NO_ONE;
        self->keys[i].excused_by = self->keys[i].spare_by = self->keys[i].spare_of = NO_ONE;
        self->keys[i].is_reached = 0;
    }
    judge_reset_ornaments(self);
    self->next_deadline = self->next_end = self->place = 0;
    self->lag_sec = 0.0;
    self->last = (last_note){0.0, 0, NO_ONE, NO_ONE, 1};
    self->is_renaming = 0;
    self->notes_played = self->points = self->n_reached = 0;
    memset(self->counts, 0, sizeof self->counts);
    memset(self->given, 0, sizeof self->given);
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

/* The last note of an ornament was this one, come early, if this one never came. */
static int is_spare_left(const core_judge *self, const key *k)
{
    return k->spare_by != NO_ONE && self->ornaments[k->spare_of].latest == k->spare_by &&
           self->notes_played - k->spare_by < REVISABLE_NOTES;
}

static void tell_unplayed(core_judge *self, core_judged *out, key *k)
{
    core_verdict v = {CORE_MISSED, -1, -1, -1, NAN, 0, 0};
    if (is_spare_left(self, k))
        v = (core_verdict){CORE_EARLY, k->spare_by, -1, k->pitch, k->spare_sec, 0, 1};
    judge_tell_of_key(self, out, k, v);
}

/* What is left of a moment is missed, but where a wrong note stands.  0: no room for all. */
static int give_up(core_judge *self, moment *m, core_judged *out)
{
    for (int32_t i = m->first_key; i < m[1].first_key; i++) {
        key *k = &self->keys[i];
        if (k->taken_by != NO_ONE)
            continue;
        if (k->wrong_by == NO_ONE && out->verdict_count == ROOM)
            return 0;
        if (k->wrong_by == NO_ONE)
            tell_unplayed(self, out, k);
        k->taken_by = MISSING;
        k->gap_sec = 0.0; /* nothing is nearer: it stays missed */
        k->wrong_by = NO_ONE;
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

/* How long after the first of its moment a key may be struck: a chord is spread, or rolled. */
static double spread_sec(const key *k, const moment *m, double onset_sec)
{
    double since_sec = isnan(m->begun_sec) ? 0.0 : fmax(onset_sec - m->begun_sec, 0.0);
    return fmin(since_sec, fmax(CHORD_SPREAD_SEC, k->roll_sec));
}

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
        const moment *m = &self->moments[k->moment];
        double rolled_sec = k->roll_sec > 0.0 ? spread_sec(k, m, onset_sec) : 0.0;
        double gap_sec = fabs(timing_sec - rolled_sec - self->lag_sec);
        if (gap_sec < *nearest_sec && gap_sec < k->gap_sec &&
            fabs(timing_sec) <= m->rule.reach_sec) {
            best = k;
            *nearest_sec = gap_sec;
        }
    }
    return best;
}

static int is_open(const key *k)
{
    return k->taken_by == NO_ONE && k->wrong_by == NO_ONE;
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
        judge_tell_extra(self, out, self->notes_played, pitch);
        return;
    }
    self->last.key = (int32_t)(k - self->keys);
    k->wrong_by = self->notes_played;
    k->wrong_pitch = (uint8_t)pitch;
    double timing_sec = onset_sec - self->moments[k->moment].rule.due_sec;
    core_verdict v = {CORE_WRONG_NOTE, self->notes_played, -1, pitch, timing_sec, 0, 0};
    judge_tell_of_key(self, out, k, v);
}

/* A chord is one moment: its later notes are judged by its first, within the spread.  One that is
 * rolled may begin on the beat or end there. */
static int32_t time_result(const key *k, moment *m, double timing_sec, double onset_sec)
{
    if (isnan(m->begun_sec))
        m->begun_sec = onset_sec;
    double after_sec = spread_sec(k, m, onset_sec);
    if (k->is_grace || fabs(timing_sec - after_sec) <= m->rule.on_time_sec)
        return CORE_CORRECT;
    if (k->roll_sec > 0.0 && timing_sec <= m->rule.on_time_sec &&
        timing_sec >= -(k->roll_sec + m->rule.on_time_sec))
        return CORE_CORRECT;
    return timing_sec < 0.0 ? CORE_EARLY : CORE_LATE;
}

/* When a key was struck: a trill from above, a turn or the like begins before its main note. */
static double beginning_sec(const core_judge *self, const key *k, double onset_sec)
{
    if (k->ornament == NO_ONE)
        return onset_sec;
    double due_sec = self->moments[k->moment].rule.due_sec;
    double begun_sec = self->ornaments[k->ornament].begun_sec;
    int is_start = onset_sec - begun_sec <= ORNAMENT_START_SEC && /* no if it did not begin: NaN */
                   fabs(begun_sec - due_sec) < fabs(onset_sec - due_sec);
    return is_start ? begun_sec : onset_sec;
}

static void accept(core_judge *self, key *k, double gap_sec, double onset_sec, int32_t excuse,
                   core_judged *out)
{
    moment *m = &self->moments[k->moment];
    int32_t before = k->taken_by, slip = k->wrong_by, excused_by = k->excused_by;
    m->untaken -= before == NO_ONE;
    self->last.key = (int32_t)(k - self->keys);
    self->last.is_final = before != NO_ONE || slip != NO_ONE;
    onset_sec = beginning_sec(self, k, onset_sec);
    double timing_sec = onset_sec - m->rule.due_sec;
    k->taken_by = self->notes_played;
    k->gap_sec = gap_sec;
    k->wrong_by = NO_ONE;
    k->excused_by = excuse;
    if (k->roll_sec == 0.0) /* a roll tells nothing of where the player is */
        self->lag_sec += LAG_SHARE * (timing_sec - self->lag_sec);
    if (m->rule.whole_beat > self->moments[self->place].rule.whole_beat)
        self->place = k->moment;
    int32_t result = time_result(k, m, timing_sec, onset_sec);
    core_verdict v = {result, self->notes_played, -1, k->pitch, timing_sec, 0, 0};
    judge_tell_of_key(self, out, k, v);
    if (before != NO_ONE && excused_by != NO_ONE)
        judge_tell_adorned(self, out, before, k->pitch, excused_by);
    else if (before != NO_ONE) /* a key struck twice: the better of the two is the note */
        judge_tell_extra(self, out, before, k->pitch);
    if (slip != NO_ONE) /* the slip was put right in time: it cost a note too many */
        judge_tell_extra(self, out, slip, k->wrong_pitch);
}

/* A note that an ornament allows; if it may turn out to be a written note come early, that is k. */
static void adorn(core_judge *self, int32_t index, int32_t pitch, double onset_sec, key *k,
                  core_judged *out)
{
    ornament *o = &self->ornaments[index];
    self->last.is_final = 1;
    if (self->keys[o->key].taken_by == NO_ONE && isnan(o->begun_sec))
        o->begun_sec = onset_sec;
    if (k) {
        k->spare_by = self->notes_played;
        k->spare_of = index;
        k->spare_sec = onset_sec - self->moments[k->moment].rule.due_sec;
    }
    o->latest = self->notes_played;
    judge_tell_adorned(self, out, self->notes_played, pitch, index);
}

/* Whether a key is waited for: an ornament's notes before that are not it. */
static int is_due(const core_judge *self, const key *k, int32_t index, double onset_sec)
{
    const core_moment *rule = &self->moments[k->moment].rule;
    return k->is_grace || &self->keys[self->ornaments[index].key] == k ||
           onset_sec - rule->due_sec >= -rule->on_time_sec;
}

static void take_in(core_judge *self, int32_t pitch, double onset_sec, core_judged *out)
{
    double gap_sec;
    key *k = nearest_key(self, pitch, onset_sec, &gap_sec);
    int32_t index = judge_sounding(self, pitch, onset_sec);
    self->last = (last_note){self->lag_sec, self->place, pitch, NO_ONE, 0};
    if (k && (index == NO_ONE || is_due(self, k, index, onset_sec)))
        accept(self, k, gap_sec, onset_sec, index, out);
    else if (index != NO_ONE)
        adorn(self, index, pitch, onset_sec, k, out);
    else
        refuse(self, pitch, onset_sec, out);
    self->notes_played++;
}

/* What the last note took, or stood wrong on, may be played again; if its time has gone by, it will
 * be missed. */
static void take_back(core_judge *self)
{
    self->lag_sec = self->last.lag_sec;
    self->place = self->last.place;
    if (self->last.key == NO_ONE)
        return;
    key *k = &self->keys[self->last.key];
    moment *m = &self->moments[k->moment];
    m->untaken += k->taken_by != NO_ONE;
    k->taken_by = k->wrong_by = k->excused_by = NO_ONE;
    k->gap_sec = INFINITY;
    if (m->untaken == m[1].first_key - m->first_key)
        m->begun_sec = NAN;
    self->n_reached -= k->is_reached;
    k->is_reached = 0;
    self->next_deadline = 0;
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
    out->notes_adorning = self->counts[ADORNED];
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
    take_in(self, pitch, onset_sec, out);
    return answer(self, 1, out);
}

int core_judge_rename(core_judge *self, int32_t pitch, double onset_sec, core_judged *out)
{
    if (pitch < 0 || pitch >= PITCHES || !isfinite(onset_sec))
        return CORE_ERR_RANGE;
    out->verdict_count = 0;
    if (!self->last.is_final && pitch != self->last.pitch) {
        take_back(self);
        self->notes_played--;
        self->is_renaming = 1;
        take_in(self, pitch, onset_sec, out);
        self->is_renaming = 0;
    }
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
