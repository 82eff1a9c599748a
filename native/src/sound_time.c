/* Levels and faults that show in the samples themselves: cut-off tops, holes, digital silence.
 *
 * Tops are cut off where samples stand still at the extreme and their neighbour is far below it,
 * which no smooth wave does. So clipping is also seen after the volume was turned down.
 */
#include <math.h>
#include <string.h>

#include "sound_check.h"

#define DC_SHARE 0.02      /* of each block in the running mean: 0.5 s */
#define STEP_16 (1.0f / 32768.0f)
#define CORNER 16.0f        /* steps from a cut-off top to its neighbour, at least */
#define TOP_SAMPLES 4        /* of a cut-off top, at least */
#define TOP_LEAST 0.05f    /* tops below this are not looked at */
#define FULL_SCALE 0.999f  /* what reaches this is cut off, too */
#define RUN_SAMPLES 32     /* equal ones that may be a hole: a quarter of a small audio buffer */
#define LOUD_SAMPLES 64    /* before and after a hole that are looked at */
#define LOUD 0.003f        /* -50 dBFS: sound in which a hole is heard */
#define HEARD 0.0005f      /* -66 dBFS: more than the last steps of a fade */
#define OVER_HELD 1.5f     /* what a hole is cut into, over the value held in it */
#define GAP_SEC 0.1        /* longer holes are pauses */

enum { LANES = 4 };
typedef float lanes __attribute__((vector_size(16)));
typedef int32_t marks __attribute__((vector_size(16)));
typedef float loose_lanes __attribute__((vector_size(16), aligned(4), may_alias));

void sound_time_reset(sound_time *self, double rate_hz)
{
    memset(self, 0, sizeof *self);
    self->quietest = INFINITY;
    self->gap_samples = (uint32_t)(GAP_SEC * rate_hz);
}

static inline lanes least(lanes a, lanes b)
{
    marks is_less = a < b;
    return (lanes)(((marks)a & is_less) | ((marks)b & ~is_less));
}

/* Mean power without DC; finds low and high, for which the last vector may overlap the one before. */
static double measure(sound_time *self, const float *x, uint32_t n)
{
    float dc = (float)self->dc, sum = 0.0f, square = 0.0f;
    lanes sums = {0}, squares = {0}, low = *(const loose_lanes *)x, highs = -low;
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes now = *(const loose_lanes *)(x + i), y = now - dc;
        sums += y;
        squares += y * y;
        low = least(now, low);
        highs = least(-now, highs);
    }
    lanes last = *(const loose_lanes *)(x + n - LANES);
    low = least(last, low);
    highs = least(-last, highs);
    for (; i < n; i++) {
        sum += x[i] - dc;
        square += (x[i] - dc) * (x[i] - dc);
    }
    self->low = low[0];
    self->high = -highs[0];
    for (int k = 0; k < LANES; k++) {
        sum += sums[k];
        square += squares[k];
        self->low = fminf(self->low, low[k]);
        self->high = fmaxf(self->high, -highs[k]);
    }
    self->dc += DC_SHARE * sum / n;
    return (double)square / n;
}

/* Whether samples stand still at the extreme, sign times it being the highest, and leave it by a
 * corner. */
static int has_flat_top(const float *x, uint32_t n, float extreme, float sign)
{
    float top = extreme - STEP_16, corner = extreme - CORNER * STEP_16;
    uint32_t length = 0;
    int is_sharp = 0;
    for (uint32_t i = 0; i < n; i++) {
        float y = sign * x[i];
        if (y >= top) {
            if (length++ == 0)
                is_sharp = sign * x[(int64_t)i - 1] < corner;
        } else {
            if (length >= TOP_SAMPLES && (is_sharp || y < corner))
                return 1;
            length = 0;
        }
    }
    return length >= TOP_SAMPLES && is_sharp;
}

/* How many samples lie at or beyond either bound. */
DSP_CLONES
static int outside(const float *x, uint32_t n, float low, float high)
{
    int count = 0;
    for (uint32_t i = 0; i < n; i++)
        count += (x[i] <= low) | (x[i] >= high);
    return count;
}

