/* Attacks: where the spectrum grows in many bands at once.
 *
 * Spectral flux of log bands against the louder of the two hops before (Böck & Widmer 2013, DAFx,
 * "maximum filter vibrato suppression", in its simplest form), each band held against its own
 * recent peak (Stowell & Plumbley 2007, ICMC, "adaptive whitening").
 */
#include "chords.h"

#include <math.h>
#include <string.h>

#define LOWEST_HZ 60.0
#define HIGHEST_HZ 7000.0
#define FORGET 0.9975f /* of a band's peak a hop: 3 dB in 2.2 s */
#define FLOOR 1e-4f    /* a band's peak over the loudest band's: what is less does not count */
#define SILENCE 1e-9f  /* a band's power at -90 dB below full scale or so */
#define COMPRESS 100.0f
#define MEMORY 0.95f   /* of the flux a hop: 150 ms */
#define OVER 1.3f      /* how far an attack stands over the flux of before ... */
#define AT_LEAST 0.04f /* ... and over nothing */
#define SETTLED 16     /* hops before which a band's peak is none yet: 128 ms */
#define APART 5        /* hops between attacks: 40 ms */
#define REFINE_BACK 448 /* samples before a hop's end in which its attack lies: 28 ms */
#define REFINE_STEP 16
#define REFINE_SPAN 96 /* samples compared on either side: 6 ms */

void attack_init(attack_finder *self)
{
    for (int k = 0; k <= ATTACK_BANDS; k++) {
        double hz = LOWEST_HZ * pow(HIGHEST_HZ / LOWEST_HZ, (double)k / ATTACK_BANDS);
        self->edge[k] = (int32_t)floor(hz * ATTACK_WINDOW / DSP_RATE_HZ + 0.5);
        if (k && self->edge[k] <= self->edge[k - 1])
            self->edge[k] = self->edge[k - 1] + 1;
    }
    attack_reset(self);
}

void attack_reset(attack_finder *self)
{
    memset(self->level, 0, sizeof self->level);
    memset(self->peak, 0, sizeof self->peak);
    memset(self->flux, 0, sizeof self->flux);
    self->usual = 0.0f;
    self->hops = 0;
    self->last = -APART;
    self->n_found = 0;
}

/* The bands' powers of the window that ends at `end`. */
static void bands(core_chords *self, int64_t end, float *power)
{
    attack_finder *finder = &self->attacks;
    for (int k = 0; k < ATTACK_WINDOW; k++) {
        int64_t at = end - ATTACK_WINDOW + k;
        float sample = at >= 0 ? self->history[at % HISTORY] : 0.0f;
        int side = k < ATTACK_WINDOW / 2 ? k : ATTACK_WINDOW - 1 - k;
        self->piece[k] = sample * self->window[(2 * side + 1) * WINDOW_TABLE / ATTACK_WINDOW]
                         * (2.0f / ATTACK_WINDOW);
    }
    fft_real(self->attack_fft, self->piece, self->re, self->im);
    for (int b = 0; b < ATTACK_BANDS; b++) {
        float sum = 0.0f;
        for (int32_t k = finder->edge[b]; k < finder->edge[b + 1]; k++)
            sum += self->re[k] * self->re[k] + self->im[k] * self->im[k];
        power[b] = sum;
    }
}

/* How much the bands grew, each held against its own peak: 0..1. */
static float growth(attack_finder *self, const float *power)
{
    float *now = self->level[self->hops % 3];
    const float *before = self->level[(self->hops + 2) % 3];
    const float *earlier = self->level[(self->hops + 1) % 3];
    float most = SILENCE / FLOOR, sum = 0.0f;
    for (int b = 0; b < ATTACK_BANDS; b++) {
        self->peak[b] = fmaxf(power[b], FORGET * self->peak[b]);
        most = fmaxf(most, self->peak[b]);
    }
    for (int b = 0; b < ATTACK_BANDS; b++) {
        float over = power[b] / fmaxf(self->peak[b], FLOOR * most);
        now[b] = logf(1.0f + COMPRESS * over) / logf(1.0f + COMPRESS);
        sum += fmaxf(0.0f, now[b] - fmaxf(before[b], earlier[b]));
    }
    return sum / ATTACK_BANDS;
}

/* Where within a hop's reach the sound grows most, in samples of the stream. */
static int64_t refine(const core_chords *self, int64_t end)
{
    int64_t best = end - REFINE_BACK / 2;
    float most = -1.0f;
    for (int64_t at = end - REFINE_BACK; at <= end - REFINE_SPAN; at += REFINE_STEP) {
        float after = 1e-9f, before = 1e-9f;
        for (int64_t k = 0; k < REFINE_SPAN; k++) {
            if (at - REFINE_SPAN - 1 < 0)
                continue;
            float one = self->history[(at + k) % HISTORY] - self->history[(at + k - 1) % HISTORY];
            int64_t mirror = at - 1 - k;
            float other = self->history[mirror % HISTORY] - self->history[(mirror - 1) % HISTORY];
            after += one * one;
            before += other * other;
        }
        if (after > most * before)
            most = after / before, best = at;
    }
    return best;
}

static void found(core_chords *self, int64_t end, float strength, const float *power)
{
    attack_finder *finder = &self->attacks;
    if (finder->n_found == ATTACK_ROOM) {
        memmove(finder->found, finder->found + 1, (ATTACK_ROOM - 1) * sizeof finder->found[0]);
        finder->n_found--;
    }
    float sum = SILENCE;
    for (int b = 0; b < ATTACK_BANDS; b++)
        sum += power[b];
    core_attack *attack = &finder->found[finder->n_found++];
    attack->onset_sec = (double)refine(self, end) / DSP_RATE_HZ;
    attack->strength = strength;
    attack->level_db = 10.0 * log10(sum);
}

/* The hop before is an attack if it grew more than those around it and than usual. */
static void decide(core_chords *self, int64_t end, const float *power)
{
    attack_finder *finder = &self->attacks;
    int64_t hop = finder->hops - 1;
    float before = finder->flux[(hop + 3) % 4], at = finder->flux[hop % 4];
    float after = finder->flux[(hop + 1) % 4], earlier = finder->flux[(hop + 2) % 4];
    int is_peak = at >= before && at > after && at >= earlier;
    if (is_peak && hop >= SETTLED && at > AT_LEAST + OVER * finder->usual && hop - finder->last >= APART) {
        finder->last = hop;
        found(self, end - ATTACK_HOP, at, power);
    }
    finder->usual = MEMORY * finder->usual + (1.0f - MEMORY) * before;
}

void attack_process(core_chords *self)
{
    attack_finder *finder = &self->attacks;
    while ((finder->hops + 1) * ATTACK_HOP <= self->heard) {
        float power[ATTACK_BANDS];
        int64_t end = (finder->hops + 1) * ATTACK_HOP;
        bands(self, end, power);
        finder->flux[finder->hops % 4] = growth(finder, power);
        if (finder->hops >= 3)
            decide(self, end, power);
        finder->hops++;
    }
}
