/* The tempo model fed with what the best hypothesis makes of the last notes; what a revision
 * changes is taken back and fed anew. */
#include <math.h>

#include "follower.h"

static const core_prediction UNKNOWN = {NAN, NAN};

void follower_tempo_reset(core_follower *self)
{
    beat *now = &self->beat_now;
    core_tempo_init(&now->model);
    now->turned = STRAIGHT;
    now->told = UNKNOWN;
    for (int i = 0; i < TRAIL; i++) {
        now->moment[i] = -1;
        now->due[i] = UNKNOWN;
    }
}

static core_place place_of(const score *s, int32_t moment)
{
    core_place place = {.beat = s->onset_beat[moment],
                        .is_held = (s->marks[moment] & CORE_FERMATA) != 0};
    int32_t bar = s->bar[moment], last = s->bars - 1;
    if (last < 1)
        return place;
    double begins = s->onset_beat[s->bar_moment[bar]];
    int32_t whole = bar < last ? bar : bar - 1; /* the last bar's end is not written */
    place.bar_beats = s->onset_beat[s->bar_moment[whole + 1]] - s->onset_beat[s->bar_moment[whole]];
    double within = place.beat - begins;
    place.beat_in_bar = within < place.bar_beats ? within : place.bar_beats;
    return place;
}

static void shift_in(beat *now, int32_t moment)
{
    for (int i = TRAIL - 1; i > 0; i--) {
        now->moment[i] = now->moment[i - 1];
        now->due[i] = now->due[i - 1];
    }
    now->moment[0] = moment;
}

/* After a repeat taken or passed over the beat goes on: the bar left counts as the other pass's. */
static void go_on_elsewhere(const score *s, beat *now, int32_t moment)
{
    int32_t twin = s->bar[moment] - 1, left = s->bar[now->moment[0]];
    core_tempo_shift(&now->model,
                     s->onset_beat[s->bar_moment[twin]] - s->onset_beat[s->bar_moment[left]]);
}

static void forget_moments(beat *now)
{
    for (int i = 0; i < TRAIL; i++)
        now->moment[i] = -1;
}

/* A place so far back that no late note is awaited there was come to by a jump that the hypotheses
 * before the best one had not seen. */
static void take_matched(const score *s, beat *now, int32_t moment, double onset_sec)
{
    core_place place = place_of(s, moment);
    int is_repeat = now->turned == REPEATED && now->moment[0] >= 0 && s->bar[moment] > 0;
    int is_far_back = now->moment[TRAIL - 1] >= 0 && moment < now->moment[TRAIL - 1];
    if (is_repeat)
        go_on_elsewhere(s, now, moment);
    if (now->turned || is_far_back)
        forget_moments(now);
    if (!is_repeat && (now->turned || is_far_back))
        core_tempo_jump(&now->model, &place, onset_sec);
    else
        core_tempo_observe(&now->model, &place, onset_sec);
    if (moment > now->moment[0])
        shift_in(now, moment);
    now->turned = STRAIGHT;
    now->due[0] = core_tempo_due(&now->model);
}

/* One note as the best hypothesis has it; a grace note has no time of its own. */
static void take(const score *s, beat *now, const told_note *note)
{
    now->turned = note->turned > now->turned ? note->turned : now->turned;
    now->told = UNKNOWN;
    if (note->index < 0)
        return;
    int32_t slot = s->note_slot[note->index];
    int32_t moment = s->slot_moment[slot];
    int is_grace = s->graces[moment] >> (slot - s->first_slot[moment]) & 1;
    if (!is_grace)
        take_matched(s, now, moment, note->onset_sec);
    for (int i = 0; i < TRAIL; i++)
        if (now->moment[i] == moment)
            now->told = now->due[i];
}

/* What the best hypothesis says of one of the last notes. */
static told_note told_by(const core_follower *self, int32_t when)
{
    const token *best = self->now;
    told_note note = self->fed[when % ANSWERS];
    note.index = best->answer[self->played - when];
    if (when >= best->pass)
        note.turned = when > best->pass ? STRAIGHT : best->is_repeat ? REPEATED : LEAPT;
    return note;
}

void follower_tempo_take(core_follower *self, double onset_sec)
{
    int32_t now = self->played, when = now < ANSWERS ? 0 : now - ANSWERS + 1;
    self->fed[now % ANSWERS] = (told_note){.index = -1, .onset_sec = onset_sec};
    for (; when < now; when++) {
        told_note note = told_by(self, when), *fed = &self->fed[when % ANSWERS];
        if (note.index != fed->index || note.turned != fed->turned)
            break;
    }
    if (when < now)
        self->beat_now = self->beat_before[when % ANSWERS];
    for (; when <= now; when++) {
        self->beat_before[when % ANSWERS] = self->beat_now;
        self->fed[when % ANSWERS] = told_by(self, when);
        take(&self->score, &self->beat_now, &self->fed[when % ANSWERS]);
    }
}

void follower_tempo_tell(const core_follower *self, core_match *out)
{
    const score *s = &self->score;
    core_prediction due = out->index < 0 ? UNKNOWN : self->beat_now.told, next = UNKNOWN;
    int32_t moment = self->now->moment;
    if (moment >= 0 && moment + 1 < s->moments)
        core_tempo_predict(&self->beat_now.model, s->onset_beat[moment + 1], &next);
    out->expected_sec = due.time_sec;
    out->expected_sigma_sec = due.sigma_sec;
    out->next_sec = next.time_sec;
    out->next_sigma_sec = next.sigma_sec;
}

int core_follower_predict(const core_follower *self, double beat, core_prediction *out)
{
    return core_tempo_predict(&self->beat_now.model, beat, out);
}
