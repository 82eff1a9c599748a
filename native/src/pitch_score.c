/* How well each bin explains the hop: a net that sees the maps from where the bin lies, so that it
 * is the same one for every pitch.  Its layers run over eight bins side by side.
 */
#include "pitch_net.h"

typedef float lanes __attribute__((vector_size(32)));
typedef int32_t marks __attribute__((vector_size(32)));
typedef float loose_lanes __attribute__((vector_size(32), aligned(4), may_alias));

enum { LANES = 8, PART = 6 }; /* as many sums as there are registers */

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

/* sum += x w, for the weights of one input to a part of what is hidden, at sixteen bins. */
static inline void spread(lanes *sum, const float *x, const float *w)
{
    lanes low = *(const loose_lanes *)x, high = *(const loose_lanes *)(x + LANES);
#pragma GCC unroll 8
    for (int h = 0; h < PART; h++) {
        sum[h] += low * w[h];
        sum[PART + h] += high * w[h];
    }
}

static inline void begin(lanes *sum, const float *bias, int n)
{
    for (int h = 0; h < n; h++)
        sum[h] = (lanes){0} + bias[h];
}

/* max(x, 0): what is above 0 is masked by all ones, the rest by none. */
static inline void rectify(lanes *x, int n)
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

/* A part of the first layer, at sixteen bins, held in registers. */
static inline void look(const core_pitch *self, int bin, const float *bias, const float *w,
                        lanes *hidden)
{
    lanes sum[2 * PART];
#pragma GCC unroll 8
    for (int h = 0; h < PART; h++)
        sum[h] = sum[PART + h] = (lanes){0} + bias[h];
    for (int row = 0; row < ROWS; row++) {
        const float *map = self->rows[row] + PAD + bin;
        const int8_t *taps = row < WINDOWS ? LAG_TAP : LINE_TAP;
        int n = row < WINDOWS ? LAG_TAPS : LINE_TAPS;
        for (int tap = 0; tap < n; tap++, w += HIDDEN)
            spread(sum, map + taps[tap], w);
    }
    for (int place = 0; place < PLACES; place++, w += HIDDEN)
        spread(sum, self->places[place] + bin, w);
#pragma GCC unroll 8
    for (int h = 0; h < PART; h++) {
        hidden[h] = sum[h];
        hidden[HIDDEN + h] = sum[PART + h];
    }
}

static inline void judge(const lanes *hidden, const float *w, float *scores)
{
    lanes second[SECOND], sum = {0};
    begin(second, w, SECOND);
    w += SECOND;
    for (int h = 0; h < HIDDEN; h++, w += SECOND)
        for (int k = 0; k < SECOND; k++)
            second[k] += hidden[h] * w[k];
    rectify(second, SECOND);
    for (int k = 0; k < SECOND; k++)
        sum += second[k] * w[k];
    *(loose_lanes *)scores = sum;
}

DSP_CLONES static void score_by_net(core_pitch *self)
{
    float bias[HIDDEN];
    lanes hidden[2 * HIDDEN];
    const float *taps = take_context(self, self->weights, bias);
    const float *rest = taps + (TAPS + PLACES) * HIDDEN;
    for (int bin = 0; bin < BINS; bin += 2 * LANES) {
        for (int h = 0; h < HIDDEN; h += PART)
            look(self, bin, bias + h, taps + h, hidden + h);
        rectify(hidden, 2 * HIDDEN);
        judge(hidden, rest, self->scores + bin);
        judge(hidden + HIDDEN, rest, self->scores + bin + LANES);
    }
}

void pitch_score(core_pitch *self)
{
    if (self->weights)
        score_by_net(self);
    else
        score_plainly(self);
}
