/* The follower's contract of core.h: construction, one note, one instant, reset. */
#include <stddef.h>
#include <string.h>

#include "exact_math.h"
#include "follower.h"
#include "follower_model.h"

static size_t aligned(size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

#define COURSE_BEGIN offsetof(core_follower, now)
#define COURSE_BYTES (offsetof(core_follower, kept) - COURSE_BEGIN)

size_t core_follower_size(const core_score_note *notes, size_t n)
{
    size_t size = follower_score_size(notes, n);
    size_t own = aligned(sizeof(core_follower)) + aligned(COURSE_BYTES);
    return size ? own + aligned(8 * n) + size : 0;
}

int core_follower_init(core_follower *self, const core_score_note *notes, size_t n)
{
    if (!follower_score_size(notes, n))
        return CORE_ERR_RANGE;
    char *rest = (char *)self + aligned(sizeof *self);
    self->kept = rest;
    rest += aligned(COURSE_BYTES);
    self->played_at = (int32_t *)rest;
    self->missed_at = self->played_at + n;
    follower_score_init(&self->score, rest + aligned(8 * n), notes, n);
    core_follower_reset(self);
    return CORE_OK;
}

void core_follower_reset(core_follower *self)
{
    self->now = self->beam[0];
    self->before = self->beam[1];
    token *t = self->now;
    memset(t, 0, sizeof *t);
    t->log_spb = self->score.first_log_spb;
    t->spb = exact_exp(t->log_spb);
    t->variance = TEMPO_VARIANCE;
    t->missing = MISS_RATE;
    t->miss_cost = -exact_log(MISS_RATE);
    t->moment = t->pass = -1;
    for (int i = 0; i < ANSWERS; i++)
        t->answer[i] = self->told[i] = -1;
    for (int i = 0; i <= ANSWERS; i++)
        self->reached[i] = -1;
    for (int i = 0; i < TRAIL; i++)
        t->due_sec[i] = NAN;
    for (int32_t i = 0; i < self->score.slots; i++)
        self->played_at[i] = self->missed_at[i] = NEVER;
    self->previous_best = *t;
    for (int i = 0; i < ANSWERS; i++)
        self->recent[i] = -1;
    self->count = 1;
    self->played = self->is_kept = 0;
    self->now_sec = self->last_sec = -INFINITY;
    self->open = (sweep){.pass = -1};
    self->left = (sweep){.pass = NEVER};
    follower_tempo_reset(self);
}

static void clear(core_match *out)
{
    out->index = out->ornament_of = -1;
    out->jump = CORE_ONWARDS;
    out->confidence = NAN;
    out->alternative_count = 0;
    out->revision_count = 0;
    out->missed_count = 0;
}

/* Marks the score note as played by a performed one. */
static void mark(core_follower *self, int32_t note, int32_t when)
{
    if (note >= 0)
        self->played_at[self->score.note_slot[note]] = when;
}

/* The note was another: its moment is looked at again for notes left out. */
static void unmark(core_follower *self, int32_t note, int32_t when)
{
    const score *s = &self->score;
    int32_t slot = note < 0 ? -1 : s->note_slot[note];
    if (slot < 0 || self->played_at[slot] != when)
        return;
    self->played_at[slot] = NEVER;
    int32_t moment = s->slot_moment[slot];
    if (when >= self->open.pass && moment < self->open.next)
        self->open.next = moment;
}

static void revise(core_follower *self, core_match *out)
{
    const token *best = self->now;
    for (int i = ANSWERS - 1; i > 0; i--) {
        int32_t when = self->played - i;
        if (when < 0 || best->answer[i] == self->told[i])
            continue;
        out->revised_note[out->revision_count] = when;
        out->revised_index[out->revision_count++] = best->answer[i];
        unmark(self, self->told[i], when);
        mark(self, best->answer[i], when);
        self->told[i] = best->answer[i];
    }
}

static void shift_in(int32_t *values, size_t count, int32_t newest)
{
    memmove(values + 1, values, (count - 1) * sizeof *values);
    values[0] = newest;
}

/* How the player came to this pass; to one that was thought to be left, from there. */
static int32_t jump(const core_follower *self)
{
    const token *best = self->now;
    if (!follower_is_elsewhere(self))
        return CORE_ONWARDS;
    if (best->pass < self->open.pass)
        return best->moment > self->reached[1] ? CORE_ON : CORE_BACK;
    if (best->is_repeat)
        return CORE_REPEAT;
    if (best->entry == 0)
        return CORE_START;
    return best->entry > follower_reached_before(self, self->played + 1) ? CORE_ON : CORE_BACK;
}

static void answer(core_follower *self, int32_t pitch, core_match *out)
{
    const token *best = self->now;
    shift_in(self->told, ANSWERS, best->answer[0]);
    shift_in(self->reached, ANSWERS + 1, best->moment);
    if (best->answer[0] >= 0)
        self->marked_before = self->played_at[self->score.note_slot[best->answer[0]]];
    mark(self, best->answer[0], self->played);
    revise(self, out);
    out->index = best->answer[0];
    if (out->index < 0 && follower_is_allowed(&self->score, best->moment, pitch))
        out->ornament_of = follower_ornament_of(&self->score, best->moment, pitch);
    out->jump = jump(self);
    follower_belief(self, out);
}

static void place(const core_follower *self, core_match *out)
{
    const token *best = self->now;
    const double *beat = self->score.onset_beat;
    int32_t m = best->moment;
    out->position_beat = beat[m < 0 ? 0 : m];
    core_prediction beat_sec = core_tempo_beat(&self->beat_now.model);
    out->tempo_bpm = 60.0 / (isnan(beat_sec.time_sec) ? best->spb : beat_sec.time_sec);
    if (out->index >= 0)
        out->position_beat = beat[best->sounded];
    else if (m >= 0 && m + 1 < self->score.moments) {
        double on = beat[m] + (self->now_sec - best->onset_sec[0]) / best->spb;
        out->position_beat = on < beat[m + 1] ? on : beat[m + 1];
    }
}

int core_follower_process(core_follower *self, int32_t pitch, double onset_sec, core_match *out)
{
    if (pitch < 0 || pitch >= PITCHES || !(fabs(onset_sec) <= CORE_SECONDS))
        return CORE_ERR_RANGE;
    double now = onset_sec > self->last_sec ? onset_sec : self->last_sec;
    memcpy(self->kept, (char *)self + COURSE_BEGIN, COURSE_BYTES);
    self->is_kept = 1;
    clear(out);
    follower_step(self, pitch, now);
    self->last_sec = now;
    self->now_sec = now > self->now_sec ? now : self->now_sec;
    answer(self, pitch, out);
    follower_tempo_take(self, now);
    follower_tempo_tell(self, out);
    place(self, out);
    shift_in(self->recent, ANSWERS, pitch);
    self->played++;
    follower_missed(self, out);
    return CORE_OK;
}

int core_follower_take_back(core_follower *self)
{
    if (!self->is_kept)
        return CORE_ERR_RANGE;
    int32_t note = self->told[0], later[ANSWERS - 1];
    double now_sec = self->now_sec;
    sweep open = self->open;
    memcpy(later, self->told + 1, sizeof later);
    if (note >= 0)
        mark(self, note, self->marked_before);
    memcpy((char *)self + COURSE_BEGIN, self->kept, COURSE_BYTES);
    memcpy(self->told, later, sizeof later); /* its revisions were told */
    self->now_sec = now_sec;
    if (self->open.pass == open.pass && self->open.next > open.next)
        self->open.next = open.next;
    self->is_kept = 0;
    return CORE_OK;
}

int core_follower_advance(core_follower *self, double now_sec, core_match *out)
{
    if (!(fabs(now_sec) <= CORE_SECONDS))
        return CORE_ERR_RANGE;
    self->now_sec = now_sec > self->now_sec ? now_sec : self->now_sec;
    clear(out);
    follower_tempo_tell(self, out);
    place(self, out);
    if (self->played > 0)
        follower_missed(self, out);
    return CORE_OK;
}
