/* One producer and one consumer on a small ring, for a run under ThreadSanitizer.
 *
 * Prints how many messages were pushed and dropped; status 1 if one came twice, late, torn or not
 * at all although it was not counted as dropped.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"

#define CAPACITY 64
#define BATCH 7
#define MESSAGES 200000u

static core_ring *ring;
static atomic_int is_over;
static size_t refused;

static void *produce(void *unused)
{
    for (unsigned k = 0; k < MESSAGES; k++) {
        uint8_t message[3] = {0x90, k & 0x7f, (k >> 7) & 0x7f};
        if (core_ring_push(ring, message, 3) == CORE_ERR_FULL)
            refused++;
        if (k % CAPACITY == 0)
            sched_yield();
    }
    atomic_store(&is_over, 1);
    return unused;
}

/* Messages follow each other round a cycle of 2^14; a gap can only be a dropped message. */
static size_t consume(size_t *gaps)
{
    core_message batch[BATCH];
    size_t received = 0;
    unsigned next = 0;
    double last_sec = 0.0;
    for (;;) {
        int was_over = atomic_load(&is_over);
        size_t count = core_ring_pop(ring, batch, BATCH);
        for (size_t k = 0; k < count; k++) {
            unsigned value = batch[k].bytes[1] | (unsigned)batch[k].bytes[2] << 7;
            if (batch[k].size != 3 || batch[k].bytes[0] != 0x90 || batch[k].time_sec < last_sec)
                exit(1);
            *gaps += (value - next) & 0x3fff;
            next = (value + 1) & 0x3fff;
            last_sec = batch[k].time_sec;
        }
        received += count;
        if (count == 0 && was_over) {
            *gaps += (MESSAGES - next) & 0x3fff;
            return received;
        }
    }
}

int main(void)
{
    pthread_t producer;
    size_t gaps = 0;
    void *memory = malloc(core_ring_size(CAPACITY));
    ring = core_ring_init(memory, CAPACITY);
    if (ring == NULL || pthread_create(&producer, NULL, produce, NULL) != 0)
        return 2;
    size_t received = consume(&gaps);
    pthread_join(producer, NULL);
    size_t dropped = core_ring_dropped(ring);
    free(memory);
    printf("%zu received, %zu dropped\n", received, dropped);
    /* A run of drops longer than the cycle shows as fewer gaps, never as more. */
    return received + dropped == MESSAGES && dropped == refused && (dropped - gaps) % 0x4000 == 0
               ? 0
               : 1;
}