static int is_clipped(const sound_time *self, const float *x, uint32_t n)
{
    float high = self->high, low = self->low;
    if (fmaxf(high, -low) < TOP_LEAST || high == low)
        return 0;
    if (fmaxf(high, -low) >= FULL_SCALE && outside(x, n, -FULL_SCALE, FULL_SCALE) >= TOP_SAMPLES)
        return 1;
    if (outside(x, n, low + STEP_16, high - STEP_16) < TOP_SAMPLES) /* as in most sound */
        return 0;
    return (high >= TOP_LEAST && has_flat_top(x, n, high, 1.0f)) ||
           (-low >= TOP_LEAST && has_flat_top(x, n, -low, -1.0f));
}

static float loudest(const float *x, uint32_t n, float dc)
{
    float most = 0.0f;
    for (uint32_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(x[i] - dc));
    return most;
}

/* The run goes on with x[0]: at its 32nd sample, what did it come out of? Over 100 ms it is a
 * pause, and one that cut off a sound was made by a gate. */
static void extend_run(sound_time *self, const float *x)
{
    self->run += self->run <= self->gap_samples;
    if (self->run == RUN_SAMPLES) {
        float dc = (float)self->dc, held = fabsf(x[0] - dc); /* at a cut-off top all is below it */
        float before = loudest(x + 1 - RUN_SAMPLES - LOUD_SAMPLES, LOUD_SAMPLES, dc);
        self->is_loud = before >= OVER_HELD * held + LOUD;
        self->is_heard = before >= OVER_HELD * held + HEARD;
    }
    if (self->run == self->gap_samples)
        self->gates += self->is_heard;
}

static void end_run(sound_time *self)
{
    int is_gap = self->run >= RUN_SAMPLES && self->run < self->gap_samples && self->is_loud;
    if (is_gap)
        self->watch = LOUD_SAMPLES;
    self->run = 1;
}

static void follow_runs(sound_time *self, const float *x, uint32_t n)
{
    float dc = (float)self->dc;
    for (uint32_t i = 0; i < n; i++) {
        if (x[i] == x[(int64_t)i - 1])
            extend_run(self, x + i);
        else
            end_run(self);
        if (self->watch > 0) {
            int is_loud = fabsf(x[i] - dc) >= LOUD;
            self->gaps += is_loud;
            self->watch = is_loud ? 0 : self->watch - 1;
        }
    }
}

/* No run of 32 can end or begin in sound where no two samples 16 apart are equal. */
static int may_have_runs(const sound_time *self, const float *x, uint32_t n)
{
    if (self->watch > 0 || x[0] == x[-1])
        return 1;
    int count = 0;
    for (uint32_t i = RUN_SAMPLES / 2; i < n; i += RUN_SAMPLES / 2)
        count += x[i] == x[i - RUN_SAMPLES / 2];
    return count > 0;
}

static uint32_t run_at_end(const float *x, uint32_t n)
{
    uint32_t run = 1;
    while (run < n && x[n - 1 - run] == x[n - 1])
        run++;
    return run;
}

void sound_time_block(sound_time *self, uint32_t n)
{
    float *x = self->block + BEFORE;
    double power = measure(self, x, n);
    self->power_sum += power;
    self->loudest = fmax(self->loudest, power);
    self->quietest = fmin(self->quietest, power);
    self->peak = fmaxf(self->peak, fmaxf(self->high, -self->low));
    self->constant += self->high == self->low;
    self->clipped += is_clipped(self, x, n);
    if (may_have_runs(self, x, n))
        follow_runs(self, x, n);
    else
        self->run = run_at_end(x, n);
    memcpy(self->block, x + n - BEFORE, BEFORE * sizeof *x);
}

void sound_time_span(sound_time *self, core_signal_span *out)
{
    out->level_db = sound_level_db(self->power_sum / BLOCKS);
    out->loudest_db = sound_level_db(self->loudest);
    out->quietest_db = sound_level_db(self->quietest);
    out->peak = self->peak;
    out->dc = self->dc;
    out->clipped_blocks = self->clipped;
    out->constant_blocks = self->constant;
    out->gaps = self->gaps;
    out->gates = self->gates;
    self->power_sum = self->loudest = 0.0;
    self->quietest = INFINITY;
    self->peak = 0.0f;
    self->clipped = self->constant = self->gaps = self->gates = 0;
}
