/* Inside the follower: the score as moments, and hypotheses about where the player is. */
#ifndef ETUDE_FOLLOWER_H
#define ETUDE_FOLLOWER_H

#include "core.h"
#include "tempo.h"

enum {
    PITCHES = 128,
    CHORD = 64,    /* slots in one moment; more make another moment of the same onset */
    PARTNERS = 16, /* earlier pitches indexed for each note */
    TRAIL = 4,     /* moments, the current one included, whose notes may still come late */
    AHEAD = 12,    /* moments looked ahead: leaving out more is a jump */
    BEAM = 24,     /* hypotheses kept */
    PASSES = 4,    /* other passes of a bar considered */
    CANDIDATES = BEAM * (AHEAD + PASSES + TRAIL + 2) + 64, /* all that can be proposed */
    ANSWERS = 4, /* this answer and the three that may still be revised */
    MISSED = 64, /* notes told as missed at once */
    NEVER = -2
};

/* A note that sounds again, or with its neighbours, for as long as it lasts. */
typedef struct {
    double end_beat;
    int32_t note, moment, pitch, upper, lower;
} ornament;

/* A moment: all notes of one onset.  A slot: one of its pitches (unisons share a slot, a grace
 * note has its own). */
typedef struct {
    int32_t moments, slots, bars, ornaments, pitches_used;
    double first_log_spb; /* log of seconds per beat, before the player shows it */
    double *onset_beat;   /* (moments,) */
    uint64_t *pitches;    /* (moments, 2) bit set */
    uint64_t *allowed;    /* (moments, 2) pitches that ornaments may sound there */
    uint64_t *graces;     /* (moments,) bit per slot */
    ornament *ornament;   /* (ornaments,) in score order */
    int32_t *ornaments_to; /* (moments,) how many begin there or before */
    int32_t *first_slot;  /* (moments + 1,) */
    int32_t *bar;         /* (moments,) the bar it is in */
    int32_t *bar_moment;  /* (bars,) the bar's first moment */
    int32_t *bar_twin;    /* (bars,) the same written bar in another pass, round in a circle */
    int32_t *slot_note;   /* (slots + 1,) its first note */
    int32_t *slot_moment; /* (slots,) the moment it is in */
    int32_t *note_slot;   /* (notes,) the slot it is in */
    int32_t *pair_start;  /* (pitches_used^2 + 1,) where in ... */
    int32_t *pair_moment; /* ... this list a pair begins: the moments its second pitch is in */
    uint8_t *slot_pitch;  /* (slots,) */
    uint8_t *marks;       /* (moments,) CORE_ROLLED, CORE_FERMATA */
    int16_t rank[PITCHES]; /* among the pitches used, or -1 */
} score;

/* One hypothesis.  Arrays of TRAIL begin with the current moment and go back. */
typedef struct {
    double cost;             /* negative log probability, the best one's being 0 */
    double spb, log_spb;     /* seconds per beat */
    double variance;         /* of log_spb */
    double missing;          /* share of the written notes left out of late */
    double miss_cost;        /* of one more left out */
    double onset_sec[TRAIL]; /* when the moment began to sound */
    double heard_sec[TRAIL]; /* when its latest note came */
    double due_sec[TRAIL];   /* when it was due; NaN: unknown */
    uint64_t played[TRAIL];  /* bit per slot */
    int32_t answer[ANSWERS]; /* newest first: score note or -1 */
    int32_t moment;          /* -1: before the first */
    int32_t sounded;         /* the moment of its latest note, at most TRAIL before */
    int32_t entry;           /* moment this pass began at ... */
    int32_t pass;            /* ... and the performed note that began it; -1: from the start */
    int32_t is_repeat;       /* it was begun where a repeat sign, taken or not, leads */
} token;

typedef enum {
    IGNORE,      /* the note is none of the score's */
    JOIN,        /* one more of a moment reached before */
    ARRIVE,      /* the first of a moment further on */
    TURN,        /* the same, where a repeat taken or not taken leads */
    LAND,        /* the first after a jump */
    LAND_EARLIER /* the second after a jump */
} action;

/* What a note would make of a hypothesis. */
typedef struct {
    double cost;
    double gap_beat; /* to ARRIVE or TURN: from the moment before */
    uint64_t played; /* of the moment, the note included */
    int32_t moment;  /* the hypothesis' moment after it */
    int16_t parent;  /* index in the beam; of LAND_EARLIER none */
    int8_t back;     /* the note's moment, counted back from there */
    int8_t slot;     /* the note's slot in it */
    int8_t is_wrong; /* it stands for the written note but is another */
    int8_t action;
} candidate;

/* Moments of one pass to be searched for notes left out.  One note may have begun several passes,
 * at different moments. */
typedef struct {
    int32_t pass, entry, next, end;
} sweep;

enum { STRAIGHT, REPEATED, LEAPT }; /* how a place was come to: in time, but for a leap */

/* A note as it was fed to the tempo model. */
typedef struct {
    double onset_sec;
    int32_t index;   /* score note or -1 */
    int32_t turned;  /* a pass began with it: REPEATED or LEAPT */
} told_note;

