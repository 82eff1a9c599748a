/* The notes' front end: levels of bands of two windows, hop by hop, against the loudest of late.
 *
 * Bands are even on a logarithmic scale where the transform is fine enough, and one bin wide below,
 * as in the filter banks of onset detectors (Bock, Krebs, Schedl 2012, "Evaluating the online
 * capabilities of onset detection methods", ISMIR, section 3.1).
 */
#include <math.h>
#include <string.h>

#include "notes.h"

#define PI 3.14159265358979323846
#define LOUD_FLOOR 1e-8f    /* mean square that counts as silence: 80 dB below full scale */
#define LOUD_DECAY 0.99778f /* of the loudest level, a hop: half of it in 2.5 s */
#define DC_SHARE 0.02f      /* of each hop in the running mean: 0.4 s */
#define FAR 0.001f          /* what is heard and 30 dB below the loudest ... */
#define FAR_HOPS 40         /* ... for more hops than these (0.3 s) is what is played now, ... */
#define FAR_DECAY 0.8f      /* ... so the loudest falls by 121 dB a second ... */
#define NEAR 0.25f          /* ... until it is 6 dB above */
#define HEARD 1e-6f         /* 60 dB below full scale: what is below is no sound of a player */
#define FLOOR 1e-5f         /* of a band, in shares of the loudest level: 50 dB below */
#define LOG_SCALE 0.25f     /* brings log2 of 50 dB to about 4 */

/* First bins of the bands, and the end of the last; ratio 1.169 and 1.086 once that is over 1 bin. */
static const uint16_t SHORT_EDGES[SHORT_BANDS + 1]
    = {2,  3,  4,  5,  6,  7,  8,  10, 11,  13,  15,  18,  21,  25, 29,
       34, 39, 46, 54, 63, 73, 86, 100, 117, 137, 161, 188, 220, 257};
static const uint16_t LONG_EDGES[LONG_BANDS + 1]
    = {5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 17,  18,  20,  21,  23,  25,  27,  30,  32,  35,  38, 42,
       45, 49, 53, 58, 63, 68, 74, 81, 88, 95, 103, 112, 122, 132, 144, 156, 170, 185, 200, 218, 237, 257};

struct notes_front {
    const fft *short_fft, *long_fft;
    float short_window[SHORT], long_window[LONG]; /* scaled: the bins' powers sum to a mean square */
    float ring[LONG];                             /* the newest samples, oldest first */
    float power[BANDS];
    float before[RISE_HOPS][BANDS]; /* powers of the hops before, the newest first */
    float re[LONG / 2 + 1], im[LONG / 2 + 1], windowed[LONG];
    float loud; /* the loudest mean square of late */
    int32_t far_hops; /* heard far below it */
    float last; /* the sample before the hop */
    float dc;   /* running mean */
    size_t filled;
};

size_t notes_front_size(void)
{
    return sizeof(notes_front);
}

/* Hann's window, so scaled that a spectrum's powers over bins 1.. sum to the mean square. */
static void fill_window(float *window, size_t n)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
        double value = 0.5 - 0.5 * cos(2.0 * PI * ((double)k + 0.5) / (double)n);
        window[k] = (float)value;
        sum += value * value;
    }
    float scale = (float)sqrt(2.0 / (sum * (double)n));
    for (size_t k = 0; k < n; k++)
        window[k] *= scale;
}

void notes_front_reset(notes_front *self)
{
    memset(self->ring, 0, sizeof self->ring);
    memset(self->before, 0, sizeof self->before);
    self->loud = LOUD_FLOOR;
    self->far_hops = 0;
    self->last = self->dc = 0.0f;
    self->filled = 0;
}

void notes_front_init(notes_front *self, const core_tables *tables)
{
    self->short_fft = tables_fft(tables, SHORT);
    self->long_fft = tables_fft(tables, LONG);
    fill_window(self->short_window, SHORT);
    fill_window(self->long_window, LONG);
    notes_front_reset(self);
}

