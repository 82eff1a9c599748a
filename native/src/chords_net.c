/* The two nets of the chord verifier: the first tells something of every pitch by its own features,
 * the second judges one by those and by what the first told of the pitches around.  That octaves,
 * twelfths and neighbours are heard together is how a note is told from another's partials. */
#include "chords.h"

#include <math.h>
#include <string.h>

/* Semitones to the pitches asked about: whose partials lie on this one's first, whose fundamental
 * lies on one of this one's partials, and who lies near. */
static const int STEPS[AROUND] = {-12, -19, -24, -28, -31, -34, -36, 12, 19, 24,
                                  -1,  1,   -2,  2,   -5,  5,   -7,  7};

/* Where each layer's weights lie; the order in which training writes them. */
enum {
    EAR_W = 0,
    EAR_B = EAR_W + FEATURES * EARS,
    TELL_W = EAR_B + EARS,
    TELL_B = TELL_W + EARS * TOLD,
    MIND_W = TELL_B + TOLD,
    MIND_B = MIND_W + CONTEXT * MINDS,
    LAST_W = MIND_B + MINDS,
    LAST_B = LAST_W + MINDS,
    WEIGHTS = LAST_B + 1
};
_Static_assert(WEIGHTS == CORE_CHORDS_WEIGHTS, "core.h says how many weights there are");

void chords_listen(core_chords *self)
{
    const float *w = self->weights;
    float ears[EARS];
    for (int p = 0; p < PITCHES; p++) {
        float *told = self->told + p * TOLD;
        dense(w + EAR_W, w + EAR_B, self->features + p * FEATURES, ears, FEATURES, EARS);
        relu(ears, EARS);
        dense(w + TELL_W, w + TELL_B, ears, told, EARS, TOLD);
        relu(told, TOLD);
    }
}

double chords_chance(const core_chords *self, int pitch)
{
    const float *w = self->weights;
    float x[CONTEXT], minds[MINDS];
    int p = pitch - LOWEST;
    memcpy(x, self->features + p * FEATURES, FEATURES * sizeof *x);
    memcpy(x + FEATURES, self->told + p * TOLD, TOLD * sizeof *x);
    for (int k = 0; k < AROUND; k++) {
        int q = p + STEPS[k];
        float *place = x + FEATURES + (k + 1) * TOLD;
        if (q >= 0 && q < PITCHES)
            memcpy(place, self->told + q * TOLD, TOLD * sizeof *x);
        else
            memset(place, 0, TOLD * sizeof *x);
    }
    dense(w + MIND_W, w + MIND_B, x, minds, CONTEXT, MINDS);
    relu(minds, MINDS);
    double sum = w[LAST_B];
    for (int k = 0; k < MINDS; k++)
        sum += (double)w[LAST_W + k] * minds[k];
    return 1.0 / (1.0 + exp(-sum));
}