/* The tempo model and when it had the last moments due, the current one first. */
typedef struct {
    core_tempo model;
    core_prediction due[TRAIL];
    core_prediction told;  /* when the last note was due */
    int32_t moment[TRAIL]; /* -1: none */
    int32_t turned;        /* and no note of the new place yet */
} beat;

struct core_follower {
    score score;
    candidate candidates[CANDIDATES];
    token beam[2][BEAM];   /* of the last note and of the one before */
    token *now, *before;   /* which is which; the best hypothesis is the first. From here ... */
    token previous_best;   /* the best before the last note, with that note's cost */
    int32_t count, proposed;
    double best_cost;          /* of the candidates so far */
    int32_t played;            /* notes taken in */
    int32_t recent[ANSWERS];   /* the last pitches, newest first */
    int32_t told[ANSWERS];     /* answers given, newest first */
    int32_t reached[ANSWERS + 1]; /* moments then reached, and the one before */
    double last_sec, now_sec;  /* the latest note and the latest time */
    sweep open, left;          /* this pass, and the one left by a jump */
    beat beat_now;
    beat beat_before[ANSWERS]; /* before each of the last notes, by its number ... */
    told_note fed[ANSWERS];    /* ... and what was fed then */
    void *kept;                /* ... to here, as it was before the last note; in case it is ... */
    int32_t is_kept;           /* ... taken back: 1 if it can be */
    int32_t marked_before;     /* what stood in played_at where the last note stands */
    int32_t *played_at;        /* (slots,) the last note told to be it, or NEVER */
    int32_t *missed_at;        /* (slots,) the note before which it was told missed, or NEVER */
};

/* follower_score.c */
size_t follower_score_size(const core_score_note *notes, size_t n);
void follower_score_init(score *self, void *memory, const core_score_note *notes, size_t n);

/* follower_ornament.c: what ornaments allow */
size_t follower_count_ornaments(const core_score_note *notes, size_t n);
void follower_ornament_init(score *self, const core_score_note *notes, size_t n);
int follower_is_allowed(const score *self, int32_t moment, int32_t pitch);
int32_t follower_ornament_of(const score *self, int32_t moment, int32_t pitch);

/* follower_step.c: one note through the beam */
void follower_step(core_follower *self, int32_t pitch, double now);
void follower_propose(core_follower *self, candidate proposal);
double follower_miss_cost(const token *t, int notes);

/* follower_jump.c */
void follower_propose_jumps(core_follower *self, int32_t pitch, double now);

/* follower_repeat.c */
void follower_link_bars(score *self, const core_score_note *notes, int32_t *last_with);
void follower_propose_repeats(core_follower *self, int parent, int32_t pitch, double now);

/* follower_grow.c: a candidate made a hypothesis */
typedef struct {
    double error;     /* log of the time taken to the time it should take */
    double taken_sec; /* since the moment before ... */
    double gap_sec;   /* ... and what it should be */
    double due_sec;   /* NaN: unknown */
    int is_early_grace;
    int is_held;     /* a fermata, which tells nothing of the tempo */
    int is_together; /* struck with the last note, though due much later */
} arrival;
arrival follower_arrival(const score *s, const token *t, const candidate *to, double now);
double follower_timing_cost(const token *t, const arrival *a);
void follower_grow(const core_follower *self, const candidate *from, double now, token *out);

/* follower_belief.c: how sure the answer is */
void follower_belief(const core_follower *self, core_match *out);

/* follower_tempo.c: when notes are due */
void follower_tempo_reset(core_follower *self);
void follower_tempo_take(core_follower *self, double onset_sec);
void follower_tempo_tell(const core_follower *self, core_match *out);

/* follower_missed.c */
void follower_missed(core_follower *self, core_match *out);
int follower_is_elsewhere(const core_follower *self);
int32_t follower_reached_before(const core_follower *self, int32_t notes);

static inline int follower_size(const score *self, int32_t moment)
{
    return self->first_slot[moment + 1] - self->first_slot[moment];
}

static inline int follower_has(const score *self, int32_t moment, int32_t pitch)
{
    return (int)(self->pitches[2 * moment + (pitch >> 6)] >> (pitch & 63) & 1);
}

/* The first slot of a pitch that is not yet played, or -1; slots ascend by pitch. */
static inline int follower_free_slot(const score *self, int32_t moment, int32_t pitch,
                                     uint64_t played)
{
    if (!follower_has(self, moment, pitch))
        return -1;
    const uint8_t *slot_pitch = &self->slot_pitch[self->first_slot[moment]];
    int size = follower_size(self, moment), slot = 0;
    while (slot < size && slot_pitch[slot] < pitch)
        slot++;
    for (; slot < size && slot_pitch[slot] == pitch; slot++)
        if (!(played >> slot & 1))
            return slot;
    return -1;
}

static inline int32_t follower_note(const score *self, int32_t moment, int slot)
{
    return self->slot_note[self->first_slot[moment] + slot];
}

static inline int follower_unplayed(const score *self, const token *t, int back)
{
    return follower_size(self, t->moment - back) - __builtin_popcountll(t->played[back]);
}

#endif
