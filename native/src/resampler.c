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
#define CHUNK 512         /* samples taken in at once */

struct resampler {
    double step; /* samples in for one out */
    size_t n_phases, n_taps, n_before; /* taps before the instant itself */
    int is_exact;                      /* the phases repeat: n_phases out for whole samples in */
    int64_t n_out;                     /* given out so far */
    int64_t first;                     /* which sample of the stream buffer[0] is */
    size_t n_held;                     /* samples in buffer */
    float *taps;                       /* (n_phases, n_taps) */
    float *buffer;                     /* (n_taps + CHUNK,) */
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

size_t resampler_size(double rate_hz)
{
    if (!(rate_hz >= DSP_RATE_MIN_HZ && rate_hz <= DSP_RATE_MAX_HZ))
        return 0;
    int is_exact;
    size_t n_taps = taps_of(rate_hz);
    size_t floats = phases_of(rate_hz, &is_exact) * n_taps + n_taps + CHUNK;
    return (sizeof(resampler) + 15) / 16 * 16 + (floats * sizeof(float) + 15) / 16 * 16;
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

void resampler_init(resampler *self, double rate_hz)
{
    float *place = (float *)((uint8_t *)self + (sizeof(resampler) + 15) / 16 * 16);
    self->step = rate_hz / DSP_RATE_HZ;
    self->n_phases = phases_of(rate_hz, &self->is_exact);
    self->n_taps = taps_of(rate_hz);
    self->n_before = self->n_taps / 2 - 1;
    self->taps = place;
    self->buffer = place + self->n_phases * self->n_taps;
    double cutoff = PASSED / self->step;
    for (size_t p = 0; p < self->n_phases; p++)
        fill_taps(self->taps + p * self->n_taps, self->n_taps, self->n_before,
                  (double)p / (double)self->n_phases, cutoff);
    resampler_reset(self);
}

void resampler_reset(resampler *self)
{
    memset(self->buffer, 0, (self->n_taps + CHUNK) * sizeof(float));
    self->n_out = 0;
    self->first = -(int64_t)self->n_before; /* silence before the first sample */
    self->n_held = self->n_before;
}

double resampler_delay_sec(const resampler *self)
{
    return (double)(self->n_taps - self->n_before) / (self->step * DSP_RATE_HZ);
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

/* Where the next sample out lies: the sample in before it and the phase. */
static inline int64_t instant(const resampler *self, size_t *phase)
{
    double position = (double)self->n_out * self->step;
    int64_t whole;
    double part;
    if (self->is_exact) { /* in whole numbers: no rounding, however long the stream */
        int64_t phases = (int64_t)self->n_phases;
        int64_t per_cycle = (int64_t)(self->step * (double)phases + 0.5);
        int64_t steps = self->n_out % phases * per_cycle;
        *phase = (size_t)(steps % phases);
        return self->n_out / phases * per_cycle + steps / phases;
    }
    whole = (int64_t)floor(position);
    part = (position - (double)whole) * (double)self->n_phases;
    *phase = (size_t)part;
    return whole;
}

/* Give out what the buffer settles. */
static inline size_t give(resampler *self, float *out, size_t room)
{
    size_t given = 0, phase;
    for (; given < room; given++, self->n_out++) {
        int64_t at = instant(self, &phase) - (int64_t)self->n_before - self->first;
        if (at + (int64_t)self->n_taps > (int64_t)self->n_held)
            break;
        out[given] = dot(self->buffer + at, self->taps + phase * self->n_taps, self->n_taps);
    }
    return given;
}

/* Drop what no sample to come needs, so that a chunk fits. */
static inline void make_room(resampler *self)
{
    size_t phase;
    int64_t unneeded = instant(self, &phase) - (int64_t)self->n_before - self->first;
    size_t gone = unneeded < (int64_t)self->n_held ? (size_t)unneeded : self->n_held;
    memmove(self->buffer, self->buffer + gone, (self->n_held - gone) * sizeof(float));
    self->n_held -= gone;
    self->first += (int64_t)gone;
}

DSP_CLONES size_t resampler_process(resampler *self, const float *samples, size_t n, size_t *used,
                                    float *out, size_t room)
{
    size_t taken = 0, given = give(self, out, room);
    while (taken < n && given < room) {
        make_room(self);
        size_t space = self->n_taps + CHUNK - self->n_held;
        size_t here = n - taken < space ? n - taken : space;
        for (size_t k = 0; k < here; k++)
            self->buffer[self->n_held + k] = cleaned(samples[taken + k]);
        self->n_held += here;
        taken += here;
        given += give(self, out + given, room - given);
    }
    *used = taken;
    return given;
}