DSP_INLINE void add_bands(notes_front *self, const fft *transform, const float *window, size_t n,
                      const uint16_t *edges, size_t bands, float *power)
{
    const float *x = self->ring + (LONG - n);
    for (size_t k = 0; k < n; k++)
        self->windowed[k] = x[k] * window[k];
    fft_real(transform, self->windowed, self->re, self->im);
    for (size_t k = 0; k <= n / 2; k++)
        self->re[k] = self->re[k] * self->re[k] + self->im[k] * self->im[k];
    for (size_t band = 0; band < bands; band++) {
        float sum = 0.0f;
        for (size_t k = edges[band]; k < edges[band + 1]; k++)
            sum += self->re[k];
        power[band] = sum;
    }
}

/* log2 of a positive number within 1.3e-4, the same bits everywhere and in vectors. */
static inline float quick_log2(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    float exponent = (float)(int32_t)(bits >> 23) - 127.0f;
    bits = (bits & 0x7fffffu) | 0x3f800000u;
    float m;
    memcpy(&m, &bits, sizeof m);
    /* least squares at Chebyshev points of 1..2, exact at both ends */
    float p = -0.08065316f;
    p = p * m + 0.64076712f;
    p = p * m - 2.11426306f;
    p = p * m + 4.06721672f;
    p = p * m - 2.51306764f;
    return exponent + p;
}

DSP_INLINE void tell(const float *power, const float *before, float scale, float *now,
                     float *rise)
{
    for (size_t k = 0; k < BANDS; k++) {
        float level = LOG_SCALE * quick_log2(power[k] * scale + FLOOR);
        now[k] = level + 2.0f;
        rise[k] = level - LOG_SCALE * quick_log2(before[k] * scale + FLOOR);
    }
}

/* The loudest level of late: of something that came once, as a blow at the microphone, only until
 * it is clear that what is played is softer. */
static void follow_loud(notes_front *self, float level)
{
    int is_past = self->far_hops > FAR_HOPS, is_heard = level > HEARD;
    self->loud *= is_past && is_heard ? FAR_DECAY : LOUD_DECAY;
    if (level > (is_past ? NEAR : FAR) * self->loud)
        self->far_hops = 0;
    else
        self->far_hops += is_heard;
    self->loud = self->loud > level ? self->loud : level;
    self->loud = self->loud > LOUD_FLOOR ? self->loud : LOUD_FLOOR;
}

DSP_CLONES static void make_features(notes_front *self, hop_features *out)
{
    const float *hop = self->ring + (LONG - HOP);
    float sum = 0.0f, bright = 0.0f, mean = 0.0f, last = self->last;
    for (size_t k = 0; k < HOP; k++) {
        float step = hop[k] - last, moved = hop[k] - self->dc;
        mean += moved;
        sum += moved * moved;
        bright += step * step;
        last = hop[k];
    }
    self->last = last;
    self->dc += DC_SHARE * mean / HOP;
    out->level = sum / HOP;
    add_bands(self, self->short_fft, self->short_window, SHORT, SHORT_EDGES, SHORT_BANDS,
              self->power);
    add_bands(self, self->long_fft, self->long_window, LONG, LONG_EDGES, LONG_BANDS,
              self->power + SHORT_BANDS);
    follow_loud(self, out->level);
    float scale = 1.0f / self->loud;
    tell(self->power, self->before[RISE_HOPS - 1], scale, out->value, out->value + BANDS);
    out->value[2 * BANDS] = LOG_SCALE * quick_log2(out->level * scale + FLOOR) + 2.0f;
    out->value[2 * BANDS + 1] = LOG_SCALE * quick_log2(bright / HOP * scale + FLOOR) + 2.0f;
    memmove(self->before[1], self->before[0], (RISE_HOPS - 1) * sizeof self->before[0]);
    memcpy(self->before[0], self->power, sizeof self->power);
}

int notes_front_hop(notes_front *self, const float *inner, size_t n, size_t *used,
                    hop_features *out)
{
    size_t count = n < HOP - self->filled ? n : HOP - self->filled;
    if (self->filled == 0 && count > 0)
        memmove(self->ring, self->ring + HOP, (LONG - HOP) * sizeof *self->ring);
    memcpy(self->ring + (LONG - HOP) + self->filled, inner, count * sizeof *inner);
    self->filled += count;
    *used = count;
    if (self->filled < HOP)
        return 0;
    self->filled = 0;
    make_features(self, out);
    return 1;
}
