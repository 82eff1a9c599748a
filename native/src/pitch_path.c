/* The way through the bins: a forward recursion over hops.
 *
 * Rabiner (1989), "A tutorial on hidden Markov models", Proc. IEEE 77(2), eq. 19 to 21: what is
 * believed drifts to neighbours or jumps anywhere, then every bin is weighed by how well it
 * explains the hop.  The maps reach back 72 and 128 ms, so that little is left for memory to add:
 * it settles what is nearly even.  A chance of 0.02 that a note begins made notes 8 ms later and
 * none surer.
 */
#include <math.h>
#include <string.h>

#include "pitch.h"

#define JUMP 0.97f          /* chance that a hop is read afresh: the maps have gathered the past */
#define STEADY_HOPS 30      /* after so many a pitch is settled, ... */
#define OCTAVE_DOUBT 0.1f   /* ... and one of its octaves or twelfths is so much less likely next */
#define NOTHING -1.0f       /* log odds below which nothing sounds: the pitch is held ... */
#define HOLD_HOPS 25        /* ... for so long: a note's last sound is soon gone from the maps */
#define PER_NAT 1.442695f   /* powers of two in one of e */

static const float DRIFT[3] = {0.76f, 0.10f, 0.02f};

void pitch_path_reset(core_pitch *self)
{
    for (int bin = 0; bin < BINS; bin++)
        self->belief[bin] = 1.0f / BINS;
    self->last_sec = 0.0;
    self->silent_hops = HOLD_HOPS;
    self->bin = (self->low_bin + self->high_bin) / 2;
}

/* 2^x, within 3e-6; x is held above -126. */
DSP_INLINE float exp2_of(float x)
{
    union {
        float f;
        int32_t i;
    } u;
    x = x < -126.0f ? -126.0f : x;
    int32_t whole = (int32_t)(x + 127.0f) - 127;
    float part = x - (float)whole;
    u.i = (whole + 127) << 23;
    float p = part * 0.00187757f + 0.00898934f;
    p = p * part + 0.05582631f;
    p = p * part + 0.24015361f;
    p = p * part + 0.69315307f;
    return u.f * (p * part + 1.0f);
}

DSP_INLINE void drift(const float *belief, float *ahead)
{
    float padded[BINS + 4] = {0};
    memcpy(padded + 2, belief, BINS * sizeof *belief);
    for (int bin = 0; bin < BINS; bin++)
        ahead[bin] = (1.0f - JUMP) * (DRIFT[0] * padded[bin + 2]
                                      + DRIFT[1] * (padded[bin + 1] + padded[bin + 3])
                                      + DRIFT[2] * (padded[bin] + padded[bin + 4]))
                     + JUMP / BINS;
}

/* Multiples and parts of a settled pitch fit what sounds nearly as well: most leaps to them are
 * errors. */
DSP_INLINE void doubt_octaves(const core_pitch *self, float *ahead)
{
    static const int8_t FAR[6] = {-48, -38, -24, 24, 38, 48};
    if (self->steady_hops < STEADY_HOPS)
        return;
    for (int k = 0; k < 6; k++)
        for (int bin = self->bin + FAR[k] - 1; bin <= self->bin + FAR[k] + 1; bin++)
            if (bin >= 0 && bin < BINS)
                ahead[bin] *= OCTAVE_DOUBT;
}

int pitch_largest(const float *x, int first, int last)
{
    int best = first;
    for (int k = first + 1; k <= last; k++)
        best = x[k] > x[best] ? k : best;
    return best;
}

/* Make the bins in range add up to 1, the others 0; returns what they added up to. */
DSP_INLINE float scale_in_range(const core_pitch *self, float *x)
{
    float sum = 0.0f;
    for (int bin = self->low_bin; bin <= self->high_bin; bin++)
        sum += x[bin];
    for (int bin = 0; bin < BINS; bin++)
        x[bin] = bin < self->low_bin || bin > self->high_bin ? 0.0f : x[bin] / sum;
    return sum;
}

DSP_CLONES void pitch_path(core_pitch *self)
{
    float ahead[BINS];
    float most = self->scores[pitch_largest(self->scores, self->low_bin, self->high_bin)];
    drift(self->belief, ahead);
    doubt_octaves(self, ahead);
    for (int bin = 0; bin < BINS; bin++) {
        self->chances[bin] = exp2_of(PER_NAT * (self->scores[bin] - most));
        self->belief[bin] = ahead[bin] * self->chances[bin];
    }
    float all = scale_in_range(self, self->chances);
    scale_in_range(self, self->belief);
    self->odds = most + log2f(all) / PER_NAT - self->none;
    self->silent_hops = self->odds >= NOTHING     ? 0
                        : self->silent_hops > HOLD_HOPS ? self->silent_hops
                                                        : self->silent_hops + 1;
    if (self->silent_hops == 0 || self->silent_hops > HOLD_HOPS)
        self->bin = pitch_largest(self->belief, self->low_bin, self->high_bin);
}
