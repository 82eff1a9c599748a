/* What the tempo judge is made of.
 *
 * Keys lie by moment, and once more by pitch; moments lie by time, and once more by deadline.
 */
#ifndef ETUDE_JUDGE_H
#define ETUDE_JUDGE_H

#include "core.h"

enum { PITCHES = 128 };
enum { REVISABLE_NOTES = 256 }; /* an older verdict stands for good, and is forgotten */

#define REACH_MAX_SEC 0.5 /* engine/judging/windows.py says why */

typedef struct {
    core_moment rule;
    double begun_sec; /* when the first of its keys was struck; NaN: not yet */
    int32_t first_key;
    int32_t untaken;
} moment;

typedef struct {
    double gap_sec; /* how far off the note that took it was */
    int32_t moment, score_index;
    int32_t taken_by, wrong_by; /* performed notes */
    uint8_t pitch, is_grace, is_reached, wrong_pitch;
} key;

typedef struct {
    double sec;
    int32_t at; /* a key, where rows lie by pitch; a moment, where they lie by deadline */
} row;

struct core_judge {
    moment *moments; /* one more than there are: the last ends the keys of the one before */
    key *keys;
    row *by_pitch, *deadlines;
    int32_t moment_count, key_count;
    int32_t of_pitch[PITCHES + 1]; /* the first row of each pitch */
    int32_t next_deadline, next_end, place;
    double lag_sec;
    int32_t notes_played, points, n_reached, counts[CORE_RESULTS];
    uint8_t given[REVISABLE_NOTES]; /* results of the latest notes */
};

#endif
