/* The shape of the pitch tracker's nets; training/pitch_net.py has the same. */
#ifndef ETUDE_PITCH_NET_H
#define ETUDE_PITCH_NET_H

#include "pitch.h"

/* Scorer: every bin sees the maps at these distances from it, in bins, and the context; HIDDEN
 * values, then SECOND; then it sees what became of its octaves and twelfths, SECOND values of each,
 * which makes THIRD values, then one.  The score of nothing at all comes from the context alone. */
enum { LAG_TAPS = 8, LINE_TAPS = 16, KIN_TAPS = 7, HIDDEN = 24, SECOND = 8, THIRD = 8 };

/* A third, half of the frequency, its neighbours, itself, 3/2, twice and three times it. */
static const int8_t LAG_TAP[LAG_TAPS] = {-38, -24, -1, 0, 1, 14, 24, 38};

/* Neighbours; partials 1 to 8; halfway between the first ones; 1/3, 2/3, 4/3. */
static const int8_t LINE_TAP[LINE_TAPS] = {-1, 1,  0,   24, 38, 48,  56,  62,
                                           67, 72, -24, 14, 32, -38, -14, 10};

/* The bin itself; two octaves, a twelfth and one octave either way. */
static const int8_t KIN_TAP[KIN_TAPS] = {0, -48, -38, -24, 24, 38, 48};

enum {
    TAPS = WINDOWS * LAG_TAPS + (ROWS - WINDOWS) * LINE_TAPS,
    PLACES = 2, /* the bin itself and its square, 0..1 */
    NONE_WEIGHTS = 1 + CONTEXT,
    SCORER_WEIGHTS
    = NONE_WEIGHTS + (1 + CONTEXT + TAPS + PLACES) * HIDDEN + (1 + HIDDEN) * SECOND
      + (1 + KIN_TAPS * SECOND) * THIRD + THIRD,
    VOICE_HIDDEN = 32,
    VOICE_OUT = 8, /* logits: something sounds; it is right; the others are not used */
    VOICE_WEIGHTS = (CORE_PITCH_SCALARS + 1) * VOICE_HIDDEN + (VOICE_HIDDEN + 1) * VOICE_OUT,
    ALL_WEIGHTS = SCORER_WEIGHTS + VOICE_WEIGHTS
};

#endif
