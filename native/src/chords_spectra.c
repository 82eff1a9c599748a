/* The spectra on either side of an onset, in dB. */
#include "chords.h"

#include <string.h>

#define FLOOR_DB -80.0f /* below the loudest bin after the onset: nothing is told from less */
#define CEILING_DB 20.0f
#define LOWEST_BIN_HZ 25.0
#define TINY 1e-20f
#define GAP 48 /* samples between the window before an onset and the onset: 3 ms */

/* 10 log10(power): the exponent's bits and a polynomial of the mantissa, within 0.001 dB; so that
 * vectors hold several.  The coefficients are a least-squares fit of log2 over 1..2. */
static inline float decibels(float power)
{
    union {
        float value;
        uint32_t bits;
    } of = {power + TINY};
    float exponent = (float)((int32_t)(of.bits >> 23) - 127);
    of.bits = (of.bits & 0x007fffffu) | 0x3f800000u;
    float m = of.value - 1.0f;
    float rest = 0.442442146f + m * (-0.274591597f
                 + m * (0.178849766f + m * (-0.092276139f + m * 0.0243793357f)));
    float log2 = m + m * (1.0f - m) * rest;
    return 3.01029996f * (exponent + log2);
}

/* n samples from one of the stream's instants on; zeros before its first and after its last. */
static void cut(const core_chords *self, int64_t first, size_t n, float *out)
{
    for (size_t k = 0; k < n;) {
        int64_t at = first + (int64_t)k;
        if (at < 0 || at >= self->heard) {
            out[k++] = 0.0f;
            continue;
        }
        size_t place = (size_t)(at % HISTORY), run = n - k;
        run = run < HISTORY - place ? run : HISTORY - place;
        run = run < (size_t)(self->heard - at) ? run : (size_t)(self->heard - at);
        memcpy(out + k, self->history + place, run * sizeof *out);
        k += run;
    }
}

/* The samples under a Hann window, and zeros up to the transform's length. */
static void fade(const core_chords *self, float *piece, size_t n, size_t length)
{
    double step = 2.0 * WINDOW_TABLE / (double)n;
    float scale = 2.0f / (float)n; /* the window's sum is n / 2 */
    for (size_t k = 0; k < n; k++) {
        double x = ((double)k + 0.5) * step;
        x = x <= WINDOW_TABLE ? x : 2.0 * WINDOW_TABLE - x;
        size_t at = (size_t)x;
        float part = (float)(x - (double)at), low = self->window[at];
        piece[k] *= (low + part * (self->window[at + 1] - low)) * scale;
    }
    memset(piece + n, 0, (length - n) * sizeof *piece);
}

DSP_CLONES static void to_decibels(const float *re, const float *im, size_t n, float *db)
{
    for (size_t k = 0; k < n; k++)
        db[k] = decibels(re[k] * re[k] + im[k] * im[k]);
}

/* The spectrum of n samples from `first` on. */
static void transform(core_chords *self, int64_t first, size_t n, spectrum *out)
{
    size_t length = n <= LONGEST / 2 ? LONGEST / 2 : LONGEST;
    cut(self, first, n, self->piece);
    fade(self, self->piece, n, length);
    fft_real(length == LONGEST ? self->long_fft : self->short_fft, self->piece, self->re, self->im);
    out->bins = length / 2 + 1;
    out->bin_hz = DSP_RATE_HZ / (double)length;
    to_decibels(self->re, self->im, out->bins, out->db);
}

static float loudest(const spectrum *of)
{
    float most = 10.0f * -20.0f;
    for (size_t k = (size_t)(LOWEST_BIN_HZ / of->bin_hz); k < of->bins; k++)
        most = of->db[k] > most ? of->db[k] : most;
    return most;
}

/* Levels over a reference, held within floor and ceiling, and their sums. */
static void level(spectrum *of, float reference_db)
{
    for (size_t k = 0; k < of->bins; k++) {
        float db = of->db[k] - reference_db;
        db = db > FLOOR_DB ? db : FLOOR_DB;
        of->db[k] = db < CEILING_DB ? db : CEILING_DB;
    }
    of->sum[0] = 0.0f;
    for (size_t k = 0; k < of->bins; k++)
        of->sum[k + 1] = of->sum[k] + of->db[k];
}

void chords_spectra(core_chords *self, int64_t onset, int64_t end)
{
    int64_t first = onset - LEAD;
    int64_t n = end - first;
    n = n < SHORTEST ? SHORTEST : n;
    if (n > LONGEST)
        n = LONGEST, first = end - LONGEST;
    transform(self, first, (size_t)n, &self->after);
    transform(self, onset - GAP - n, (size_t)n, &self->before);
    int64_t attack = end - (onset - LEAD);
    attack = attack < SHORTEST ? SHORTEST : attack > ATTACK ? ATTACK : attack;
    transform(self, onset - LEAD, (size_t)attack, &self->attack);
    int64_t late = end - first < LATE ? end - first : LATE;
    late = late < SHORTEST ? SHORTEST : late;
    transform(self, end - late, (size_t)late, &self->late);
    float reference_db = loudest(&self->after);
    level(&self->after, reference_db);
    level(&self->before, reference_db);
    level(&self->attack, reference_db);
    level(&self->late, reference_db);
}
