/* What all storms share: draws that are the same on every machine, and claims that end the run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 1;

static uint32_t draw(uint32_t below) /* xorshift64*, Vigna (2016) */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717ULL) >> 33) % below;
}

static void expect(int is_true, const char *claim)
{
    if (!is_true) {
        fprintf(stderr, "not so: %s\n", claim);
        exit(1);
    }
}
