/* How well each bin explains the hop: a net that sees the maps from where the bin lies, so that it
 * is the same one for every pitch, and in the end what the same net found at its octaves and
 * twelfths.  Its layers run over sixteen bins side by side.
 */
#include <string.h>

#include "pitch_net.h"

enum {
    LANES = 16,
    PART = 8, /* values summed at once, in registers */
    FURTHEST = 48,
    BLOCKS = (BINS + LANES - 1) / LANES
};

typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t marks __attribute__((vector_size(4 * LANES)));
typedef float loose_lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* What the second layer makes of every bin; nothing lies beyond them. */
typedef float middle[SECOND][FURTHEST + BLOCKS * LANES + FURTHEST];

#define GAIN 25.0f /* without weights: of a clarity, in units of log chance; ... */
#define OCTAVE_PRICE 0.04f /* ... and what an octave of period costs, as two periods repeat too */

/* By the correlations alone: what the net's training begins with. */
static void score_plainly(core_pitch *self)
{
    for (int bin = 0; bin < BINS; bin++) {
        float quick = pitch_clarity(self, 1, bin), usual = pitch_clarity(self, 2, bin);
        float value = 0.5f * quick + 0.5f * usual;
        if (self->frequency_hz[bin] > 400.0f)
            value = 0.25f * pitch_clarity(self, 0, bin) + 0.5f * quick + 0.25f * usual;
        else if (self->frequency_hz[bin] < 130.0f)
            value = 0.6f * usual + 0.4f * pitch_clarity(self, 3, bin);
        value += OCTAVE_PRICE * (float)bin / (12.0f * (float)BINS_PER_SEMITONE);
        self->scores[bin] = GAIN * value;
    }
}

DSP_INLINE void begin(lanes *sum, const float *bias, int n)
{
    for (int h = 0; h < n; h++)
        sum[h] = (lanes){0} + bias[h];
}

/* sum += x w, for the weights of one input to n values. */
DSP_INLINE void spread(lanes *sum, lanes x, const float *w, int n)
{
#pragma GCC unroll 8
    for (int h = 0; h < n; h++)
        sum[h] += x * w[h];
}

/* max(x, 0): what is above 0 is masked by all ones, the rest by none. */
DSP_INLINE void rectify(lanes *x, int n)
{
    for (int h = 0; h < n; h++) {
        marks above = x[h] > (lanes){0};
        x[h] = (lanes)((marks)x[h] & above);
    }
}

/* What the first layer makes of the context, which is the same for every bin. */
static const float *take_context(core_pitch *self, const float *w, float *bias)
{
    self->none = *w++;
    for (int k = 0; k < CONTEXT; k++)
        self->none += self->scalars[k] * *w++;
    for (int h = 0; h < HIDDEN; h++)
        bias[h] = *w++;
    for (int k = 0; k < CONTEXT; k++)
        for (int h = 0; h < HIDDEN; h++)
            bias[h] += self->scalars[k] * *w++;
    return w;
}

/* A part of the first layer, at so many bins from one on, held in registers. */
DSP_INLINE void look(const core_pitch *self, int bin, const float *bias, const float *w,
                     lanes *hidden)
{
    lanes sum[PART];
    begin(sum, bias, PART);
    for (int row = 0; row < ROWS; row++) {
        const float *map = self->rows[row] + PAD + bin;
        const int8_t *taps = row < WINDOWS ? LAG_TAP : LINE_TAP;
        int n = row < WINDOWS ? LAG_TAPS : LINE_TAPS;
        for (int tap = 0; tap < n; tap++, w += HIDDEN)
            spread(sum, *(const loose_lanes *)(map + taps[tap]), w, PART);
    }
    for (int place = 0; place < PLACES; place++, w += HIDDEN)
        spread(sum, *(const loose_lanes *)(self->places[place] + bin), w, PART);
#pragma GCC unroll 8
    for (int h = 0; h < PART; h++)
        hidden[h] = sum[h];
}

/* The first two layers, of all bins; returns the weights of what follows. */
DSP_INLINE const float *look_at_all(const core_pitch *self, const float *bias, const float *taps,
                                    middle out)
{
    const float *w = taps + (TAPS + PLACES) * HIDDEN;
    lanes hidden[HIDDEN], second[SECOND];
    for (int bin = 0; bin < BINS; bin += LANES) {
        for (int h = 0; h < HIDDEN; h += PART)
            look(self, bin, bias + h, taps + h, hidden + h);
        rectify(hidden, HIDDEN);
        begin(second, w, SECOND);
        for (int h = 0; h < HIDDEN; h++)
            spread(second, hidden[h], w + (1 + h) * SECOND, SECOND);
        rectify(second, SECOND);
        for (int k = 0; k < SECOND; k++)
            *(loose_lanes *)(out[k] + FURTHEST + bin) = second[k];
    }
    for (int k = 0; k < SECOND; k++) {
        memset(out[k], 0, FURTHEST * sizeof **out);
        memset(out[k] + FURTHEST + BINS, 0, (BLOCKS * LANES - BINS + FURTHEST) * sizeof **out);
    }
    return w + (1 + HIDDEN) * SECOND;
}

/* The last two layers, of all bins. */
DSP_INLINE void compare_kin(const middle seen, const float *w, float *scores)
{
    const float *last = w + (1 + KIN_TAPS * SECOND) * THIRD;
    lanes third[THIRD];
    for (int bin = 0; bin < BINS; bin += LANES) {
        const float *from = w + THIRD;
        begin(third, w, THIRD);
        for (int tap = 0; tap < KIN_TAPS; tap++)
            for (int k = 0; k < SECOND; k++, from += THIRD)
                spread(third, *(const loose_lanes *)(seen[k] + FURTHEST + bin + KIN_TAP[tap]), from,
                       THIRD);
        rectify(third, THIRD);
        lanes sum = {0};
        for (int k = 0; k < THIRD; k++)
            sum += third[k] * last[k];
        *(loose_lanes *)(scores + bin) = sum;
    }
}

DSP_CLONES static void score_by_net(core_pitch *self)
{
    float bias[HIDDEN];
    middle seen;
    const float *taps = take_context(self, self->weights, bias);
    compare_kin(seen, look_at_all(self, bias, taps, seen), self->scores);
}

void pitch_score(core_pitch *self)
{
    if (self->weights)
        score_by_net(self);
    else
        score_plainly(self);
}
