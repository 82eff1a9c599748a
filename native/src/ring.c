/* A ring of timed MIDI messages between a device's callback and a worker.
 *
 * One thread pushes, one thread pops. Each counter has one writer; the release store of a counter
 * publishes the slots before it, the acquire load on the other side sees them (Lamport 1983,
 * "Specifying concurrent program modules", in C11's memory model).
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "core.h"

#define CACHE_LINE_BYTES 64
#define MAX_CAPACITY ((size_t)1 << 20)

struct core_ring {
    size_t mask;
    _Alignas(CACHE_LINE_BYTES) atomic_size_t pushed; /* written by the producer only */
    atomic_size_t dropped;                           /* likewise */
    _Alignas(CACHE_LINE_BYTES) atomic_size_t popped; /* written by the consumer only */
    _Alignas(CACHE_LINE_BYTES) core_message slots[];
};

static int is_capacity(size_t capacity)
{
    return capacity >= 2 && capacity <= MAX_CAPACITY && (capacity & (capacity - 1)) == 0;
}

/* The first cache line inside the caller's memory: its bytes may begin anywhere. */
static core_ring *aligned(void *memory)
{
    uintptr_t start = (uintptr_t)memory;
    return (core_ring *)((start + CACHE_LINE_BYTES - 1) & ~(uintptr_t)(CACHE_LINE_BYTES - 1));
}

double core_clock_sec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

size_t core_ring_size(size_t capacity)
{
    if (!is_capacity(capacity))
        return 0;
    return sizeof(core_ring) + capacity * sizeof(core_message) + CACHE_LINE_BYTES;
}

core_ring *core_ring_init(void *memory, size_t capacity)
{
    if (!is_capacity(capacity))
        return NULL;
    core_ring *ring = aligned(memory);
    memset(ring, 0, sizeof *ring + capacity * sizeof ring->slots[0]);
    ring->mask = capacity - 1;
    atomic_init(&ring->pushed, 0);
    atomic_init(&ring->dropped, 0);
    atomic_init(&ring->popped, 0);
    return ring;
}

int core_ring_push(core_ring *ring, const uint8_t *bytes, size_t n)
{
    double time_sec = core_clock_sec();
    if (n < 1 || n > CORE_MESSAGE_BYTES)
        return CORE_ERR_RANGE;
    size_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
    size_t popped = atomic_load_explicit(&ring->popped, memory_order_acquire);
    if (pushed - popped > ring->mask) {
        size_t dropped = atomic_load_explicit(&ring->dropped, memory_order_relaxed);
        atomic_store_explicit(&ring->dropped, dropped + 1, memory_order_relaxed);
        return CORE_ERR_FULL;
    }
    core_message *slot = &ring->slots[pushed & ring->mask];
    slot->time_sec = time_sec;
    slot->size = (uint8_t)n;
    for (size_t k = 0; k < CORE_MESSAGE_BYTES; k++)
        slot->bytes[k] = k < n ? bytes[k] : 0;
    atomic_store_explicit(&ring->pushed, pushed + 1, memory_order_release);
    return CORE_OK;
}

size_t core_ring_pop(core_ring *ring, core_message *out, size_t n)
{
    size_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
    size_t pushed = atomic_load_explicit(&ring->pushed, memory_order_acquire);
    size_t count = pushed - popped < n ? pushed - popped : n;
    for (size_t k = 0; k < count; k++)
        out[k] = ring->slots[(popped + k) & ring->mask];
    atomic_store_explicit(&ring->popped, popped + count, memory_order_release);
    return count;
}

size_t core_ring_dropped(const core_ring *ring)
{
    return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}

void core_ring_reset(core_ring *ring)
{
    size_t pushed = atomic_load_explicit(&ring->pushed, memory_order_acquire);
    atomic_store_explicit(&ring->popped, pushed, memory_order_release);
}
