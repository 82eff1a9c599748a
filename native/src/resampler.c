/* Any sample rate to the inner one: a windowed sinc, one set of taps for every phase.
 *
 * Smith (1984), "A flexible sampling-rate conversion method", ICASSP; the window is Kaiser's.  Where
 * the two rates share no small ratio the nearest of MAX_PHASES phases serves: its error lies 60 dB
 * below the sound.
 */
#include "dsp.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define MAX_PHASES 512
#define CROSSINGS 10      /* zero crossings of the sinc on either side: 0.6 ms of delay */
#define PASSED 0.90       /* where the pass band ends, as a share of the lower Nyquist rate */
#define KAISER_BETA 6.0   /* stops 60 dB */
#define LANES 8           /* the taps are summed in this many sums, so that vectors hold them */

struct resampler_plan {
    double step; /* samples in for one out */
    size_t n_phases, n_taps, n_before; /* taps before the instant itself */
    int is_exact;                      /* the phases repeat: n_phases out for whole samples in */
    int64_t step_whole, step_phases;   /* then: samples in for one out, and phases beyond */
    float *taps;                       /* (n_phases, n_taps) */
};

static size_t greatest_divisor(size_t a, size_t b)
{
    while (b) {
        size_t rest = a % b;
        a = b, b = rest;
    }
    return a;
}

static size_t phases_of(double rate_hz, int *is_exact)
{
    size_t inner = (size_t)DSP_RATE_HZ;
    *is_exact = 0;
    if (rate_hz != floor(rate_hz))
        return MAX_PHASES;
    size_t phases = inner / greatest_divisor(inner, (size_t)rate_hz);
    *is_exact = phases <= MAX_PHASES;
    return *is_exact ? phases : MAX_PHASES;
}

static size_t taps_of(double rate_hz)
{
    size_t wanted = 2 * (size_t)ceil(CROSSINGS * rate_hz / DSP_RATE_HZ);
    return (wanted + LANES - 1) / LANES * LANES;
}

#define TAPS_OFFSET ((sizeof(resampler_plan) + 15) / 16 * 16)

size_t resampler_plan_size(double rate_hz)
{
    if (!(rate_hz >= DSP_RATE_MIN_HZ && rate_hz <= DSP_RATE_MAX_HZ))
        return 0;
    int is_exact;
    size_t floats = phases_of(rate_hz, &is_exact) * taps_of(rate_hz);
    return TAPS_OFFSET + (floats * sizeof(float) + 15) / 16 * 16;
}

/* The modified Bessel function I0, by its series. */
static double bessel_i0(double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; k < 40; k++) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

/* The taps of one phase: they pass a constant unchanged. */
static void fill_taps(float *taps, size_t n_taps, size_t n_before, double phase, double cutoff)
{
    double half = (double)n_taps / 2.0, sum = 0.0;
    for (int is_sum = 1; is_sum >= 0; is_sum--)
        for (size_t k = 0; k < n_taps; k++) {
            double t = (double)k - (double)n_before - phase, x = t / half;
            double window = x * x < 1.0 ? bessel_i0(KAISER_BETA * sqrt(1.0 - x * x)) : 0.0;
            double sinc = t == 0.0 ? 1.0 : sin(PI * cutoff * t) / (PI * cutoff * t);
            if (is_sum)
                sum += window * sinc;
            else
                taps[k] = (float)(window * sinc / sum);
        }
}

void resampler_plan_init(resampler_plan *self, double rate_hz)
{
    self->step = rate_hz / DSP_RATE_HZ;
    self->n_phases = phases_of(rate_hz, &self->is_exact);
    self->n_taps = taps_of(rate_hz);
    self->n_before = self->n_taps / 2 - 1;
    self->taps = (float *)(void *)((uint8_t *)self + TAPS_OFFSET);
    int64_t phases = (int64_t)self->n_phases, per_cycle = (int64_t)(self->step * (double)phases + 0.5);
    self->step_whole = per_cycle / phases, self->step_phases = per_cycle % phases;
    double cutoff = PASSED / self->step;
    for (size_t p = 0; p < self->n_phases; p++)
        fill_taps(self->taps + p * self->n_taps, self->n_taps, self->n_before,
                  (double)p / (double)self->n_phases, cutoff);
}

double resampler_delay_sec(const resampler_plan *self)
{
    return (double)(self->n_taps - self->n_before) / (self->step * DSP_RATE_HZ);
}

void resampler_init(resampler *self, const resampler_plan *plan)
{
    self->plan = plan;
    resampler_reset(self);
}

void resampler_reset(resampler *self)
{
    memset(self->buffer, 0, sizeof self->buffer);
    self->at = self->phase = self->n_out = 0;
    self->first = -(int64_t)self->plan->n_before; /* silence before the first sample */
    self->n_held = self->plan->n_before;
}

static inline float cleaned(float x)
{
    if (!(x - x == 0.0f)) /* NaN or infinite */
        return 0.0f;
    return x > DSP_PEAK ? DSP_PEAK : x < -DSP_PEAK ? -DSP_PEAK : x;
}

static inline float dot(const float *a, const float *b, size_t n)
{
    float sum[LANES] = {0};
    for (size_t k = 0; k < n; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += a[k + lane] * b[k + lane];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

/* Go on to the next sample out: the sample in before it and the phase. */
static inline void step_on(resampler *self, const resampler_plan *plan)
{
    if (plan->is_exact) { /* in whole numbers: no rounding, however long the stream */
        int64_t phase = self->phase + plan->step_phases, phases = (int64_t)plan->n_phases;
        self->at += plan->step_whole + (phase >= phases);
        self->phase = phase - (phase >= phases ? phases : 0);
        return;
    }
    double position = (double)++self->n_out * plan->step;
    self->at = (int64_t)floor(position);
    self->phase = (int64_t)((position - (double)self->at) * (double)plan->n_phases);
}

/* Give out what the buffer settles. */
static inline size_t give(resampler *self, const resampler_plan *plan, float *out, size_t room)
{
    size_t given = 0, n_taps = plan->n_taps;
    for (; given < room; given++) {
        int64_t from = self->at - (int64_t)plan->n_before - self->first;
        if (from + (int64_t)n_taps > (int64_t)self->n_held)
            break;
        out[given] = dot(self->buffer + from, plan->taps + (size_t)self->phase * n_taps, n_taps);
        step_on(self, plan);
    }
    return given;
}

/* Drop what no sample to come needs, so that a chunk fits. */
static inline void make_room(resampler *self, const resampler_plan *plan)
{
    int64_t unneeded = self->at - (int64_t)plan->n_before - self->first;
    size_t gone = unneeded < (int64_t)self->n_held ? (size_t)unneeded : self->n_held;
    memmove(self->buffer, self->buffer + gone, (self->n_held - gone) * sizeof(float));
    self->n_held -= gone;
    self->first += (int64_t)gone;
}

DSP_CLONES size_t resampler_process(resampler *self, const float *samples, size_t n, size_t *used,
                                    float *out, size_t room)
{
    const resampler_plan *plan = self->plan;
    size_t taken = 0, given = give(self, plan, out, room);
    while (taken < n && given < room) {
        make_room(self, plan);
        size_t space = plan->n_taps + RESAMPLER_CHUNK - self->n_held;
        size_t here = n - taken < space ? n - taken : space;
        for (size_t k = 0; k < here; k++)
            self->buffer[self->n_held + k] = cleaned(samples[taken + k]);
        self->n_held += here;
        taken += here;
        given += give(self, plan, out + given, room - given);
    }
    *used = taken;
    return given;
}
