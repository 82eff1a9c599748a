/* Whether anything sounds, and how sure that and the pitch are: a small net on levels, on how clear
 * the pitch is, and on how both came about.
 */
#include <math.h>
#include <string.h>

#include "pitch_net.h"

#define SMOOTH 0.12f        /* share of a hop in the running means: 33 ms */
#define PLAIN_CLARITY 0.75f /* without weights: what sounds is so clear ... */
#define PLAIN_DB -30.0f     /* ... and no further below the melody */
#define BEGIN 1.1f          /* logit at which a sound begins ... */
#define HOLD -0.5f          /* ... and at which it ends */
#define QUIET_DB 50.0f      /* where it is not so much quieter between notes, others may play too: */
#define BESIDE_DB 5.5f      /* what lies so far below the loudest may be theirs; to be taken for */
#define BESIDE_PRICE 0.5f   /* the melody it has to be surer, by so much log odds a dB, ... */
#define BESIDE_SURE 2.7f    /* ... but no surer than 94 % */

void pitch_voice_reset(core_pitch *self)
{
    self->steady_hops = 0;
    self->last_bin = 0;
    self->is_voiced = 0;
    self->sure = 0.0f;
}

/* How clearly the bin is heard, in every map; returns how many values that are. */
static int clearness(const core_pitch *self, float *out)
{
    for (int row = 0; row < ROWS; row++)
        out[row] = self->rows[row][PAD + self->bin];
    return ROWS;
}

/* How far the net's choice is from a doubt. */
static int certainty(const core_pitch *self, float *out)
{
    int bin = self->bin, low = self->low_bin, high = self->high_bin;
    float best = self->scores[bin], second = best - 100.0f, near = 0.0f, near_now = 0.0f;
    for (int k = low; k <= high; k++) {
        int is_near = k >= bin - 1 && k <= bin + 1;
        near += is_near ? self->belief[k] : 0.0f;
        near_now += is_near ? self->chances[k] : 0.0f;
        if ((k < bin - 2 || k > bin + 2) && self->scores[k] > second)
            second = self->scores[k];
    }
    out[0] = near, out[1] = near_now;
    out[2] = pitch_held((best - second) / 10.0f, -2.0f, 2.0f);
    out[3] = pitch_held(best / 20.0f, -3.0f, 3.0f);
    out[4] = (float)bin / BINS;
    out[5] = pitch_held(self->odds / 10.0f, -2.0f, 2.0f);
    return 6;
}

/* How it came about; out holds the last hop's. */
static void history(core_pitch *self, float odds, float *out)
{
    int step = self->bin - self->last_bin, is_same = step >= -1 && step <= 1;
    self->steady_hops = is_same ? self->steady_hops + 1 : 0;
    self->last_bin = self->bin;
    out[0] += SMOOTH * (odds - out[0]);
    out[1] += SMOOTH * ((float)is_same - out[1]);
    out[2] = pitch_held((float)self->steady_hops / 25.0f, 0.0f, 1.0f);
}

static float chance_of(float logit)
{
    return 1.0f / (1.0f + expf(-pitch_held(logit, -30.0f, 30.0f)));
}

static void decide_plainly(core_pitch *self)
{
    const float *context = self->scalars, *clear = context + CONTEXT;
    int is_clear = fmaxf(clear[1], clear[2]) > PLAIN_CLARITY && 20.0f * context[2] > PLAIN_DB;
    self->is_voiced = is_clear && self->level_db > PITCH_QUIETEST_DB;
    self->sure = self->is_voiced ? clear[ROWS] : 0.0f;
}

/* Whether what sounds is loud or sure enough to be more than what others play beside the melody. */
static int is_melody(const core_pitch *self, float right)
{
    float below_db = self->loud_db - fmaxf(self->level_db, self->quick_db) - BESIDE_DB;
    int has_quiet = self->loud_db - self->floor_db > QUIET_DB;
    return has_quiet || below_db < 0.0f || right > fminf(BESIDE_SURE, BESIDE_PRICE * below_db);
}

static void decide(core_pitch *self)
{
    float hidden[VOICE_HIDDEN], out[VOICE_OUT];
    const float *w = self->weights + SCORER_WEIGHTS, *bias = w + CORE_PITCH_SCALARS * VOICE_HIDDEN;
    const float *last = bias + VOICE_HIDDEN;
    dense(w, bias, self->scalars, hidden, CORE_PITCH_SCALARS, VOICE_HIDDEN);
    relu(hidden, VOICE_HIDDEN);
    dense(last, last + VOICE_HIDDEN * VOICE_OUT, hidden, out, VOICE_HIDDEN, VOICE_OUT);
    self->is_voiced = out[0] > (self->is_voiced ? HOLD : BEGIN) && is_melody(self, out[1])
                      && self->level_db > PITCH_QUIETEST_DB;
    self->sure = self->level_db > PITCH_QUIETEST_DB ? chance_of(out[1]) : 0.0f;
}

void pitch_voice(core_pitch *self)
{
    float *out = self->scalars + CONTEXT;
    out += clearness(self, out);
    out += certainty(self, out);
    history(self, out[-1], out);
    if (self->weights)
        decide(self);
    else
        decide_plainly(self);
}
