/* The onset detector: a small net over the features of the last hops.
 *
 * Each hop's features are brought to EMBEDDED values once; an answer looks at those of TAPS hops, so
 * that what it knows ends MEMORY hops back and no state can go astray.
 */
#include <math.h>
#include <string.h>

#include "notes.h"

#define MOST_SEMITONES 4.0 /* steps of pitch are told up to this */

static const uint8_t LAG[LAGS] = {1, 2, 4, 8};                                         /* hops */
static const uint8_t TAP[TAPS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 18, 22}; /* hops */

void onset_net_reset(onset_net *self)
{
    memset(self->memory, 0, sizeof self->memory);
    memset(self->pitch, 0, sizeof self->pitch);
    memset(self->sure, 0, sizeof self->sure);
    self->hops = 0;
}

void onset_net_pitch(onset_net *self, const note_frame *frame, float out[PITCH_FEATURES])
{
    size_t now = self->hops % MEMORY;
    float sure = frame ? frame->confidence : 0.0f;
    self->pitch[now] = frame ? frame->semitones : 0.0;
    self->sure[now] = sure;
    out[0] = sure;
    out[1] = frame && frame->is_voiced ? 1.0f : 0.0f;
    for (size_t k = 0; k < LAGS; k++) {
        size_t then = (self->hops + MEMORY - LAG[k]) % MEMORY;
        double step = self->pitch[now] - self->pitch[then];
        step = step > MOST_SEMITONES ? MOST_SEMITONES : step;
        step = step < -MOST_SEMITONES ? -MOST_SEMITONES : step;
        float both = sure < self->sure[then] ? sure : self->sure[then];
        out[2 + 2 * k] = both * (float)step;
        out[3 + 2 * k] = both * (float)fabs(step);
    }
}

static float chance_of(float logit)
{
    return 1.0f / (1.0f + expf(-logit));
}

void onset_net_hop(onset_net *self, const float features[FEATURES], float chances[ONSET_DELAYS])
{
    const float *w1 = self->weights, *b1 = w1 + FEATURES * EMBEDDED;
    const float *w2 = b1 + EMBEDDED, *b2 = w2 + TAPS * EMBEDDED * HIDDEN;
    const float *w3 = b2 + HIDDEN, *b3 = w3 + HIDDEN * ONSET_DELAYS;
    float *embedded = self->memory[self->hops % MEMORY];
    dense(w1, b1, features, embedded, FEATURES, EMBEDDED);
    relu(embedded, EMBEDDED);
    float seen[TAPS * EMBEDDED], hidden[HIDDEN];
    for (size_t k = 0; k < TAPS; k++)
        memcpy(seen + k * EMBEDDED, self->memory[(self->hops + MEMORY - TAP[k]) % MEMORY],
               sizeof self->memory[0]);
    dense(w2, b2, seen, hidden, TAPS * EMBEDDED, HIDDEN);
    relu(hidden, HIDDEN);
    dense(w3, b3, hidden, chances, HIDDEN, ONSET_DELAYS);
    for (size_t k = 0; k < ONSET_DELAYS; k++)
        chances[k] = chance_of(chances[k]);
    self->hops++;
}
