/* Steady noise, and the upper end of the sound, from one spectrum a span.
 *
 * Noise by minimum statistics (Martin 2001, IEEE Trans. Speech Audio Proc. 9, 504-512): in each
 * band what is between the harmonics, its lower quartile, and of that the least in 6 s.
 */
#include <math.h>
#include <string.h>

#include "sound_check.h"

#define TAU 6.283185307179586
#define WINDOW_SEC 0.064  /* of a spectrum, at least */
#define NOISE_FROM_HZ 80.0
#define NOISE_TO_HZ 8000.0
#define BAND_BINS 16      /* of a band, at least; ... */
#define BAND_SHARE 5      /* ... above that its start divided by this */
#define QUARTILE 3.476f   /* mean of exponentially spread power over its lower quartile: 1 / ln(4/3) */
#define LEAST_BIAS 1.6f  /* of the least of 24 such quartiles, against their mean: measured */
#define FADE 0.975f       /* of the loudest, a span: half in 7 s */

/* Below a cut, above it, and far above; Hz. */
static const double cut_hz[CUTS][CUT_BANDS][2] = {
    {{2800.0, 3350.0}, {4250.0, 5000.0}, {5000.0, 7000.0}},
    {{6000.0, 7000.0}, {8400.0, 9500.0}, {9500.0, 11000.0}},
};

static uint32_t length(double rate_hz)
{
    uint32_t n = 16;
    while (n < WINDOW_SEC * rate_hz)
        n *= 2;
    return n;
}

static size_t floats(uint32_t n)
{
    return 2 * (size_t)n + 3 * ((size_t)n / 2 + 4);
}

size_t sound_spectrum_extra(double rate_hz)
{
    uint32_t n = length(rate_hz);
    return floats(n) * sizeof(float) + fft_size(n);
}

static void lay_out_bands(sound_spectrum *self, double bin_hz, uint32_t nyquist)
{
    uint32_t at = (uint32_t)(NOISE_FROM_HZ / bin_hz), end = (uint32_t)(NOISE_TO_HZ / bin_hz);
    end = end < nyquist * 9 / 10 ? end : nyquist * 9 / 10;
    self->bands = 0;
    while (self->bands < BANDS && at < end) {
        uint32_t width = at / BAND_SHARE > BAND_BINS ? at / BAND_SHARE : BAND_BINS;
        self->band_at[self->bands++] = at;
        at = at + width < end ? at + width : end;
    }
    self->band_at[self->bands] = end;
}

static void lay_out_cuts(sound_spectrum *self, double bin_hz, uint32_t nyquist)
{
    memset(self->cut_at, 0, sizeof self->cut_at);
    for (int cut = 0; cut < CUTS; cut++) {
        if (cut_hz[cut][CUT_BANDS - 1][1] > 0.95 * nyquist * bin_hz)
            continue;
        for (int band = 0; band < CUT_BANDS; band++)
            for (int end = 0; end < 2; end++)
                self->cut_at[cut][band][end] = (uint32_t)(cut_hz[cut][band][end] / bin_hz);
    }
}

void sound_spectrum_init(sound_spectrum *self, double rate_hz, void *extra)
{
    uint32_t n = self->n = length(rate_hz), half = n / 2 + 4; /* + 4 keeps all aligned */
    self->window = extra;
    self->x = self->window + n;
    self->re = self->x + n;
    self->im = self->re + half;
    self->power = self->im + half;
    self->transform = (fft *)(void *)(self->power + half);
    fft_init(self->transform, n);
    for (uint32_t i = 0; i < n; i++) /* Hann's, scaled so that bins add up to the mean square */
        self->window[i] = (float)((1.0 - cos(TAU * (i + 0.5) / n)) / (sqrt(0.75) * n));
    lay_out_bands(self, rate_hz / n, n / 2);
    lay_out_cuts(self, rate_hz / n, n / 2);
}

