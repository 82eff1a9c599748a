/* Plays a performance to the follower, counting each note's instructions by itself.
 *
 * Standard input holds the score and the performance as bench/instructions.py packs them; callgrind
 * writes one count per call of core_follower_process. */
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

#include "core.h"

static void *read_array(size_t count, size_t size)
{
    void *array = malloc(count * size);
    if (array == NULL || fread(array, size, count, stdin) != count) {
        fprintf(stderr, "the input ended early\n");
        exit(1);
    }
    return array;
}

int main(void)
{
    const int64_t *counts = read_array(2, sizeof(int64_t));
    size_t n = (size_t)counts[0], played = (size_t)counts[1];
    const core_score_note *notes = read_array(n, sizeof(core_score_note));
    const int32_t *played_pitch = read_array(played, sizeof(int32_t));
    const double *played_sec = read_array(played, sizeof(double));

    core_follower *follower = malloc(core_follower_size(notes, n));
    if (core_follower_init(follower, notes, n) != CORE_OK)
        return 2;
    core_match out;
    for (size_t i = 0; i < played; i++) {
        if (core_follower_process(follower, played_pitch[i], played_sec[i], &out) != CORE_OK)
            return 3;
        CALLGRIND_DUMP_STATS;
    }
    return 0;
}
