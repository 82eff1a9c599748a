/* Inside the chord verifier: two spectra on either side of an onset, what they say of every pitch,
 * and two small nets, the second of which sees what the first makes of the pitches around. */
#ifndef ETUDE_CHORDS_H
#define ETUDE_CHORDS_H

#include "core.h"
#include "dsp.h"

enum {
    HISTORY = 81920,     /* samples of the inner rate kept: 5.1 s */
    LONGEST = 4096,      /* of the longest window: 256 ms */
    SHORTEST = 640,      /* of the shortest: 40 ms */
    LEAD = 80,           /* the window after an onset begins so many before it: 5 ms */
    ATTACK = 1104,       /* of the window of the attack alone: 69 ms, its lead with it */
    LATE = 1024,         /* of the window of what came last: 64 ms */
    LATEST = 8000,       /* an onset is told from no more than this after it: 500 ms */
    BINS = LONGEST / 2 + 1,
    WINDOW_TABLE = 4096, /* points of one half of a Hann window */

    LOWEST = 21, /* the piano's pitches */
    PITCHES = 88,
    PARTIALS = 12,       /* of a note, that are looked at */
    BETWEENS = 8,        /* places between them, where lower notes have theirs */
    ATTACKS = 6,         /* partials whose attack and latest level are compared with the whole */
    FEATURES = CORE_CHORDS_FEATURES,

    EARS = 64,           /* units of the first net, */
    TOLD = 8,            /* what it tells of each pitch, */
    AROUND = 18,         /* the pitches around that the second one asks about */
    CONTEXT = FEATURES + (AROUND + 1) * TOLD,
    MINDS = 64           /* ... and its units */
};

/* A window's spectrum, in dB over the loudest bin of the one after the onset, and its sums. */
typedef struct {
    float db[BINS];
    float sum[BINS + 1]; /* of db[0..k-1] */
    double bin_hz;
    size_t bins;
} spectrum;

enum {
    ATTACK_HOP = 128,    /* samples of the inner rate: 8 ms */
    ATTACK_WINDOW = 512, /* 32 ms */
    ATTACK_BANDS = 32,
    ATTACK_ROOM = 32     /* attacks kept until they are asked for */
};

/* Finds attacks, hop by hop. */
typedef struct {
    int32_t edge[ATTACK_BANDS + 1];
    float level[3][ATTACK_BANDS]; /* of the last hops, by hop % 3 */
    float peak[ATTACK_BANDS];
    float flux[4]; /* by hop % 4 */
    float usual;
    int64_t hops, last;
    size_t n_found;
    core_attack found[ATTACK_ROOM];
} attack_finder;

struct core_chords {
    const float *weights;
    resampler input;
    const fft *short_fft, *long_fft, *attack_fft;
    attack_finder attacks;
    int64_t heard; /* samples of the inner rate so far */
    int64_t asked_onset, asked_end; /* what the features stand for; -1: none */
    float history[HISTORY];
    float window[WINDOW_TABLE + 2]; /* the last one twice: what lies between is drawn */
    float piece[LONGEST], re[BINS], im[BINS];
    spectrum after, before, attack, late;
    float features[PITCHES * FEATURES];
    float told[PITCHES * TOLD];
};

/* The spectra around an onset that end at `end`, both in samples of the inner rate. */
void chords_spectra(core_chords *self, int64_t onset, int64_t end);

/* What they say of every pitch: self->features. */
void chords_features(core_chords *self, int64_t onset, int64_t end);

/* What the first net makes of every pitch: self->told. */
void chords_listen(core_chords *self);

/* The second net's chance that a pitch began to sound. */
double chords_chance(const core_chords *self, int pitch);

void attack_init(attack_finder *self);
void attack_reset(attack_finder *self);

/* Look at the hops that the history has come to hold. */
void attack_process(core_chords *self);

#endif
