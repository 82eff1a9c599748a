/* Inside the tempo model: what is believed about the player's beat, one belief a mode. */
#ifndef ETUDE_TEMPO_H
#define ETUDE_TEMPO_H

#include "core.h"

enum {
    STEADY,  /* as a metronome, within a few milliseconds */
    FREE,    /* expressively: each interval a little longer or shorter, the tempo drifting */
    CHANGE,  /* the tempo changed with this interval */
    SLIP,    /* one onset off, the beat going on beneath */
    STOP,    /* a pause: the beat begins anew, the tempo stays */
    MODES,
    COMMON = 2, /* modes that last; the others are of one interval, never two in a row */
    HABITS = 32 /* parts of a bar whose usual lengthening is remembered */
};

/* What is believed if the last interval was of one mode: the beat's line through score and time. */
typedef struct {
    double weight;    /* the mode's probability */
    double onset_sec; /* when the moment was, by the beat */
    double spb;       /* seconds per beat */
    double onset_var, cross_var, spb_var;
} belief;

struct core_tempo {
    belief now[MODES];      /* after the current moment ... */
    belief before[MODES];   /* ... and after the one before */
    belief all;             /* the modes of now in one, */
    double drift_ahead;     /* and the likely next interval's variance: of the tempo ... */
    double spread_ahead;    /* ... and of the time, each of one second */
    core_place place;       /* the current moment, */
    core_place left;        /* the one before, */
    double onset_sec;       /* and the mean onset of the current one's notes */
    core_prediction due;    /* when the tempo alone made it due; NaN: unknown */
    double habit_due_sec;   /* ... and when the tempo and the player's habits did */
    double gap_sec;         /* what the tempo had for the interval to it ... */
    double stretched;       /* ... and its beats, lengthened as habits have it */
    int32_t notes;          /* of the moment, so far; 0: before the first */
    int32_t is_known;       /* 1: the tempo is, from the second moment on */
    int32_t is_anchor;      /* 1: the moment begins a line; nothing led to it */
    double habit[HABITS];   /* relative lengthening of each part of the bar ... */
    double habit_sum;       /* ... and of all */
};

#endif