void sound_spectrum_reset(sound_spectrum *self)
{
    self->filled = 0;
    self->spans = 0;
    self->band_power = 0.0;
    memset(self->noise, 0, sizeof self->noise);
    memset(self->most, 0, sizeof self->most);
}

/* The value of rank k, counted from 0, of n values, which are reordered (Hoare 1961, "Find"). */
static float ranked(float *x, int32_t n, int32_t k)
{
    int32_t low = 0, high = n - 1;
    while (low < high) {
        float pivot = x[k];
        int32_t i = low, j = high;
        do {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i <= j) {
                float held = x[i];
                x[i++] = x[j];
                x[j--] = held;
            }
        } while (i <= j);
        if (j < k)
            low = i;
        if (k < i)
            high = j;
    }
    return x[k];
}

/* What so many quarters of the bins' powers are below of. */
static float quantile(const sound_spectrum *self, uint32_t from, uint32_t to, uint32_t quarters)
{
    float *held = self->re; /* no longer needed */
    memcpy(held, self->power + from, (to - from) * sizeof *held);
    return ranked(held, (int32_t)(to - from), (int32_t)((to - from) * quarters / 4));
}

static void note_cuts(sound_spectrum *self)
{
    for (int cut = 0; cut < CUTS; cut++)
        for (int band = 0; band < CUT_BANDS && self->cut_at[cut][0][1] > 0; band++) {
            const uint32_t *bins = self->cut_at[cut][band];
            float now = quantile(self, bins[0], bins[1], 2);
            self->most[cut][band] = fmaxf(now, FADE * self->most[cut][band]);
        }
}

static double band_power(const sound_spectrum *self)
{
    double sum = 0.0;
    for (uint32_t k = self->band_at[0]; k < self->band_at[self->bands]; k++)
        sum += self->power[k];
    return sum;
}

static void note_noise(sound_spectrum *self)
{
    float *noise = self->noise[self->spans++ % NOISE_SPANS];
    for (uint32_t band = 0; band < self->bands; band++) {
        uint32_t from = self->band_at[band], to = self->band_at[band + 1];
        noise[band] = LEAST_BIAS * QUARTILE * (float)(to - from) * quantile(self, from, to, 1);
    }
}

void sound_spectrum_block(sound_spectrum *self, const float *x, uint32_t n)
{
    if (self->filled == self->n)
        return;
    uint32_t count = self->n - self->filled < n ? self->n - self->filled : n;
    for (uint32_t i = 0; i < count; i++)
        self->x[self->filled + i] = x[i] * self->window[self->filled + i];
    self->filled += count;
    if (self->filled < self->n)
        return;
    fft_real(self->transform, self->x, self->re, self->im);
    for (uint32_t k = 0; k <= self->n / 2; k++)
        self->power[k] = self->re[k] * self->re[k] + self->im[k] * self->im[k];
    self->band_power = band_power(self);
    note_cuts(self);
    note_noise(self);
}

static double steady_noise(const sound_spectrum *self)
{
    uint64_t spans = self->spans < NOISE_SPANS ? self->spans : NOISE_SPANS;
    double sum = 0.0;
    for (uint32_t band = 0; band < self->bands; band++) {
        float least = self->noise[0][band];
        for (uint64_t i = 1; i < spans; i++)
            least = fminf(least, self->noise[i][band]);
        sum += least;
    }
    return sum;
}

static double fall_db(const float *most)
{
    double above = fmax(most[1], most[2]);
    return most[0] > 0.0f ? sound_level_db(most[0]) - sound_level_db(above) : 0.0;
}

void sound_spectrum_span(sound_spectrum *self, core_signal_span *out)
{
    self->filled = 0;
    out->band_db = sound_level_db(self->band_power);
    out->noise_db = sound_level_db(steady_noise(self));
    out->cut_4k_db = fall_db(self->most[0]);
    out->cut_8k_db = fall_db(self->most[1]);
}
