/* One producer and one consumer on a small audio ring, for a run under ThreadSanitizer.
 *
 * Each sample is its own position in the stream. Prints how many were received and dropped; status 1
 * if one came twice, torn, out of place or not at all although it was not counted as dropped.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"

#define CAPACITY 256
#define BATCH 37
#define BLOCKS 60000
#define LONGEST 90

static core_audio_ring *ring;
static atomic_int is_over;
static size_t refused, produced;

static void *produce(void *unused)
{
    float frames[2 * LONGEST];
    for (int block = 0; block < BLOCKS; block++) {
        size_t n = 1 + (size_t)(block * 7 % LONGEST);
        for (size_t k = 0; k < n; k++) {
            frames[2 * k] = (float)(produced + k);
            frames[2 * k + 1] = -1.0f;
        }
        if (core_audio_ring_push(ring, frames, n, 2, 0, 0.5) == CORE_ERR_FULL)
            refused += n;
        produced += n;
        if (block % 3 == 0)
            sched_yield();
    }
    atomic_store(&is_over, 1);
    return unused;
}

static size_t consume(size_t *gaps)
{
    float batch[BATCH];
    core_audio_block block;
    size_t received = 0;
    int64_t next = 0;
    double last_sec = 0.0;
    for (;;) {
        int was_over = atomic_load(&is_over);
        size_t count = core_audio_ring_pop(ring, batch, BATCH, &block);
        if (count == 0 && was_over) {
            *gaps += (size_t)((int64_t)produced - next);
            return received;
        }
        if (count == 0)
            continue;
        if (block.first < next || block.start > block.first || block.first >= block.end ||
            block.age_sec != 0.5 || block.time_sec < last_sec)
            exit(1);
        for (size_t k = 0; k < count; k++)
            if (batch[k] != (float)(block.first + (int64_t)k))
                exit(1);
        *gaps += (size_t)(block.first - next);
        next = block.first + (int64_t)count;
        last_sec = block.time_sec;
        received += count;
    }
}

int main(void)
{
    pthread_t producer;
    size_t gaps = 0;
    void *memory = malloc(core_audio_ring_size(CAPACITY));
    ring = core_audio_ring_init(memory, CAPACITY);
    if (ring == NULL || pthread_create(&producer, NULL, produce, NULL) != 0)
        return 2;
    size_t received = consume(&gaps);
    pthread_join(producer, NULL);
    size_t dropped = core_audio_ring_dropped(ring);
    free(memory);
    printf("%zu received, %zu dropped\n", received, dropped);
    return received + dropped == produced && dropped == refused && dropped == gaps ? 0 : 1;
}
