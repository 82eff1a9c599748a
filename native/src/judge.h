/* What the tempo judge is made of.
 *
 * Keys lie by moment, and once more by pitch; moments lie by time, and once more by deadline.
 */
#ifndef ETUDE_JUDGE_H
#define ETUDE_JUDGE_H

#include "core.h"

enum { PITCHES = 128, PITCHES_OF_AN_ORNAMENT = 3 };
enum { REVISABLE_NOTES = 256 }; /* an older verdict stands for good, and is forgotten */
enum { NO_ONE = -1, MISSING = -2 }; /* who took a key: nobody yet, or its time went by */
enum { ADORNED = CORE_RESULTS, GIVEN_RESULTS }; /* beside the results: an ornament's note */

#define REACH_MAX_SEC 0.5 /* engine/judging/windows.py says why */

typedef struct {
    core_moment rule;
    double begun_sec; /* when the first of its keys was struck; NaN: not yet */
    int32_t first_key;
    int32_t untaken;
} moment;

typedef struct {
    double gap_sec;   /* how far off the note that took it was */
    double spare_sec; /* timing of its spare */
    double roll_sec;
    int32_t moment, score_index;
    int32_t taken_by, wrong_by; /* performed notes */
    int32_t excused_by;         /* an ornament that allows the note that took it, or NO_ONE */
    int32_t spare_by;           /* an ornament's note that may turn out to be this, or NO_ONE ... */
    int32_t spare_of;           /* ... and the ornament */
    int32_t ornament;           /* its own, or NO_ONE */
    uint8_t pitch, is_grace, is_reached, wrong_pitch;
} key;

typedef struct {
    double from_sec, to_sec, due_sec;
    double begun_sec; /* when it began without its main note; NaN: it did not */
    int32_t key;
    int32_t latest; /* the latest note it allowed */
} ornament;

typedef struct {
    double from_sec;
    int32_t ornament;
} span;

typedef struct {
    double sec;
    int32_t at; /* a key, where rows lie by pitch; a moment, where they lie by deadline */
} row;

/* What the last note changed: a better name for it takes that back. */
typedef struct {
    double lag_sec;
    int32_t place, pitch;
    int32_t key;      /* what it took or stood wrong on, or NO_ONE */
    int32_t is_final; /* 1: an ornament's, or another note's verdict hangs on it */
} last_note;

struct core_judge {
    moment *moments; /* one more than there are: the last ends the keys of the one before */
    key *keys;
    row *by_pitch, *deadlines;
    ornament *ornaments;
    span *spans; /* of ornaments, by pitch, by time */
    int32_t moment_count, key_count, ornament_count;
    int32_t of_pitch[PITCHES + 1]; /* the first row of each pitch */
    int32_t spans_of[PITCHES + 1]; /* the first span of each pitch */
    int32_t next_deadline, next_end, place;
    double lag_sec;
    last_note last;
    int32_t is_renaming;
    int32_t notes_played, points, n_reached, counts[GIVEN_RESULTS];
    uint8_t given[REVISABLE_NOTES]; /* results of the latest notes */
};

/* Say something of a key, which is judged by that. */
void judge_tell_of_key(core_judge *self, core_judged *out, key *k, core_verdict v);

/* Say that a note stands for nothing in the score. */
void judge_tell_extra(core_judge *self, core_judged *out, int32_t played, int32_t pitch);

/* Say that a note belongs to an ornament: as it should be, and no note of its own. */
void judge_tell_adorned(core_judge *self, core_judged *out, int32_t played, int32_t pitch,
                        int32_t ornament_index);

/* Lay out the ornaments by pitch; the keys are in order by then. */
void judge_fill_ornaments(core_judge *self, const core_ornament *ornaments);

/* Forget what was played of the ornaments. */
void judge_reset_ornaments(core_judge *self);

/* The ornament that allows a pitch at this time, or NO_ONE: the one that began last, or else the
 * next one, whose first note may come early. */
int32_t judge_sounding(const core_judge *self, int32_t pitch, double onset_sec);

#endif
