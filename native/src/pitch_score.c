/* How well each bin explains the hop: a net that sees the maps from where the bin lies, so that it
 * is the same one for every pitch, and in the end what the same net found at its octaves and
 * twelfths.  Its layers run over as many bins side by side as the machine's vectors hold.
 */
#include <string.h>

#include "pitch_net.h"

enum {
    PART = 8, /* values summed at once, in registers */
    FURTHEST = 48,
    ROUNDED = (BINS + 15) / 16 * 16 /* bins, up to whole vectors */
};

/* What the second layer makes of every bin; nothing lies beyond them. */
typedef float middle[SECOND][FURTHEST + ROUNDED + FURTHEST];

#if DSP_HAS_CLONES
#define LANES 16
#define LANES_TARGET __attribute__((target("avx512f")))
#include "pitch_score_net.h"
#define LANES 8
#define LANES_TARGET __attribute__((target("avx2")))
#include "pitch_score_net.h"
#endif
#define LANES 4
#define LANES_TARGET
#include "pitch_score_net.h"

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

static void score_by_net(core_pitch *self)
{
    float bias[HIDDEN];
    const float *taps = take_context(self, self->weights, bias);
#if DSP_HAS_CLONES
    if (__builtin_cpu_supports("avx512f"))
        score_16(self, bias, taps, self->scores);
    else if (__builtin_cpu_supports("avx2"))
        score_8(self, bias, taps, self->scores);
    else
#endif
        score_4(self, bias, taps, self->scores);
}

void pitch_score(core_pitch *self)
{
    if (self->weights)
        score_by_net(self);
    else
        score_plainly(self);
}
