/* What the hop is like as a whole: levels against the melody's own and against what is left between
 * its notes, and how much of the sound is tone.  The first scalars of a frame.
 */
#include <math.h>
#include <string.h>

#include "pitch.h"

#define RISE 0.2f        /* the melody's level follows what is louder by this share a hop ... */
#define FALL_DB 0.01f    /* ... and falls by 2.5 dB a second */
#define FAR_DB 20.0f     /* what is clear, but so far below it for so many hops (0.24 s), ... */
#define FAR_HOPS 60
#define FAR_CLEAR 0.8f
#define FAR_FALL_DB 0.5f /* ... is what is played now: the level falls by 125 dB a second */
#define FLOOR_FALL 0.3f  /* the floor falls by this share, ... */
#define FLOOR_RISE_DB 0.02f
#define FIRST_DB -50.0f
#define LOUD_STEP_DB 0.05f /* the level that LOUD_SHARE of all hops lie below moves by so much, */
#define LOUD_SHARE 0.9f
#define LOUD_NEAR_DB 12.0f /* stays so near to what sounds now, and knows nothing of silence */
#define SMOOTH 0.12f     /* share of a hop in the running means: 33 ms */

void pitch_context_reset(core_pitch *self)
{
    memset(self->scalars, 0, sizeof self->scalars);
    self->reference_db = FIRST_DB;
    self->floor_db = FIRST_DB;
    self->loud_db = FIRST_DB;
    self->level_db = self->quick_db = -100.0f;
    self->far_hops = 0;
}

/* Level of the last hops, in dB of full scale. */
static float level_db(const core_pitch *self, int hops)
{
    float sum = 0.0f;
    for (int k = 0; k < hops; k++)
        sum += self->energy[(self->n_hops + LONGEST - k) % LONGEST];
    return 10.0f * log10f(sum / (float)(hops * HOP) + 1e-10f);
}

static void measure_levels(core_pitch *self, float *out)
{
    float now[WINDOWS];
    for (int window = 0; window < WINDOWS; window++) {
        now[window] = level_db(self, PITCH_WINDOW_HOPS[window]);
        out[window] = pitch_held((now[window] - self->reference_db) / 20.0f, -3.0f, 1.0f);
    }
    self->level_db = now[2];
    self->quick_db = now[0];
    out[4] = now[2] / 40.0f + 1.0f;
    out[5] = pitch_held((now[0] - now[2]) / 10.0f, -3.0f, 3.0f);
    out[6] = pitch_held((now[2] - now[3]) / 10.0f, -3.0f, 3.0f);
    out[7] = pitch_held((now[2] - self->floor_db) / 20.0f, -1.0f, 3.0f);
    out[8] = pitch_held((now[0] - self->floor_db) / 20.0f, -1.0f, 3.0f);
}

static float mean_size(const float *row, int first, int last)
{
    float sum = 0.0f;
    for (int k = first; k < last; k++)
        sum += row[k] > 0.0f ? row[k] : -row[k];
    return sum / (float)(last - first);
}

/* How far the melody's level falls: what was much louder need not have been the melody. */
static float fall_db(core_pitch *self, float up, float clear)
{
    if (up > -FAR_DB)
        self->far_hops = 0;
    else
        self->far_hops += clear > FAR_CLEAR;
    return self->far_hops > FAR_HOPS && clear > FAR_CLEAR ? FAR_FALL_DB : FALL_DB;
}

static void follow_levels(core_pitch *self, float clear)
{
    float up = self->level_db - self->reference_db, above = self->level_db - self->floor_db;
    float fall = fall_db(self, up, clear);
    self->reference_db += up > 0.0f ? RISE * up * (clear > 0.0f ? clear : 0.0f) : -fall;
    self->floor_db += above < 0.0f ? FLOOR_FALL * above : FLOOR_RISE_DB;
}

/* A quantile of the levels, followed step by step: what plays beside the melody stays below it. */
static void follow_loudest(core_pitch *self)
{
    float level = self->level_db;
    if (level < PITCH_QUIETEST_DB)
        return;
    self->loud_db += LOUD_STEP_DB * (level > self->loud_db ? LOUD_SHARE : LOUD_SHARE - 1.0f);
    if (self->loud_db < level - LOUD_NEAR_DB)
        self->loud_db = level - LOUD_NEAR_DB;
}

void pitch_context(core_pitch *self)
{
    float *out = self->scalars;
    const float *usual = self->rows[2] + PAD;
    measure_levels(self, out);
    out[9] = mean_size(self->rows[WINDOWS], PAD + 64, PAD + 184);
    out[10] = mean_size(self->rows[WINDOWS + 1], PAD, PAD + 120);
    out[11] = mean_size(self->rows[WINDOWS + 2], PAD + 64, PAD + 184);
    out[12] = usual[pitch_largest(usual, self->low_bin, self->high_bin)];
    out[13] = self->fast.finer[2][UP]; /* how alike neighbouring samples are: hiss or not */
    out[14] += SMOOTH * (out[1] - out[14]);
    out[15] += SMOOTH * (out[12] - out[15]);
    follow_levels(self, out[15]);
    follow_loudest(self);
}
